"""What an email says of itself, computed once when it is stored, by `sieve.message`. Does no I/O."""

from __future__ import annotations

from sieve.message import Message, parse
from sieve.message.record import load, pack
from stalwart_g.store.records import Details
from stalwart_g.store.subjects import thread_name

_SUBJECT_CHARACTERS, _SENDER_CHARACTERS = 512, 256
_IDS, _REFERENCES = 8, 64


def describe(octets: bytes) -> Details:
    """Of the octets as they are stored."""
    message = parse(octets)
    subject = next(iter(message.header("Subject")), "")[:_SUBJECT_CHARACTERS]
    return Details(
        _sent_at(message),
        subject,
        thread_name(subject),
        tuple(message.message_ids("Message-ID")[:_IDS]),
        _references(message),
        _has_attachment(message),
        pack(message),
        _sender(message),
    )


def loaded(octets: bytes, details: Details) -> Message:
    """The message without parsing it again, if the record is of today's form."""
    message = load(octets, details.record)
    return parse(octets) if message is None else message


def _sent_at(message: Message) -> float | None:
    return next((field.date.seconds for field in message.named("Date") if field.date), None)


def _sender(message: Message) -> str:
    """The first mailbox of ``From``."""
    for mailbox in message.addresses("From"):
        text = f"{mailbox.name} <{mailbox.address}>" if mailbox.name and mailbox.address else mailbox.name
        return (text or mailbox.address)[:_SENDER_CHARACTERS]
    return ""


def _references(message: Message) -> tuple[str, ...]:
    """The nearest last."""
    ids = [*message.message_ids("Resent-Message-ID"), *message.message_ids("References")]
    return tuple(dict.fromkeys([*ids, *message.message_ids("In-Reply-To")]))[-_REFERENCES:]


def _has_attachment(message: Message) -> bool:
    """Something attached that is not shown within the text (RFC 8621 section 4.1.4)."""
    return any(part.disposition != "inline" for part in message.attachments)
