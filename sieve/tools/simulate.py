"""run and explain: what a script would do with a message, and why. Nothing is stored, nothing is sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sieve.actions import Action
from sieve.engine import USER, Result, Script
from sieve.errors import CompileError
from sieve.host import Host
from sieve.message import Message, parse
from sieve.spec import Dialect
from sieve.testing.world import NoMailbox, World
from sieve.tools.answer import FAILED, OK, Answer, not_valid, printable, unusable
from sieve.tools.files import Folder, Unreadable, compiled, read_message

_FOLDERS = {"personal": "", "global": "global/"}  # beside the script


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the message does not say. Addresses that are None are taken from its header."""

    sender: str | None = None
    recipient: str | None = None
    mailboxes: tuple[str, ...] = ()  # that are there, besides the inbox


def run(
    script: Path,
    message: Path,
    circumstances: Circumstances = Circumstances(),
    dialect: Dialect = USER,
    host: Host | None = None,
) -> Answer:
    """The actions that the script would take; in the world of ``host``, or else in one made of the circumstances."""
    return _simulated(script, message, circumstances, dialect, host, traced=False)


def explain(
    script: Path,
    message: Path,
    circumstances: Circumstances = Circumstances(),
    dialect: Dialect = USER,
    host: Host | None = None,
) -> Answer:
    """The same, and before it each step: what was compared with what, what was set, what was queued."""
    return _simulated(script, message, circumstances, dialect, host, traced=True)


def _simulated(
    path: Path, message_path: Path, circumstances: Circumstances, dialect: Dialect, host: Host | None, *, traced: bool
) -> Answer:
    try:
        script, message = compiled(path, dialect), parse(read_message(message_path))
        host = host or world(path.parent, message, circumstances)
    except (Unreadable, NoMailbox) as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(error)
    return told(script, script.run(message, host, traced=traced))


def world(folder: Path, message: Message, circumstances: Circumstances = Circumstances()) -> World:
    """A world for one message: scripts to include are in the folder of the script, global ones in ``global/`` there.

    Raises:
        NoMailbox: one that should exist has a name that is none.
    """
    now = time.time()
    made = World(Folder(folder), (now, time.localtime(now).tm_gmtoff // 60), time.process_time, _FOLDERS)
    made.addressed(message)
    if circumstances.sender is not None:
        made.parts["from"] = circumstances.sender
    if circumstances.recipient is not None:
        made.parts |= {"to": circumstances.recipient, "orig_to": circumstances.recipient}
    for name in circumstances.mailboxes:
        made.create(name)
    return made


def told(script: Script, result: Result) -> Answer:
    """What came out of a run; the steps too, if it was traced."""
    value: dict[str, Any] = {
        "ok": result.error is None,
        "script": script.name,
        "actions": [_as_dict(action) for action in result.actions],
        "implicit_keep": result.implicit_keep,
        "instructions": result.instructions,
    }
    if result.error is not None:
        value["error"] = str(result.error)
    if result.trace is not None:
        value["trace"] = result.trace.as_dicts()
    lines = [*_steps(script, result), *_decided(result)]
    return Answer(printable("\n".join(lines)), value, OK if result.error is None else FAILED)


def _steps(script: Script, result: Result) -> Iterator[str]:
    """The trace; where it goes on in another script, that is said."""
    current = script.name
    for step in result.trace.steps if result.trace else ():
        if step.place.name not in ("", current):
            current = step.place.name
            yield f"  in {current}:"
        yield str(step)
    if result.trace is not None:
        yield f"result, after {result.instructions} steps:"


def _decided(result: Result) -> Iterator[str]:
    if result.error is not None:
        yield f"error: {result.error}"
    for action in result.actions:
        where = f"   ({action.place.name}:{action.place.line})" if action.place.line else ""
        yield f"{action}{''.join(f' :{flag}' for flag in _flags(action))}{where}"


def _flags(action: Action) -> list[str]:
    """Tags that change what an action does, and that its short form does not show."""
    return [name for name in ("copy", "create") if getattr(action, name, False)]


def _as_dict(action: Action) -> dict[str, Any]:
    plain = {each.name: getattr(action, each.name) for each in fields(action) if each.name != "place"}
    place = {"script": action.place.name, "line": action.place.line} if action.place.line else {}
    return {"action": action.name, **plain, **place}
