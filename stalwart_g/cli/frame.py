"""What every command works with: the home, its settings, answers for people or programs, errors in one line."""

from __future__ import annotations

import base64
import json
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stalwart_g.config import ConfigError, Settings, load
from stalwart_g.directory.admin import Administration
from stalwart_g.directory.database import sqlite_path
from stalwart_g.directory.settings import SqlSettings
from stalwart_g.model.errors import MailError

_PIPE_WIDTH = 10_000  # lines are for programs like grep there


@dataclass
class App:
    """One run of the program. Commands get it by ``@click.pass_obj``."""

    home: Path
    as_json: bool = False
    debug: bool = False

    @property
    def config(self) -> Path:
        return self.home / "config.toml"

    def settings(self) -> Settings:
        """The settings of the home.

        Raises:
            click.ClickException: there is no configuration yet.
            ConfigError: it has errors.
        """
        if not self.config.exists():
            raise click.ClickException(f"there is no {self.config}; make one with: stalwart-g --home {self.home} init")
        return load(self.config)

    def administration(self) -> Administration:
        """The directory for the commands that change it: ``with app.administration() as directory``."""
        chosen = self.settings().directory
        if not isinstance(chosen, SqlSettings):
            raise click.ClickException(f"directory {chosen.id} stands in the configuration; change it there")
        return Administration(sqlite_path(chosen.address))

    def answer(self, value: Any, text: str | Callable[[], None] = "") -> None:
        """Print the value as JSON, or else the text (a function prints for itself)."""
        if self.as_json:
            click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
        elif callable(text):
            text()
        elif text:
            click.echo(text)

    def octets(self, octets: bytes) -> None:
        """Print octets as they are, to the last one; as JSON, in base64."""
        if self.as_json:
            self.answer({"base64": base64.b64encode(octets).decode()})
        else:
            click.echo(octets, nl=False)

    def table(self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
        """Rows as a JSON array, or as a table with the columns named (key → title)."""
        self.answer(list(rows), lambda: _print_table(rows, columns))

    def record(self, row: Mapping[str, Any]) -> None:
        """One thing: a JSON object, or a line for each of its properties."""
        width = max(map(len, row), default=0)
        self.answer(row, "\n".join(f"{key:<{width}}  {_cell(value)}" for key, value in row.items()))


def _print_table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    on_terminal = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in columns.values():
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[key])) for key in columns))
    Console(file=sys.stdout, width=None if on_terminal else _PIPE_WIDTH, highlight=False).print(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " ".join(f"{key}={_cell(inner)}" for key, inner in value.items())
    return printable(" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def printable(text: str) -> str:
    """One line for a terminal: what strangers wrote must not be able to steer it."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\ufffd" for char in text.replace("\t", " "))


def _json_flag(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and isinstance(context.obj, App):
        context.obj.as_json = True


class Group(click.Group):
    """A group whose commands all know ``--json``, and whose errors are one line and an exit code (1; usage: 2)."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        super().add_command(self.prepared(cmd), name)

    def prepared(self, command: click.Command) -> click.Command:
        """The command, with ``--json`` behind it as well as before it."""
        known = {option for parameter in command.params for option in parameter.opts}
        if not isinstance(command, click.Group) and "--json" not in known:
            command.params.append(
                click.Option(
                    ["--json"], is_flag=True, expose_value=False, callback=_json_flag, help="Answers for programs."
                )
            )
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # the top of the program: nobody shall see a trace by chance
            app = ctx.obj if isinstance(ctx.obj, App) else App(Path())
            if app.debug:
                traceback.print_exc()
            raise Failure(_sentence(error), as_json=app.as_json) from error


def _sentence(error: Exception) -> str:
    """The error in words for people."""
    if isinstance(error, ConfigError):
        rest = len(error.problems) - 1
        more = f" (and {rest} more; see: check)" if rest else ""
        return f"{error.problems[0]}{more}"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MailError | OSError | sqlite3.Error):
        return str(error)
    return f"{type(error).__name__}: {error} (--debug shows more)"


class Failure(click.ClickException):
    """An error with its line: ``error: …``, or ``{"error": "…"}``."""

    def __init__(self, message: str, *, as_json: bool = False) -> None:
        super().__init__(message)
        self.as_json = as_json

    def show(self, file: Any = None) -> None:
        line = json.dumps({"error": self.message}, ensure_ascii=False) if self.as_json else f"error: {self.message}"
        click.echo(line, err=True)


def command_group(help_text: str) -> Group:
    """A group of commands; its module has it as ``command``."""
    return Group(help=help_text)
