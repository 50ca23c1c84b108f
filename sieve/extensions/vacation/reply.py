"""The answer of a vacation (RFC 5230 section 5): values to octets."""

from __future__ import annotations

from sieve.extensions import letters
from sieve.extensions.letters import Writer
from sieve.extensions.vacation import Vacation
from sieve.message import Message, Overlay, parse, words
from sieve.message.compose import address_field, field_of, text_entity
from sieve.message.compose import message as written

SUBJECT_CHARACTERS = 256


def compose(
    vacation: Vacation,
    message: Message | Overlay,
    writer: Writer,
    *,
    to: str,
    template: str = "Auto: %$",
    default_subject: str = "Automated reply",
) -> bytes:
    """The mail to send, from the null reverse-path.

    Args:
        template: the subject where the script gives none; ``%$`` stands for that of the mail.
        default_subject: where the mail has none either.
    """
    original = letters.first(message, "Subject").strip()
    subject = vacation.subject
    if subject is None:
        subject = template.replace("%$", original) if original else default_subject
    fields = [
        ("Subject", _cut(subject)),
        *letters.threading(message),
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
    ]
    header = [
        *writer.fields(vacation.sender),
        address_field("To", [letters.mailbox_of("", to)]),
        *letters.fields_of(fields),
    ]
    return written(header, entity(vacation.reason) if vacation.mime else text_entity(vacation.reason))


def _cut(subject: str) -> str:
    """On one line, and not too long; some write encoded words into their scripts."""
    subject = " ".join(words.decode(subject).split())
    return subject if len(subject) <= SUBJECT_CHARACTERS else subject[:SUBJECT_CHARACTERS] + "…"


def entity(text: str) -> bytes:
    """A MIME entity that a script wrote out: of its header, what says what it is; the body as it is."""
    octets = text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    part = parse(octets).root
    fields = [field for field in part.fields if field.name.lower().startswith("content-")]
    header = b"".join(field.octets for field in fields)
    named = {field.name.lower() for field in fields}
    if not part.body.isascii() and "content-transfer-encoding" not in named:
        header += field_of("Content-Transfer-Encoding", "8bit")
    if "content-type" not in named:
        header = field_of("Content-Type", "text/plain; charset=utf-8") + header
    return header + b"\r\n" + part.body
