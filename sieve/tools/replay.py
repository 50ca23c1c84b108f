"""replay: which messages would another script treat differently, and by which line of each?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sieve.actions import Action
from sieve.engine import USER, Result, Script
from sieve.errors import CompileError
from sieve.host import Host
from sieve.message import Message, parse
from sieve.spec import Dialect
from sieve.testing.world import NoMailbox
from sieve.tools.answer import FAILED, OK, Answer, not_valid, printable, unusable
from sieve.tools.files import Unreadable, compiled
from sieve.tools.mailboxes import mails
from sieve.tools.simulate import NOTHING_SAID, Circumstances, as_dict, shown, world

Run = Callable[[Message], Result]


@dataclass(frozen=True, slots=True)
class _Change:
    """A message on which two scripts do not agree."""

    name: str
    subject: str
    before: Result
    after: Result

    def lines(self) -> Iterator[str]:
        yield f"{self.name}: {self.subject}".rstrip(": ")
        for mark, ours, theirs in (("-", self.before, self.after), ("+", self.after, self.before)):
            yield from (f"  {mark} {line}" for line in _only(ours, theirs))

    def as_dict(self) -> dict[str, Any]:
        return {
            "message": self.name,
            "subject": self.subject,
            "old": _told(self.before),
            "new": _told(self.after),
        }


def replay(
    scripts: tuple[Path, Path],
    messages: Path | Sequence[Path],
    circumstances: Circumstances = NOTHING_SAID,
    dialect: Dialect = USER,
    host: Host | None = None,
) -> Answer:
    """Run the old and the new script over each message, at the same time of the same world; tell where they differ."""
    fixed = replace(circumstances, now=time.time() if circumstances.now is None else circumstances.now)
    changes: list[_Change] = []
    count = 0
    try:
        old, new = (_runner(compiled(path, dialect), path.parent, fixed, host) for path in scripts)
        for mail in mails([messages] if isinstance(messages, Path) else messages):
            count += 1
            message = parse(mail.octets)
            before, after = old(message), new(message)
            if _meaning(before) != _meaning(after):
                changes.append(_Change(mail.name, " ".join(message.header("Subject")[:1]), before, after))
    except (Unreadable, NoMailbox) as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(error)
    verdict = f"{len(changes)} of {count} messages would be treated differently"
    text = "\n".join([*(line for change in changes for line in change.lines()), verdict])
    value = {"ok": not changes, "messages": count, "different": [change.as_dict() for change in changes]}
    return Answer(printable(text), value, FAILED if changes else OK)


def _runner(script: Script, folder: Path, circumstances: Circumstances, host: Host | None) -> Run:
    return lambda message: script.run(message, host or world(folder, message, circumstances))


def _meaning(result: Result) -> tuple[object, ...]:
    """What counts: the actions without their places, the message after edits, and whether it failed."""
    return [*map(_bare, result.actions)], result.message.materialise(), result.error is None


def _only(ours: Result, theirs: Result) -> list[str]:
    """What one script does and the other does not; all, if they only differ in order or in edits."""
    others = [_bare(action) for action in theirs.actions]
    lines = []
    for action in ours.actions:
        if _bare(action) in others:
            others.remove(_bare(action))
        else:
            lines.append(shown(action))
    if ours.error is not None:
        lines.insert(0, f"error: {ours.error}")
    if ours.message.materialise() != theirs.message.materialise():
        lines.append("another message, because of edits")
    return lines or [shown(action) for action in ours.actions]


def _bare(action: Action) -> dict[str, Any]:
    """An action wherever it stands."""
    return {key: value for key, value in as_dict(action).items() if key not in ("script", "line")}


def _told(result: Result) -> dict[str, Any]:
    error = {"error": str(result.error)} if result.error is not None else {}
    return {"actions": [as_dict(action) for action in result.actions], **error}
