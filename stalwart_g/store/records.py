"""The values of accounts, mailboxes and messages, and how they are written down. Does no I/O.

Each starts with an octet that tells its format, so that a program meets nothing that it does not understand.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from stalwart_g.store.errors import Corrupt

VERSION = b"\x01"
_NUMBER_OCTETS = 9

_pack = msgspec.msgpack.Encoder().encode


class Record(msgspec.Struct, array_like=True, frozen=True):
    """What is stored. Fields are only ever added at the end, with a default; else `VERSION` goes up."""


R = TypeVar("R", bound=Record)


class Place(Record, frozen=True):
    """Where an email is: it has one UID in each of its mailboxes.

    Attributes:
        created: the change that put it there.
        modseq: the last change of what this mailbox shows of it.
        deleted: IMAP's ``\\Deleted``, which belongs to the place, not to the email.
    """

    mailbox: int
    uid: int
    created: int
    modseq: int
    saved_at: float
    deleted: bool = False


class Email(Record, frozen=True):
    """What changes of an email, and what is asked for most.

    Attributes:
        blob: the name of its octets in the blob store.
        charged: octets that were taken from the quota, and will be given back.
    """

    thread_id: int
    blob: bytes
    size: int
    charged: int
    received_at: float
    keywords: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def is_visible(self) -> bool:
        """To JMAP, which does not know ``\\Deleted`` (RFC 8621 section 4.1.1)."""
        return not all(place.deleted for place in self.places)

    def place_in(self, mailbox: int) -> Place | None:
        return next((place for place in self.places if place.mailbox == mailbox), None)


class Row(Record, frozen=True):
    """One message of a mailbox: all that a listing needs."""

    uid: int
    email_id: int
    thread_id: int
    created: int
    modseq: int
    saved_at: float
    received_at: float
    size: int
    keywords: tuple[str, ...]
    deleted: bool = False


def row_of(number: int, email: Email, place: Place) -> Row:
    """The row that a place of an email has in its mailbox."""
    return Row(
        place.uid, number, email.thread_id, place.created, place.modseq, place.saved_at, email.received_at, email.size,
        email.keywords, place.deleted,
    )  # fmt: skip


class Details(Record, frozen=True):
    """What never changes of an email; of its stored octets.

    Attributes:
        sent_at: unix time of ``Date``.
        thread_name: the subject without what replies and lists add to it.
        message_ids, references: of ``Message-ID`` and all that the message refers to.
        record: the parsed form, for `sieve.message`.
        sender: the first mailbox of ``From``, for listings.
    """

    sent_at: float | None
    subject: str
    thread_name: str
    message_ids: tuple[str, ...]
    references: tuple[str, ...]
    has_attachment: bool
    record: bytes
    sender: str = ""


class MailboxRecord(Record, frozen=True):
    """``parent``: 0 at the top."""

    name: str
    parent: int
    role: str
    sort_order: int
    uid_validity: int


class TreeRecord(Record, frozen=True):
    """``uid_validity``: the last that was given to a mailbox of this account."""

    change: int
    uid_validity: int


class Arrival(Record, frozen=True):
    """A new email: its ids, and where it is as (mailbox, UID)."""

    email_id: int
    thread_id: int
    places: tuple[tuple[int, int], ...]


class DeliveryRecord(Record, frozen=True):
    """What an ingest with an idempotency key has made."""

    at: float
    arrivals: tuple[Arrival, ...]


class ThreadEmail(Record, frozen=True):
    received_at: float
    visible: bool


class Moved(Record, frozen=True):
    """What a change did to one mailbox's messages, as IMAP sees it."""

    mailbox: int
    touched: tuple[int, ...]
    vanished: tuple[int, ...]


class Touched(Record, frozen=True):
    """The ids of one type in one change. ``counted``: only counters of it have changed."""

    created: tuple[int, ...] = ()
    updated: tuple[int, ...] = ()
    destroyed: tuple[int, ...] = ()
    counted: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.destroyed or self.counted)


class LogRecord(Record, frozen=True):
    """One change of an account: ``objects`` by the letter of their type."""

    at: float
    objects: dict[str, Touched]
    moved: tuple[Moved, ...] = ()


class _Reader:
    """Decoders, made once a type."""

    def __init__(self) -> None:
        self._known: dict[type[Record], msgspec.msgpack.Decoder[Record]] = {}

    def of(self, kind: type[Record]) -> msgspec.msgpack.Decoder[Record]:
        found = self._known.get(kind)
        if found is None:
            found = self._known[kind] = msgspec.msgpack.Decoder(kind)
        return found


_reader = _Reader()


def encode(record: Record) -> bytes:
    return VERSION + _pack(record)


def decode(kind: type[R], octets: bytes) -> R:
    """Raises: Corrupt"""
    check_version(octets)
    try:
        record = _reader.of(kind).decode(memoryview(octets)[1:])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Corrupt(f"a {kind.__name__} in the store cannot be read: {error}") from error
    assert isinstance(record, kind)
    return record


def encode_number(number: int) -> bytes:
    return VERSION + number.to_bytes(_NUMBER_OCTETS - 1, "big")


def decode_number(octets: bytes | None) -> int:
    """0 for what is not there.

    Raises:
        Corrupt
    """
    if octets is None:
        return 0
    check_version(octets)
    if len(octets) != _NUMBER_OCTETS:
        raise Corrupt(f"a number in the store has {len(octets)} octets")
    return int.from_bytes(octets[1:], "big")


def encode_text(text: str) -> bytes:
    return VERSION + text.encode("utf-8", "surrogatepass")


def decode_text(octets: bytes) -> str:
    """Raises: Corrupt"""
    check_version(octets)
    try:
        return octets[1:].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise Corrupt(f"a text in the store cannot be read: {error}") from error


def check_version(octets: bytes) -> None:
    """Raises: Corrupt"""
    if octets[:1] == VERSION:
        return
    if not octets:
        raise Corrupt("a value in the store is empty")
    raise Corrupt(
        f"a value in the store has format {octets[0]}, this program knows {VERSION[0]}: "
        "a newer version of the program has written it"
    )
