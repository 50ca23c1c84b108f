"""What a script decided: plain values, carried out by someone else.

Each class carries the columns of the IANA registry of Sieve actions (RFC 9122): its name, what it does not go together
with, whether it cancels the implicit keep, whether IMAP events may use it. An extension adds an action by subclassing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from sieve.errors import NOWHERE, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Base of all actions. ``place`` is the command that asked for it."""

    name: ClassVar[str] = ""
    excludes: ClassVar[frozenset[str]] = frozenset()  # names of actions that it cannot stand beside, in either order
    cancels_keep: ClassVar[bool] = True
    for_imap_events: ClassVar[bool] = True

    place: Place = field(default=NOWHERE, compare=False)
    copy: bool = False  # ``:copy`` (RFC 3894): the implicit keep stays

    @property
    def position(self) -> tuple[str, int]:
        """File and line."""
        return self.place.name, self.place.line

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(Action):
    """Store into the inbox (RFC 5228 section 4.3)."""

    name = "keep"
    flags: tuple[str, ...] = ()
    implicit: bool = False

    def __str__(self) -> str:
        return f"{'implicit ' if self.implicit else ''}keep{_listed(self.flags)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInto(Action):
    """Store into a mailbox (RFC 5228 section 4.1; ``:create`` RFC 5490).

    It is the one with ``mailbox_id`` (RFC 9042), or one for ``special_use`` (RFC 8579; a word such as ``junk``), or
    else the one of this name.
    """

    name = "store"
    mailbox: str
    flags: tuple[str, ...] = ()
    create: bool = False
    special_use: str = ""
    mailbox_id: str = ""

    def __str__(self) -> str:
        return f'fileinto "{self.mailbox}"{_listed(self.flags)}'


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverBy:
    """Until when a mail has to be delivered (RFC 6009 section 7): in so many seconds, or at a unix time.

    ``mode`` is R (return it then) or N (notify of the delay); ``trace``: each server on the way reports.
    """

    seconds: int | None = None
    time: float | None = None
    mode: str = "R"
    trace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect(Action):
    """Send on to another address (RFC 5228 section 4.2).

    ``external``: the address is the name of a list (RFC 6134). ``notify`` (NEVER, SUCCESS, FAILURE, DELAY) and ``ret``
    (FULL, HDRS) are the terms of RFC 3461; empty ones are those of the mail.
    """

    name = "redirect"
    address: str
    external: bool = False
    notify: tuple[str, ...] = ()
    ret: str = ""
    deliver_by: DeliverBy | None = None

    def __str__(self) -> str:
        return f'redirect "{self.address}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard(Action):
    """Cancel the implicit keep, and nothing else (RFC 5228 section 4.4)."""

    name = "discard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Action):
    """Refuse the mail (RFC 5429). ``extended`` is ereject: rather in the SMTP dialog than by a message of its own."""

    name = "reject"
    excludes = frozenset({"keep", "store", "redirect", "reject", "vacation"})
    for_imap_events = False
    reason: str
    extended: bool = False

    def __str__(self) -> str:
        return f'{"e" if self.extended else ""}reject "{self.reason}"'


def _listed(flags: tuple[str, ...]) -> str:
    return f" flags {' '.join(flags)}" if flags else ""


def stores(actions: Iterable[Action], inbox: str = "INBOX") -> list[FileInto]:
    """One store for each mailbox: the same mailbox twice is one copy, and the last list of flags wins (RFC 5232)."""
    result: dict[tuple[str, str, str], FileInto] = {}
    for action in actions:
        if isinstance(action, Keep):
            action = FileInto(mailbox=inbox, flags=action.flags, place=action.place)
        if isinstance(action, FileInto):
            name = inbox if action.mailbox.upper() == inbox.upper() else action.mailbox
            which = (action.mailbox_id, action.special_use, name)
            earlier = result.get(which, action)
            result[which] = replace(earlier, mailbox=name, flags=action.flags, create=earlier.create or action.create)
    return list(result.values())
