"""From the actions of a script to what has to be done with the message (RFC 5228 section 2.10). Plain values."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject, stores
from stalwart_g.model.mailbox import INBOX

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """One copy of the message, in one mailbox."""

    mailbox: str = INBOX
    flags: tuple[str, ...] = ()
    create: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Nothing in it at all: the message is discarded. ``refusal`` is the reason to tell the sender."""

    stores: tuple[Store, ...] = ()
    redirects: tuple[str, ...] = ()
    refusal: str | None = None

    def __or__(self, other: Plan) -> Plan:
        """Both; of two copies in one mailbox the other's is the one."""
        stores = {store.mailbox: store for store in (*self.stores, *other.stores)}
        redirects = tuple(dict.fromkeys((*self.redirects, *other.redirects)))
        return Plan(tuple(stores.values()), redirects, self.refusal or other.refusal)


KEEP = Plan(stores=(Store(),))
"""What becomes of a message when its script fails: the original in the inbox, without flags."""


def plan_of(actions: Iterable[Action], default_mailbox: str = INBOX) -> Plan:
    """What these actions come to. What cannot be carried out here keeps the message.

    Args:
        default_mailbox: where ``keep`` stores.
    """
    actions = list(actions)
    for action in list(actions):
        if not isinstance(action, Keep | FileInto | Redirect | Discard | Reject):
            log.warning("action=%s is not carried out at delivery, the message is kept", action.name)
            actions.append(Keep(implicit=True))
    refusal = next((action.reason for action in actions if isinstance(action, Reject)), None)
    if refusal is not None:
        return Plan(refusal=refusal)
    return Plan(
        tuple(Store(store.mailbox, store.flags, store.create) for store in stores(actions, default_mailbox)),
        tuple(dict.fromkeys(action.address for action in actions if isinstance(action, Redirect))),
    )
