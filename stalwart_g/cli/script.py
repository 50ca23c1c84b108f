"""``script``: check, try, explain and test scripts; and put them in force for an account."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from sieve import CompileError, compile_octets
from sieve.host import Host
from sieve.spec import Dialect
from sieve.tools import Answer, Circumstances, check, explain, fmt, run, run_tests
from sieve.tools.answer import not_valid, unusable
from sieve.tools.check import together, warned
from sieve.tools.editor import need_pygls
from sieve.tools.files import Unreadable, compiled, read_script
from stalwart_g.cli.editing import stage_named
from stalwart_g.cli.frame import App, Failure, command_group
from stalwart_g.cli.stores import account_name, stores
from stalwart_g.cli.values import confirmed
from stalwart_g.config import Settings
from stalwart_g.delivery.answers import Answers
from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.host import DeliveryHost
from stalwart_g.delivery.scripts import FileScripts
from stalwart_g.directory import open_directory
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Recipient
from stalwart_g.policy.language import dialect_of, explained
from stalwart_g.policy.schemas import STAGES
from stalwart_g.server.scripts import engine_settings

F = TypeVar("F", bound=Callable[..., Any])

command = command_group("Check, try, explain, test and install scripts.")

_FILE = click.Path(path_type=Path)


def _tell(app: App, answer: Answer) -> None:
    app.answer(answer.value, answer.text)
    click.get_current_context().exit(answer.code)


# Checking


@command.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--trusted", is_flag=True, help="They are the server's own: scripts of a stage.")
@click.option("--stage", type=click.Choice(list(STAGES)), help="Of which stage. (default: as the file is called)")
@click.option("--strict", is_flag=True, help="A warning is a fault too.")
@click.pass_obj
def check_(app: App, files: tuple[Path, ...], trusted: bool, stage: str | None, strict: bool) -> None:
    """Tell every fault of scripts: place, line, and what was probably meant. Scripts of users, without --trusted."""
    if not (trusted or stage):
        _tell(app, check(files, strict=strict))
        return
    dialects = {path: _dialect(app, stage or _stage_of(path)) for path in files}
    _tell(app, together({str(path): _checked(path, each, strict=strict) for path, each in dialects.items()}))


@command.command("fmt")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--check", "only_check", is_flag=True, help="Change nothing; the exit code is 1 if something would be.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would be.")
@click.pass_obj
def fmt_(app: App, files: tuple[Path, ...], only_check: bool, diff: bool) -> None:
    """Bring scripts into their one shape. What they say, and their comments, stay."""
    _tell(app, fmt(files, check=only_check, diff=diff))


def _stage_of(path: Path) -> str:
    word = stage_named(path)
    if not word:
        raise click.UsageError(f"{path}: the script of which stage? Use --stage with one of {' '.join(STAGES)}")
    return word


def _dialect(app: App, stage: str) -> Dialect:
    """The language of a stage; with the tables and names of the configuration, where there is one."""
    if not app.config.exists():
        return dialect_of(STAGES[stage])
    settings = app.settings()
    return dialect_of(STAGES[stage], settings.policy.tables, engine_settings(settings, cached=False).names)


def _checked(path: Path, dialect: Dialect, *, strict: bool) -> Answer:
    try:
        return warned(compiled(path, dialect), strict=strict)
    except Unreadable as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(explained(error))


# While they are written


@command.command("lsp")
@click.option("--stage", type=click.Choice(list(STAGES)), help="Of which stage. (default: as each file is called)")
@click.pass_obj
def lsp(app: App, stage: str | None) -> None:
    """Serve an editor over stdin and stdout: faults as you type, completion, help (Language Server Protocol)."""
    need_pygls()
    program = [sys.executable, "-m", "stalwart_g.cli.editing", str(app.config), stage or ""]
    os.execv(program[0], program)  # noqa: S606  a program without cooperative threads, see there


# Trying


def _circumstances(function: F) -> F:
    """The arguments and options of run and explain."""
    for option in (
        click.option("--account", help="In the world of this account: its mailboxes and its other scripts."),
        click.option("--mailbox", "mailboxes", multiple=True, help="A mailbox that exists; may be given again."),
        click.option("--to", "recipient", help="Envelope recipient. (default: as Envelope-To or To says)"),
        click.option("--from", "sender", help="Envelope sender. (default: as Return-Path, Sender or From says)"),
        click.argument("message", type=_FILE),
        click.argument("script", type=_FILE),
    ):
        function = option(function)
    return function


@command.command("run")
@_circumstances
@click.pass_obj
def run_(app: App, /, script: Path, message: Path, account: str | None, **given: Any) -> None:
    """Tell the actions that SCRIPT would take with MESSAGE. Nothing is stored, nothing is sent."""
    _try(app, run, (script, message), account, given)


@command.command("explain")
@_circumstances
@click.pass_obj
def explain_(app: App, /, script: Path, message: Path, account: str | None, **given: Any) -> None:
    """Tell the reason as well: line by line, what was compared with what."""
    _try(app, explain, (script, message), account, given)


def _try(
    app: App, tool: Callable[..., Answer], files: tuple[Path, Path], account: str | None, given: dict[str, Any]
) -> None:
    circumstances = Circumstances(**given)
    if account is None:
        _tell(app, tool(*files, circumstances))
        return
    if circumstances.mailboxes:
        raise click.UsageError("--mailbox is for a world without --account, which has mailboxes of its own")
    with _world_of(app, account, circumstances) as host:
        _tell(app, tool(*files, circumstances, host=host))


@contextmanager
def _world_of(app: App, account: str, circumstances: Circumstances) -> Iterator[Host]:
    """What a script of the account sees at delivery."""
    settings, name = app.settings(), account_name(app, account)
    recipient = circumstances.recipient or _primary_address(settings, name)
    with stores(app) as opened:
        box = Filing(opened.mail).box(name)
        scripts = FileScripts(settings.local.scripts)
        yield DeliveryHost(
            settings.server.hostname,
            _address(circumstances.sender or ""),
            Recipient(_address(recipient)),
            {"rcpt.account": name},
            box.has,
            lambda location, script: scripts.source(name, location, script),
            time.time(),
            ask=Answers(box, {}, settings.local, ""),
        )


def _primary_address(settings: Settings, name: str) -> str:
    directory = open_directory(settings.directory)
    try:
        return next(iter(directory.emails_of(name)), "")
    finally:
        directory.close()


def _address(text: str) -> Address:
    try:
        return Address.of(text)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@command.command("test")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--quiet", "-q", is_flag=True, help="Only failures and the summary.")
@click.pass_obj
def test_(app: App, files: tuple[Path, ...], quiet: bool) -> None:
    """Run test files (.svtest), and all in folders: tests of scripts, written in Sieve."""
    _tell(app, run_tests(files, quiet=quiet))


# In force


@command.command("put")
@click.argument("account")
@click.argument("file", type=_FILE)
@click.pass_obj
def put(app: App, account: str, file: Path) -> None:
    """Make FILE the script of an account, from its next mail on. One that is not valid changes nothing."""
    name = account_name(app, account)
    try:
        octets = read_script(file)
        compile_octets(octets, str(file))
        path = _scripts(app).put(name, octets)
    except CompileError as error:
        _tell(app, not_valid(error))
        return
    except (Unreadable, ValueError) as error:
        raise Failure(str(error), as_json=app.as_json) from error
    app.answer({"account": name, "path": str(path)}, f"{name}: {file} is in force")


@command.command("show")
@click.argument("account")
@click.pass_obj
def show(app: App, account: str) -> None:
    """Print the script of an account."""
    name = account_name(app, account)
    octets = _scripts(app).text(name)
    if octets is None:
        raise Failure(f"{name} has no script", as_json=app.as_json)
    if app.as_json:
        app.answer({"account": name, "script": octets.decode("utf-8", "replace")})
    else:
        app.octets(octets)


@command.command("remove")
@click.argument("account")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def remove(app: App, account: str, yes: bool) -> None:
    """Take the script of an account away: all its mail goes to the inbox then."""
    name = account_name(app, account)
    scripts = _scripts(app)
    if scripts.text(name) is None:
        raise Failure(f"{name} has no script", as_json=app.as_json)
    confirmed(f"Remove the script of {name}?", yes=yes)
    scripts.remove(name)
    app.answer({"removed": name}, f"removed the script of {name}")


def _scripts(app: App) -> FileScripts:
    return FileScripts(app.settings().local.scripts)
