"""Mails that actions write: who writes, and how they refer to the mail that they answer (RFC 5322, RFC 3834)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sieve import addresses
from sieve.message import HeaderField, Mailbox, Message, Overlay, compose, dates
from sieve.message.addresses import mailboxes as flattened
from sieve.message.addresses import parse as parse_addresses

_REFERENCES = 50


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and when.

    Attributes:
        own: the addresses of the account, the first one first; never empty.
        name: of its owner, or empty.
        message_id: a new one, with its brackets.
        now: seconds since 1970 and minutes ahead of UTC.
        agent: the name of the program that writes.
        is_free: a script may want a mail to be from anybody, not only from the account's addresses.
    """

    own: Sequence[str]
    name: str
    message_id: str
    now: tuple[float, int]
    agent: str = "sieve"
    is_free: bool = False

    def author(self, wanted: str) -> Mailbox:
        """Who the script wants the mail to be from, if it may, else the owner of the account."""
        own = {address.lower() for address in self.own}
        for mailbox in mailboxes_in(wanted):
            if mailbox.address and (self.is_free or mailbox.address.lower() in own):
                return mailbox
        return mailbox_of(self.name, self.own[0])

    def fields(self, wanted: str = "") -> list[bytes]:
        """From, Date, Message-ID, and our name."""
        return [
            compose.address_field("From", [self.author(wanted)]),
            compose.field_of("Date", dates.written(dates.Date(*self.now))),
            compose.field_of("Message-ID", self.message_id),
            compose.field_of("X-Sieve", self.agent),
        ]


def mailbox_of(name: str, address: str) -> Mailbox:
    return Mailbox(name, addresses.local_part(address), address.rpartition("@")[2])


def mailboxes_in(text: str) -> Sequence[Mailbox]:
    return flattened(parse_addresses(text))


def fields_of(pairs: Iterable[tuple[str, str]]) -> list[bytes]:
    """Header fields; those without a value are left out."""
    return [compose.field_of(name, value) for name, value in pairs if value]


def first(message: Message | Overlay, name: str) -> str:
    """The decoded value of the first field of a name, or nothing."""
    return next((field.text for field in named(message, name)), "")


def named(message: Message | Overlay, *names: str) -> list[HeaderField]:
    wanted = {name.lower() for name in names}
    return [field for field in message.fields if field.name.lower() in wanted]


def threading(message: Message | Overlay) -> list[tuple[str, str]]:
    """``In-Reply-To`` and ``References`` of an answer to a mail (RFC 5322 section 3.6.4)."""
    identity = first(message, "Message-ID").strip()
    if not (identity.startswith("<") and identity.endswith(">")):
        return []
    before = first(message, "References") or first(message, "In-Reply-To")
    known = [each for each in before.split() if each.startswith("<") and each.endswith(">")][-_REFERENCES:]
    return [("In-Reply-To", identity), ("References", " ".join([*known, identity]))]


def is_automatic(message: Message | Overlay) -> bool:
    """Did no person write it? (RFC 3834 section 5)"""
    value = first(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return value not in ("", "no")


def mailboxes(message: Message | Overlay, *names: str) -> list[Mailbox]:
    return [mailbox for field in named(message, *names) for mailbox in field.addresses]
