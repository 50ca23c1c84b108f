"""The queue's records: one message, its recipients, and how both are written down (SPEC-SMTP section 5.1).

The head of an entry holds the message and its first ``SEGMENT`` recipients; the others follow in segments of that
size, so that one recipient's news do not rewrite thousands.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec

from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.mail import NewMail, Origin

SEGMENT = 64
_VERSION = b"\x01"


class State(enum.IntEnum):
    """Of a recipient. The last three are final."""

    SCHEDULED = 0
    ATTEMPTING = 1
    HELD = 2
    COMPLETED = 3
    FAILED = 4
    CANCELLED = 5

    @property
    def is_final(self) -> bool:
        return self >= State.COMPLETED


class LastReply(msgspec.Struct, array_like=True, frozen=True):
    """The outcome of the last attempt, as `delivery.outcome` has it."""

    kind: str
    code: int
    status: str
    text: str
    stage: str
    error: str
    host: str = ""
    mx: str = ""
    ip: str = ""
    tls: str = ""


class RecipientRecord(msgspec.Struct, array_like=True, frozen=True):
    """One recipient with its own schedule; what changes is another record. Times are unix seconds.

    Attributes:
        account: set where the recipient is one mailbox among several of its address (each has its own fate).
        due: when the next attempt may start; while attempting: when the lease ends.
        notices: delay notices that have been sent.
        hints: what the retry script wants of the next attempt: ``via``, ``tls.level``, ``skip.host``.
    """

    local: str
    domain: str
    notify: tuple[str, ...] = ()
    orcpt: str = ""
    account: str = ""
    state: State = State.SCHEDULED
    attempts: int = 0
    due: float = 0.0
    expires: float = 0.0
    notices: int = 0
    last: LastReply | None = None
    hints: dict[str, str] = {}

    @property
    def address(self) -> Address:
        return Address(self.local, self.domain)

    @property
    def recipient(self) -> Recipient:
        """As the envelope has it."""
        return Recipient(self.address, self.notify, self.orcpt)

    def __str__(self) -> str:
        return str(self.address)


_NO_TERMS = MailParameters()


class Entry(msgspec.Struct, array_like=True):
    """One message in the queue.

    Attributes:
        id: 63 bits, time-ordered, never given twice; shown as hex.
        body: the name of the file that holds the octets; empty: they are a value of the store.
        first_due: when the first attempt was allowed; ages count from here.
        count: of recipients, in all segments.
        recipients: in memory all of them; in the head's octets the first segment.
    """

    id: int
    created: float
    first_due: float
    size: int
    body: str
    reverse_local: str
    reverse_domain: str
    terms: MailParameters | None
    origin: Origin
    notes: dict[str, str]
    message_id: str
    hold_reason: str
    priority: int
    lane: str
    count: int
    recipients: list[RecipientRecord]

    @property
    def queue_id(self) -> str:
        return f"{self.id:016x}"

    @property
    def reverse_path(self) -> Address:
        return Address(self.reverse_local, self.reverse_domain)

    @property
    def parameters(self) -> MailParameters:
        return self.terms or _NO_TERMS

    @property
    def is_done(self) -> bool:
        return all(recipient.state >= State.COMPLETED for recipient in self.recipients)

    def envelope(self, indexes: list[int] | None = None) -> Envelope:
        """The envelope for these recipients, or for all."""
        chosen = self.recipients if indexes is None else [self.recipients[index] for index in indexes]
        return Envelope(self.reverse_path, self.parameters, tuple(record.recipient for record in chosen))

    def changed(
        self, changes: Mapping[int, RecipientRecord], added: Sequence[RecipientRecord]
    ) -> list[RecipientRecord]:
        """Take over changed and added recipients; returns those before, for `restore`."""
        before = self.recipients
        self.recipients = [*before, *added]
        for index, recipient in changes.items():
            self.recipients[index] = recipient
        self.count = len(self.recipients)
        return before

    def restore(self, recipients: list[RecipientRecord]) -> None:
        self.recipients, self.count = recipients, len(recipients)

    def in_state(self, state: State) -> list[int]:
        """The indexes of the recipients in a state."""
        return [index for index, recipient in enumerate(self.recipients) if recipient.state is state]


def members_of(one: RecipientRecord, accounts: Sequence[str]) -> list[RecipientRecord]:
    """A recipient for each account of an address.

    Success is told of the address once, not of its members (RFC 3461 section 5.2.7.1).
    """
    notify = tuple(word for word in one.notify if word != "SUCCESS")
    if one.notify and not notify:
        notify = ("NEVER",)
    return [
        msgspec.structs.replace(one, notify=notify, account=account, last=None, notices=0, hints={})
        for account in accounts
    ]


def entry_of(
    mail: NewMail, number: int, now: float, expires_seconds: float, lease_seconds: float | None = None
) -> Entry:
    """A new entry. Its recipients are held if there is a reason, else scheduled.

    Args:
        lease_seconds: not None: they are attempted from now on, unless they are held or for later.
    """
    envelope = mail.envelope
    first_due = max(now, mail.hold_until or 0.0, envelope.parameters.hold_until or 0.0)
    state, attempts, due = State.HELD if mail.hold_reason else State.SCHEDULED, 0, first_due
    if lease_seconds is not None and state is State.SCHEDULED and first_due <= now:
        state, attempts, due = State.ATTEMPTING, 1, now + lease_seconds
    recipients = [
        RecipientRecord(
            recipient.address.local,
            recipient.address.domain,
            recipient.notify,
            recipient.orcpt,
            "",
            state,
            attempts,
            due,
            first_due + expires_seconds,
        )
        for recipient in envelope.recipients
    ]
    return Entry(
        number,
        now,
        first_due,
        len(mail.octets),
        "",
        envelope.reverse_path.local,
        envelope.reverse_path.domain,
        None if envelope.parameters == _NO_TERMS else envelope.parameters,
        mail.origin,
        dict(mail.notes),
        mail.message_id,
        mail.hold_reason,
        mail.priority or envelope.parameters.priority or 0,
        mail.lane,
        len(recipients),
        recipients,
    )


_encoder = msgspec.msgpack.Encoder()
_entries = msgspec.msgpack.Decoder(Entry)
_segments = msgspec.msgpack.Decoder(list[RecipientRecord])


class UnknownVersion(ValueError):
    """The record was written by a later version of this program, or is no record at all."""


def encode_head(entry: Entry) -> bytes:
    """The message with its first segment of recipients."""
    if entry.count <= SEGMENT:
        return _VERSION + _encoder.encode(entry)
    recipients = entry.recipients
    entry.recipients = recipients[:SEGMENT]
    try:
        return _VERSION + _encoder.encode(entry)
    finally:
        entry.recipients = recipients


def encode_segment(entry: Entry, number: int) -> bytes:
    """The recipients of segment 1, 2, …"""
    return _VERSION + _encoder.encode(entry.recipients[number * SEGMENT : (number + 1) * SEGMENT])


def decode_head(octets: bytes) -> Entry:
    """Raises: UnknownVersion"""
    return _entries.decode(_payload(octets))


def decode_segment(octets: bytes) -> list[RecipientRecord]:
    """Raises: UnknownVersion"""
    return _segments.decode(_payload(octets))


def segments(count: int) -> range:
    """The numbers of the segments beyond the head."""
    return range(1, -(-count // SEGMENT))


def _payload(octets: bytes) -> memoryview:
    if octets[:1] != _VERSION:
        raise UnknownVersion(f"queue record of version {octets[:1]!r}")
    return memoryview(octets)[1:]
