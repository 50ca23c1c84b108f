"""vnd.dovecot.report (of Pigeonhole): ``report`` tells a service of spam and the like, in the form of RFC 5965."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sieve import addresses
from sieve.actions import Action
from sieve.errors import ScriptError
from sieve.extensions import letters
from sieve.extensions.letters import Writer
from sieve.message import Message
from sieve.message.compose import address_field, field_of, multipart, text_entity
from sieve.message.compose import message as written
from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("vnd.dovecot.report", "Pigeonhole's vnd.dovecot.report")
extension.tag("headers_only", "report")

_TYPE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Action):
    """Send a report about the mail; ``feedback`` is abuse, fraud, virus, not-spam, other, or a word of one's own."""

    name = "report"
    cancels_keep = False
    feedback: str
    text: str
    address: str
    headers_only: bool = False

    def __str__(self) -> str:
        return f'report "{self.feedback}" to "{self.address}"'


def _feedback(word: str) -> str:
    return "" if _TYPE.fullmatch(word) else f"feedback type '{word}' is invalid"


def _address(text: str) -> str:
    return "" if addresses.mailbox(text) else f"address '{text}' is invalid"


@extension.command(Param("feedback type", check=_feedback), Param("message"), Param("address", check=_address))
def report(run: Run, feedback: str, text: str, address: str, *, headers_only: bool = False) -> None:
    """Report the mail, and go on."""
    to = addresses.mailbox(address)
    fault = _feedback(feedback) or _address(address)
    if fault or to is None:
        raise ScriptError(f"report: {fault}")
    run.add(Report(feedback=feedback, text=text, address=to, headers_only=headers_only))


def compose(report: Report, message: Message, writer: Writer, *, sender: str) -> bytes:
    """The mail: a text for people, fields for programs, the mail as it came or its header (RFC 5965 section 2).

    Args:
        sender: the reverse-path of the mail, empty for the null one.
    """
    facts = [
        ("Feedback-Type", report.feedback),
        ("User-Agent", writer.agent),
        ("Version", "1"),
        ("Original-Mail-From", f"<{sender}>"),
        ("Original-Rcpt-To", writer.own[0]),
    ]
    feedback = b"".join(letters.fields_of(facts))
    parts = [
        text_entity(report.text),
        field_of("Content-Type", "message/feedback-report") + b"\r\n" + feedback,
        _evidence(message, headers_only=report.headers_only),
    ]
    subject = f"Report: {letters.first(message, 'Subject')}"
    header = [
        *writer.fields(),
        address_field("To", [letters.mailbox_of("", report.address)]),
        *letters.fields_of([("Subject", subject), ("Auto-Submitted", "auto-generated (report)")]),
    ]
    return written(header, multipart("report", parts, {"report-type": "feedback-report"}))


def _evidence(message: Message, *, headers_only: bool) -> bytes:
    octets = message.octets[: message.root.body_offset] if headers_only else message.octets
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    encoding = "7bit" if octets.isascii() else "8bit"
    fields = letters.fields_of([("Content-Type", kind), ("Content-Transfer-Encoding", encoding)])
    return b"".join([*fields, b"\r\n", octets])
