"""``script run|trace|explain|profile|replay``: what scripts would do with messages. Nothing is stored or sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from sieve.host import Host
from sieve.spec import Dialect, suggestion
from sieve.tools import Answer, Circumstances, explain, profile, replay, run, trace
from stalwart_g.cli.editing import stage_named
from stalwart_g.cli.frame import App
from stalwart_g.cli.stores import account_name, stores
from stalwart_g.config import Settings
from stalwart_g.delivery.answers import Answers
from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.host import DeliveryHost
from stalwart_g.delivery.scripts import FileScripts
from stalwart_g.directory import open_directory
from stalwart_g.green.state.memory import MemoryState
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Recipient
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.host import PolicyHost, World
from stalwart_g.policy.language import dialect_of
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.slots import Slots
from stalwart_g.policy.sources import library_name
from stalwart_g.policy.tables import Found
from stalwart_g.server.scripts import engine_settings

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)


def tell(app: App, answer: Answer) -> None:
    app.answer(answer.value, answer.text)
    click.get_current_context().exit(answer.code)


def stage_of(path: Path) -> str:
    word = stage_named(path)
    if not word:
        raise click.UsageError(f"{path}: the script of which stage? Use --stage with one of {' '.join(STAGES)}")
    return word


def dialect(app: App, stage: str) -> Dialect:
    """The language of a stage; with the tables and names of the configuration, where there is one."""
    if not app.config.exists():
        return dialect_of(STAGES[stage])
    settings = app.settings()
    return dialect_of(STAGES[stage], settings.policy.tables, engine_settings(settings, cached=False).names)


def _circumstances(function: F) -> F:
    """The arguments and options of whatever runs a script over messages."""
    for option in (
        click.option("--account", help="In the world of this account: its mailboxes and its other scripts."),
        click.option("--trusted", is_flag=True, help="The script is the server's own: that of a stage."),
        click.option(
            "--stage", type=click.Choice(list(STAGES)), help="Of which stage. (default: as the file is called)"
        ),
        click.option(
            "--fact", "facts", multiple=True, metavar="NAME=VALUE", help="What the server knows at the stage."
        ),
        click.option("--mailbox", "mailboxes", multiple=True, help="A mailbox that exists; may be given again."),
        click.option("--to", "recipient", help="Envelope recipient. (default: as Envelope-To or To says)"),
        click.option("--from", "sender", help="Envelope sender. (default: as Return-Path, Sender or From says)"),
        click.argument("messages", nargs=-1, required=True, type=_FILE),
        click.argument("script", type=_FILE),
    ):
        function = option(function)
    return function


@click.command("run")
@_circumstances
@click.pass_obj
def run_(app: App, /, script: Path, messages: tuple[Path, ...], **given: Any) -> None:
    """Tell the actions that SCRIPT would take with MESSAGES: files, mboxes, Maildirs. Nothing is stored or sent."""
    _try(app, run, script, messages, **given)


@click.command("trace")
@_circumstances
@click.pass_obj
def trace_(app: App, /, script: Path, messages: tuple[Path, ...], **given: Any) -> None:
    """Tell each step as well, line by line: what was compared with what."""
    _try(app, trace, script, messages, **given)


@click.command("explain")
@_circumstances
@click.pass_obj
def explain_(app: App, /, script: Path, messages: tuple[Path, ...], **given: Any) -> None:
    """Tell why each action was reached, as a tree: conditions, compared values, where values came from."""
    _try(app, explain, script, messages, **given)


@click.command("profile")
@_circumstances
@click.pass_obj
def profile_(app: App, /, script: Path, messages: tuple[Path, ...], **given: Any) -> None:
    """Tell how often each line of SCRIPT was reached with MESSAGES, and how long it took."""
    _try(app, profile, script, messages, **given)


@click.command("replay")
@click.argument("old", type=_FILE)
@_circumstances
@click.pass_obj
def replay_(app: App, /, old: Path, script: Path, messages: tuple[Path, ...], **given: Any) -> None:
    """Tell which MESSAGES SCRIPT would treat otherwise than OLD, and by which lines. The exit code is 1 if any."""

    def tool(new: Path, *rest: Any, **more: Any) -> Answer:
        return replay((old, new), *rest, **more)

    _try(app, tool, script, messages, **given)


RUNS = (run_, trace_, explain_, profile_, replay_)


def _try(
    app: App,
    tool: Callable[..., Answer],
    script: Path,
    messages: Sequence[Path],
    *,
    account: str | None,
    trusted: bool,
    stage: str | None,
    facts: Sequence[str],
    **given: Any,
) -> None:
    circumstances = Circumstances(**given)
    if account is not None and circumstances.mailboxes:
        raise click.UsageError("--mailbox is for a world without --account, which has mailboxes of its own")
    if trusted or stage:
        if account is not None or any(given.values()):
            raise click.UsageError("the world of a stage is given by --fact alone")
        name = stage or stage_of(script)
        language = replace(dialect(app, name), include=_libraries(script.parent))
        with _world_of_stage(app, name, facts) as host:
            tell(app, tool(script, messages, circumstances, language, host))
    elif facts:
        raise click.UsageError("--fact is for scripts of a stage: use --trusted or --stage")
    elif account is None:
        tell(app, tool(script, messages, circumstances))
    else:
        with _world_of(app, account, circumstances) as host:
            tell(app, tool(script, messages, circumstances, host=host))


# Worlds


@contextmanager
def _world_of_stage(app: App, stage: str, given: Sequence[str]) -> Iterator[Host]:
    """What a script of a stage sees: the facts that were given; nothing was noted, counted or remembered before."""
    tables = {name: _Unasked() for name in app.settings().policy.tables} if app.config.exists() else {}
    facts: dict[str, str | list[str]] = {}
    for each in given:
        name, separator, value = each.partition("=")
        if not separator or name not in STAGES[stage].sees:
            near = suggestion(name, STAGES[stage].sees)
            raise click.UsageError(
                f"--fact {each}: it is NAME=VALUE, a fact of the stage {stage}" + f" ({near})" * bool(near)
            )
        facts[name] = value
    state = MemoryState()
    with Slots(state) as slots:
        yield PolicyHost(STAGES[stage], World(tables, state), Facts(facts), Notes(), slots)


class _Unasked:
    """A table in a trial: it says that nobody asked it."""

    waits = False

    def find(self, key: str) -> Found:
        return Found(False, error="tables are not asked in a trial")

    def paths(self) -> Iterable[Path]:
        return ()

    def reload(self) -> None:
        """Nothing was read."""

    def close(self) -> None:
        """Nothing is open."""


def _libraries(folder: Path) -> Callable[[str, str], tuple[str, str] | None]:
    """Scripts of a stage include those below their own folder."""

    def include(location: str, name: str) -> tuple[str, str] | None:
        path = folder / library_name(name)
        return (str(path), path.read_text("utf-8")) if path.is_file() else None

    return include


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
