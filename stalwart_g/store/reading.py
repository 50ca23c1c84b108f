"""Reading mailboxes and messages: listings, counts, metadata, octets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stalwart_g.store import changes
from stalwart_g.store.ground import Ground
from stalwart_g.store.interface import Reader
from stalwart_g.store.keys import DELETED, LAST_UID, OCTETS, TOTAL, UNREAD, UNSEEN, Keys, last_number
from stalwart_g.store.records import Details, Row, ThreadEmail, decode, decode_number
from stalwart_g.store.refusals import CannotCalculate
from stalwart_g.store.tree import Mailbox


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is in a mailbox.

    Attributes:
        total, unseen, deleted, octets: as IMAP counts: all, without ``$seen``, marked ``\\Deleted``, their sizes.
        unread: as JMAP counts: neither ``$seen`` nor ``$draft``, nor marked ``\\Deleted``.
    """

    total: int = 0
    unseen: int = 0
    deleted: int = 0
    octets: int = 0
    unread: int = 0
    uid_next: int = 1

    @property
    def visible(self) -> int:
        """JMAP's totalEmails."""
        return self.total - self.deleted


@dataclass(frozen=True, slots=True)
class View:
    """A mailbox at one moment, as IMAP's SELECT wants it. ``uids`` are in order."""

    mailbox: Mailbox
    counts: Counts
    highest_modseq: int
    uids: tuple[int, ...]


def counts(reader: Reader, account: int) -> dict[int, Counts]:
    """Of all mailboxes that anything was ever in."""
    own = Keys(account)
    found: dict[int, dict[bytes, int]] = {}
    for key, value in reader.counters(own.counters()).items():
        found.setdefault(last_number(key[:-1]), {})[key[-1:]] = value
    return {mailbox: _counts(numbers) for mailbox, numbers in found.items()}


def counts_of(reader: Reader, account: int, mailbox: int) -> Counts:
    return _counts({key[-1:]: value for key, value in reader.counters(Keys(account).counters(mailbox)).items()})


def view(ground: Ground, account: int, mailbox: Mailbox) -> View:
    """All of it at the same moment."""
    own = Keys(account)
    with ground.store.snapshot() as reader:
        return View(
            mailbox,
            counts_of(reader, account, mailbox.id),
            highest(reader, account, mailbox.id),
            tuple(last_number(key) for key, _ in reader.scan(own.rows(mailbox.id), keys_only=True)),
        )


def highest(reader: Reader, account: int, mailbox: int) -> int:
    """HIGHESTMODSEQ (RFC 7162): at least 1."""
    return max(1, decode_number(reader.get(Keys(account).highest(mailbox))))


def rows(reader: Reader, account: int, mailbox: int, *, after_uid: int = 0, limit: int | None = None) -> list[Row]:
    """The messages of a mailbox in the order of their UIDs."""
    own = Keys(account)
    after = own.row(mailbox, after_uid) if after_uid else None
    return [decode(Row, value) for _, value in reader.scan(own.rows(mailbox), after=after, limit=limit)]


def rows_of(reader: Reader, account: int, mailbox: int, uids: Iterable[int]) -> list[Row]:
    """Those of these UIDs that are there, in their order."""
    own = Keys(account)
    wanted = [own.row(mailbox, uid) for uid in sorted(set(uids)) if 0 < uid < 1 << 32]
    found = reader.get_many(wanted)
    return [decode(Row, found[key]) for key in wanted if key in found]


def changed_since(reader: Reader, account: int, mailbox: int, modseq: int) -> list[Row]:
    """Messages that are new or changed since; by the log, or, where it does not reach back, by looking at all."""
    try:
        touched = changes.resync(reader, account, mailbox, modseq).touched
    except CannotCalculate:
        return [row for row in rows(reader, account, mailbox) if row.modseq > modseq]
    return rows_of(reader, account, mailbox, touched)


def details(reader: Reader, account: int, emails: Iterable[int]) -> dict[int, Details]:
    """Of those that are there, by email."""
    own = Keys(account)
    found = reader.get_many([own.details(number) for number in dict.fromkeys(emails)])
    return {last_number(key): decode(Details, value) for key, value in found.items()}


def thread(reader: Reader, account: int, thread_id: int) -> list[int]:
    """The emails of a thread that JMAP shows, oldest first."""
    own = Keys(account)
    found = [(decode(ThreadEmail, value), last_number(key)) for key, value in reader.scan(own.thread_emails(thread_id))]
    return [number for row, number in sorted(found, key=lambda each: (each[0].received_at, each[1])) if row.visible]


def _counts(numbers: dict[bytes, int]) -> Counts:
    return Counts(
        numbers.get(TOTAL, 0),
        numbers.get(UNSEEN, 0),
        numbers.get(DELETED, 0),
        numbers.get(OCTETS, 0),
        numbers.get(UNREAD, 0),
        numbers.get(LAST_UID, 0) + 1,
    )
