"""Which outcomes a sender is told of, and the report about them (RFC 3461 section 6, SPEC-SMTP section 5.9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from stalwart_g.delivery.dsn import RecipientStatus, Report
from stalwart_g.model.address import Address
from stalwart_g.model.mail import SERVER_KINDS
from stalwart_g.model.reply import Reply
from stalwart_g.queue.entry import Entry, RecipientRecord
from stalwart_g.queue.schedule import expires_at

_WANTED = {"failed": "FAILURE", "delayed": "DELAY"}  # everything else is a success
_BY_DEFAULT = ("FAILURE", "DELAY")  # where the sender did not say (RFC 3461 section 4.1)


class Event(NamedTuple):
    """Something that happened to a recipient: an action of RFC 3464."""

    recipient: RecipientRecord
    action: str


def to_tell(entry: Entry, events: Iterable[Event]) -> list[Event]:
    """Those that the sender wants to hear of; none where nobody must be told."""
    wanted = [event for event in events if event.action and _is_wanted(event)]
    return wanted if wanted and not _is_for_nobody(entry) else []


def is_double_bounce(entry: Entry, events: Iterable[Event]) -> bool:
    """Something failed that has nobody to hear of it."""
    return any(event.action == "failed" for event in events) and _is_for_nobody(entry)


def _is_for_nobody(entry: Entry) -> bool:
    return not entry.reverse_path or entry.origin.kind in SERVER_KINDS


def _is_wanted(event: Event) -> bool:
    wanted = _WANTED.get(event.action, "SUCCESS")
    notify = event.recipient.notify
    return wanted in notify if notify else wanted in _BY_DEFAULT


def kind_of(events: Sequence[Event]) -> str:
    """The gravest of them: failure, delay or success."""
    actions = {event.action for event in events}
    return "failure" if "failed" in actions else "delay" if "delayed" in actions else "success"


def report(
    entry: Entry, events: Sequence[Event], octets: bytes, *, now: float, message_id: str, to: Address, ret: str
) -> Report:
    """One report on all of them. ``ret`` is FULL or HDRS, as the script decided."""
    origin = entry.origin
    return Report(
        to=to,
        message_id=message_id,
        now=now,
        arrival=entry.created,
        recipients=[_status(entry, event, now) for event in events],
        original=octets,
        parameters=entry.parameters,
        original_id=entry.message_id,
        received_from=f"{origin.helo or 'unknown'} ([{origin.ip}])" if origin.ip else "",
        full=ret.upper() == "FULL" and kind_of(events) == "failure",
    )


def _status(entry: Entry, event: Event, now: float) -> RecipientStatus:
    recipient, last = event.recipient, event.recipient.last
    reply = Reply(last.code, last.status, last.text) if last else Reply(451, "4.4.7", "Not attempted yet")
    return RecipientStatus(
        final=recipient.address,
        action=event.action,
        reply=reply,
        host=last.host if last else "",
        original=recipient.orcpt,
        last_attempt=now if recipient.attempts else None,
        retry_until=expires_at(entry, recipient) if event.action == "delayed" else None,
    )
