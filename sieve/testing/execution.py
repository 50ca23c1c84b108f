"""Carries out the actions of a script in a world in memory (RFC 5228 section 2.10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject, stores
from sieve.extensions.dovecot_report import Report
from sieve.extensions.duplicate import DuplicateMark
from sieve.extensions.enotify import Notify
from sieve.extensions.extlists import Members
from sieve.extensions.vacation import Vacation
from sieve.message import Overlay
from sieve.testing import replies
from sieve.testing.notices import disposition
from sieve.testing.replies import POSTMASTER
from sieve.testing.settings import Settings
from sieve.testing.world import INBOX, NoMailbox, Sent, Stored, World


def execute(actions: Sequence[Action], message: Overlay, world: World, settings: Settings) -> list[str]:
    """Store, send, or do nothing, as the actions say. Returns what went wrong; then the inbox has the message too."""
    octets = message.materialise()
    errors: list[str] = []
    stored = stores(actions, INBOX)
    for store in stored:
        try:
            _store(store, octets, world)
        except NoMailbox as error:
            errors.append(f"failed to store into mailbox '{store.mailbox}': {error}")
    sent: dict[Sent, None] = {}  # nobody gets the same mail twice
    for action in actions:
        carry_out = CARRIED_OUT.get(type(action))
        if carry_out is None:
            errors.append(f"the {action.name} action cannot be carried out here")
        else:
            given = message.to_redirect if isinstance(action, Redirect) else octets
            sent.update(dict.fromkeys(carry_out(action, given, world, settings)))
    world.outbox += sent
    if errors and not any(store.mailbox == INBOX for store in stored):
        _store(FileInto(mailbox=INBOX), octets, world)
    return errors


def _store(store: FileInto, octets: bytes, world: World) -> None:
    name = world.known.mailbox_of(store)
    if store.create and not world.mailbox_exists(name):
        world.create(name)
        world.known.uses.setdefault(name, set()).update(filter(None, [store.special_use]))
    world.mailbox(name).append(Stored(octets, store.flags))


def _nothing(action: Action, octets: bytes, world: World, settings: Settings) -> Iterable[Sent]:
    return ()


def _redirect(action: Redirect, octets: bytes, world: World, settings: Settings) -> Iterable[Sent]:
    sender, to = _redirect_sender(world, settings), [action.address]
    if action.external:
        members = world.ask(Members(action.address))
        to = list(members) if isinstance(members, tuple) else []
    return [Sent(sender, address, octets) for address in to]


def _redirect_sender(world: World, settings: Settings) -> str:
    """Whom the rule names; but the null reverse-path stays null."""
    rule, parts = settings.redirect_sender, world.parts
    if not parts["from"]:
        return ""
    if rule.startswith("<"):
        return rule.strip("<>")
    known = {
        "sender": parts["from"],
        "recipient": parts["to"],
        "orig_recipient": parts["orig_to"],
        "user_email": settings.user_email or parts["to"],
        "postmaster": POSTMASTER,
    }
    return known[rule]


def _reject(action: Reject, octets: bytes, world: World, settings: Settings) -> Iterable[Sent]:
    """A notice to the sender, who must be there (RFC 5429 section 2.2.1)."""
    sender, recipient = world.parts["from"], world.parts["to"]
    return [Sent("", sender, disposition(action.reason, octets, sender, recipient))] if sender else ()


CARRIED_OUT: dict[type[Action], Callable[..., Iterable[Sent]]] = {
    Keep: _nothing,  # stores are one for each mailbox, and done together
    FileInto: _nothing,
    Discard: _nothing,
    Redirect: _redirect,
    Reject: _reject,
    Vacation: replies.vacation,
    Notify: replies.notify,
    Report: replies.report,
    DuplicateMark: replies.duplicate_mark,
}
"""What each action sends. A new action is a new row."""
