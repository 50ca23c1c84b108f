"""run, trace and explain: what a script would do with a message, and why. Nothing is stored, nothing is sent."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
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
from sieve.tools.files import Folder, Unreadable, compiled
from sieve.tools.mailboxes import mails
from sieve.tools.reasons import Reason, not_applied, of_actions, of_error

_FOLDERS = {"personal": "", "global": "global/"}  # beside the script


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the message does not say. Addresses that are None are taken from its header."""

    sender: str | None = None
    recipient: str | None = None
    mailboxes: tuple[str, ...] = ()  # that are there, besides the inbox
    now: float | None = None  # seconds since 1970; the clock says it otherwise


NOTHING_SAID = Circumstances()


@dataclass(frozen=True, slots=True)
class _Form:
    """How the outcome of a run is told."""

    tell: Callable[[Script, Result], Answer]
    traced: bool


def run(
    script: Path,
    messages: Path | Sequence[Path],
    circumstances: Circumstances = Circumstances(),
    dialect: Dialect = USER,
    host: Host | None = None,
) -> Answer:
    """The actions that the script would take; in the world of ``host``, or else in one made of the circumstances.

    Of one message alone, ``value`` is what came out; of several, it has a list of that under ``messages``.
    """
    return _simulated(script, messages, _Form(told, traced=False), (circumstances, dialect, host))


def trace(
    script: Path,
    messages: Path | Sequence[Path],
    circumstances: Circumstances = Circumstances(),
    dialect: Dialect = USER,
    host: Host | None = None,
) -> Answer:
    """The same, and before it each step: what was compared with what, what was set, what was queued."""
    return _simulated(script, messages, _Form(told, traced=True), (circumstances, dialect, host))


def explain(
    script: Path,
    messages: Path | Sequence[Path],
    circumstances: Circumstances = Circumstances(),
    dialect: Dialect = USER,
    host: Host | None = None,
) -> Answer:
    """The same, each action with its reasons as a tree: the conditions around it, and where its values came from."""
    return _simulated(script, messages, _Form(explained, traced=True), (circumstances, dialect, host))


def _simulated(
    path: Path, messages: Path | Sequence[Path], form: _Form, where: tuple[Circumstances, Dialect, Host | None]
) -> Answer:
    circumstances, dialect, host = where
    answers: list[tuple[str, Answer]] = []
    try:
        script = compiled(path, dialect)
        for mail in mails([messages] if isinstance(messages, Path) else messages):
            message = parse(mail.octets)
            place = host or world(path.parent, message, circumstances)
            answers.append((mail.name, form.tell(script, script.run(message, place, traced=form.traced))))
    except (Unreadable, NoMailbox) as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(error)
    return answers[0][1] if len(answers) == 1 else _together(answers)


def _together(answers: Sequence[tuple[str, Answer]]) -> Answer:
    """What came out of several messages."""
    texts = [f"{printable(name)}:\n{textwrap.indent(answer.text, '    ')}" for name, answer in answers]
    code = max(answer.code for _, answer in answers)
    value = {"ok": not code, "messages": [{"message": name, **answer.value} for name, answer in answers]}
    return Answer("\n".join(texts), value, code)


def world(folder: Path, message: Message, circumstances: Circumstances = Circumstances()) -> World:
    """A world for one message: scripts to include are in the folder of the script, global ones in ``global/`` there.

    Raises:
        NoMailbox: one that should exist has a name that is none.
    """
    now = time.time() if circumstances.now is None else circumstances.now
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
    value = _outcome(script, result)
    if result.trace is not None:
        value["trace"] = result.trace.as_dicts()
    lines = [*_steps(script, result), *_decided(result)]
    return Answer(printable("\n".join(lines)), value, OK if result.error is None else FAILED)


def explained(script: Script, result: Result) -> Answer:
    """What came out of a traced run, and why."""
    actions = [
        Reason(shown(each), as_dict(each), why) for each, why in zip(result.actions, of_actions(result), strict=True)
    ]
    others, failed = not_applied(result), result.error is not None
    tops = [*([Reason(f"error: {result.error}", {}, of_error(result))] if failed else []), *actions]
    if others:
        tops.append(Reason("did not apply:", {}, others))
    lines = [line for top in tops for line in top.lines()]
    value = _outcome(script, result) | {"actions": [each.as_dict() for each in actions]}
    value |= {"not_applied": [each.as_dict() for each in others]}
    if failed:
        value["error_because"] = [each.as_dict() for each in tops[0].because]
    lines.append(f"after {result.instructions} steps")
    return Answer(printable("\n".join(lines)), value, FAILED if failed else OK)


def _outcome(script: Script, result: Result) -> dict[str, Any]:
    value: dict[str, Any] = {
        "ok": result.error is None,
        "script": script.name,
        "actions": [as_dict(action) for action in result.actions],
        "implicit_keep": result.implicit_keep,
        "instructions": result.instructions,
    }
    return value if result.error is None else value | {"error": str(result.error)}


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
    yield from map(shown, result.actions)


def shown(action: Action) -> str:
    """An action with its tags, and its place in the script."""
    where = f"   ({action.place.name}:{action.place.line})" if action.place.line else ""
    return f"{action}{''.join(f' :{flag}' for flag in _flags(action))}{where}"


def _flags(action: Action) -> list[str]:
    """Tags that change what an action does, and that its short form does not show."""
    return [name for name in ("copy", "create") if getattr(action, name, False)]


def as_dict(action: Action) -> dict[str, Any]:
    plain = {each.name: getattr(action, each.name) for each in fields(action) if each.name != "place"}
    place = {"script": action.place.name, "line": action.place.line} if action.place.line else {}
    return {"action": action.name, **plain, **place}
