"""From the actions of a script to what has to be done with the message (RFC 5228 section 2.10). Plain values."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject, stores
from sieve.extensions.dovecot_report import Report
from sieve.extensions.duplicate import DuplicateMark
from sieve.extensions.enotify import Notify
from sieve.extensions.vacation import Vacation
from stalwart_g.model.mailbox import INBOX

log = logging.getLogger(__name__)

Writing = Vacation | Notify | Report
"""Actions that write a mail of their own."""

_WRITINGS = (Vacation, Notify, Report)
_KNOWN = (Keep, FileInto, Redirect, Discard, Reject, DuplicateMark, *_WRITINGS)


@dataclass(frozen=True, slots=True)
class Store:
    """One copy of the message, in one mailbox: by id, by use, or by name (see ``sieve.actions.FileInto``)."""

    mailbox: str = INBOX
    flags: tuple[str, ...] = ()
    create: bool = False
    special_use: str = ""
    mailbox_id: str = ""

    @classmethod
    def of(cls, action: FileInto) -> Store:
        return cls(action.mailbox, action.flags, action.create, action.special_use, action.mailbox_id)

    @property
    def which(self) -> tuple[str, str, str]:
        return self.mailbox_id, self.special_use, self.mailbox


@dataclass(frozen=True, slots=True)
class Plan:
    """Nothing in it at all: the message is discarded.

    Attributes:
        redirects: one for each address.
        refusal: the reason to tell the sender.
        writings: mails of its own.
        marks: what is to be remembered when all is done.
    """

    stores: tuple[Store, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    refusal: str | None = None
    writings: tuple[Writing, ...] = ()
    marks: tuple[DuplicateMark, ...] = ()

    def __or__(self, other: Plan) -> Plan:
        """Both; of two copies in one mailbox the other's is the one."""
        stores = {store.which: store for store in (*self.stores, *other.stores)}
        return Plan(
            tuple(stores.values()),
            once((*self.redirects, *other.redirects)),
            self.refusal or other.refusal,
            (*self.writings, *other.writings),
            (*self.marks, *other.marks),
        )


KEEP = Plan(stores=(Store(),))
"""What becomes of a message when its script fails: the original in the inbox, without flags."""


def plan_of(actions: Iterable[Action], default_mailbox: str = INBOX) -> Plan:
    """What these actions come to. What cannot be carried out here keeps the message.

    Args:
        default_mailbox: where ``keep`` stores.
    """
    actions = list(actions)
    for action in list(actions):
        if not isinstance(action, _KNOWN):
            log.warning("action=%s is not carried out at delivery, the message is kept", action.name)
            actions.append(Keep(implicit=True))
    writings = tuple(action for action in actions if isinstance(action, _WRITINGS))
    marks = tuple(action for action in actions if isinstance(action, DuplicateMark))
    refusal = next((action.reason for action in actions if isinstance(action, Reject)), None)
    if refusal is not None:
        return Plan(refusal=refusal, writings=writings, marks=marks)
    return Plan(
        tuple(map(Store.of, stores(actions, default_mailbox))),
        once(action for action in actions if isinstance(action, Redirect)),
        writings=writings,
        marks=marks,
    )


def once(redirects: Iterable[Redirect]) -> tuple[Redirect, ...]:
    """Nobody gets the same mail twice; the first terms are those."""
    found: dict[tuple[str, bool], Redirect] = {}
    for redirect in redirects:
        found.setdefault((redirect.address.lower(), redirect.external), replace(redirect, copy=False))
    return tuple(found.values())
