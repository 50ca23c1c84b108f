"""The notice that a mail was rejected (RFC 5429 section 2.2.1, RFC 8098), as a world in memory sends it."""

from __future__ import annotations

from sieve.message import Message, compose, parse


def disposition(reason: str, original: bytes, sender: str, recipient: str) -> bytes:
    """A multipart/report: the reason for people, the disposition for programs, the header of the original."""
    message = parse(original)
    message_id = _one_line(message, "message-id")
    header = original[: message.root.body_offset] or b"\r\n"
    fields = {
        "From": recipient,
        "To": sender,
        "Subject": f"Rejected: {_one_line(message, 'subject')}",
        "Auto-Submitted": "auto-replied (rejected)",
        **({"In-Reply-To": message_id, "References": message_id} if message_id else {}),
    }
    entities = [
        compose.text_entity(reason),
        b"Content-Type: message/disposition-notification\r\n\r\n" + _report(recipient, message_id),
        b"Content-Type: text/rfc822-headers\r\n\r\n" + header,
    ]
    report = compose.multipart("report", entities, {"report-type": "disposition-notification"})
    return compose.message([compose.field_of(name, value) for name, value in fields.items()], report)


def _report(recipient: str, message_id: str) -> bytes:
    fields = {
        "Final-Recipient": f"rfc822; {recipient}",
        **({"Original-Message-ID": message_id} if message_id else {}),
        "Disposition": "automatic-action/MDN-sent-automatically; deleted",
    }
    return b"".join(compose.field_of(name, value) for name, value in fields.items())


def _one_line(message: Message, name: str) -> str:
    return " ".join(" ".join(message.header(name)[:1]).split())
