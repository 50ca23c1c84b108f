"""Delivery status notifications (RFC 3464, RFC 6533, RFC 3461 section 6; SPEC-SMTP section 5.9). Values to octets.

Whether one is sent is decided elsewhere; here it is only written: a summary that a person can read, the same for
programs, and the original or its header.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from stalwart_g.delivery.settings import ReportSettings
from stalwart_g.model.address import NULL, Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.model.reply import Reply

NO_PARAMETERS = MailParameters()

_COLUMNS = 76
_ACTIONS = ("failed", "delayed", "expanded", "relayed", "delivered")
_SECTIONS = {
    "failed": "could not be delivered to:",
    "delayed": "has not been delivered yet to the following, and we go on trying. There is no need to send it again:",
    "expanded": "went to the members of these lists:",
    "relayed": "was handed on to a server that sends no confirmations, for:",
    "delivered": "was delivered to:",
}
_SUBJECTS = {
    frozenset({"failed"}): "Your message could not be delivered",
    frozenset({"delayed"}): "Your message is delayed",
    frozenset({"failed", "delayed"}): "Your message is delayed, and could not be delivered to some",
    frozenset({"delivered"}): "Your message was delivered",
    frozenset({"failed", "delivered"}): "Your message was delivered to some recipients only",
}
_MIXED = "About the delivery of your message"


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """What is to be told of one recipient. Times are unix seconds.

    Attributes:
        original: ORCPT as the sender gave it (``rfc822;…``), or empty.
        action: failed, delayed, expanded, relayed or delivered (RFC 3464 section 2.3.3).
        reply: the one that decided; its text is quoted.
        host: who gave that reply; empty: we did.
    """

    final: Address
    action: str
    reply: Reply
    host: str = ""
    original: str = ""
    last_attempt: float | None = None
    retry_until: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One notification. Times are unix seconds.

    Attributes:
        to: the reverse-path of the original; never the null one.
        message_id: a new one, with its brackets.
        received_from: the host that gave us the original, as in ``Received-From-MTA``.
        original: the octets of the original.
        full: give the whole original back, if it is not too long, rather than its header.
    """

    to: Address
    message_id: str
    now: float
    arrival: float
    recipients: Sequence[RecipientStatus]
    original: bytes
    parameters: MailParameters = NO_PARAMETERS
    original_id: str = ""
    received_from: str = ""
    full: bool = False


def compose(report: Report, settings: ReportSettings) -> NewMail:
    """The notification as a mail for the queue: from nobody, so that it never comes back."""
    wide = _is_wide(report)
    parts = [_summary(report, settings), _status(report, settings, wide=wide), _original(report, settings, wide=wide)]
    boundary = _boundary(report.message_id, parts)
    octets = b"".join(
        (
            _header(report, settings, boundary, eight_bit=not all(part.isascii() for part in parts)),
            *(b"--%b\r\n%b\r\n" % (boundary, part) for part in parts),
            b"--%b--\r\n" % boundary,
        )
    )
    parameters = MailParameters(smtputf8=wide, requiretls=report.parameters.requiretls)
    envelope = Envelope(NULL, parameters, (Recipient(report.to, ("NEVER",)),))
    return NewMail(envelope, octets, Origin("dsn"), message_id=report.message_id)


def subject(actions: Iterable[str]) -> str:
    """What the report says in one line."""
    classes = frozenset("delivered" if action in ("relayed", "expanded") else action for action in actions)
    return _SUBJECTS.get(classes, _MIXED)


def _header(report: Report, settings: ReportSettings, boundary: bytes, *, eight_bit: bool) -> bytes:
    fields = [
        ("From", f'"{_plain(settings.from_name)}" <{settings.sender}>'),
        ("To", f"<{report.to}>"),
        ("Date", _date(report.now)),
        ("Message-ID", report.message_id),
        ("Subject", subject(status.action for status in report.recipients)),
        ("Auto-Submitted", "auto-replied"),
        ("References", report.original_id),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary.decode()}"'),
        ("Content-Transfer-Encoding", "8bit" if eight_bit else ""),
    ]
    return _fields(fields) + b"\r\n"


# The part for people


def _summary(report: Report, settings: ReportSettings) -> bytes:
    paragraphs = [f"This is the mail system at {settings.hostname}."]
    for action in _ACTIONS:
        chosen = [status for status in report.recipients if status.action == action]
        if chosen:
            paragraphs.append(textwrap.fill(f"Your message {_SECTIONS[action]}", _COLUMNS))
            paragraphs += [_told(status) for status in chosen]
    text = "\n\n".join(paragraphs).replace("\n", "\r\n").encode("utf-8", "replace")
    kind = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
    return kind + (b"7bit" if text.isascii() else b"8bit") + b"\r\n\r\n" + text + b"\r\n"


def _told(status: RecipientStatus) -> str:
    """One recipient's paragraph: address, who said what, until when we try."""
    says = f"{status.host} said:" if status.host else "Reason:" if status.action in ("failed", "delayed") else "Reply:"
    lines = [f"<{status.final}>"]
    lines += textwrap.wrap(
        f"{says} {_plain(str(status.reply))}", _COLUMNS, initial_indent="    ", subsequent_indent="    "
    )
    if status.retry_until is not None:
        lines.append(f"    We try until {_date(status.retry_until)}.")
    return "\n".join(lines)


# The part for programs


def _status(report: Report, settings: ReportSettings, *, wide: bool) -> bytes:
    message = [
        ("Reporting-MTA", f"dns; {settings.hostname}"),
        ("Original-Envelope-Id", report.parameters.envid),
        ("Received-From-MTA", f"dns; {report.received_from}" if report.received_from else ""),
        ("Arrival-Date", _date(report.arrival)),
    ]
    groups = [message, *(_of_recipient(status, wide=wide) for status in report.recipients)]
    kind = "message/global-delivery-status" if wide else "message/delivery-status"
    head = [("Content-Type", kind), ("Content-Transfer-Encoding", "8bit" if wide else "")]
    return b"\r\n".join(_fields(group, wide=wide) for group in [head, *groups])


def _of_recipient(status: RecipientStatus, *, wide: bool) -> list[tuple[str, str]]:
    kind = "utf-8" if wide and not status.final.is_ascii else "rfc822"
    reply = status.reply
    original_kind, _, original = status.original.partition(";")
    return [
        ("Original-Recipient", f"{original_kind}; {original}" if status.original else ""),
        ("Final-Recipient", f"{kind}; {status.final}"),
        ("Action", status.action),
        ("Status", reply.enhanced_code or f"{reply.code // 100}.0.0"),
        ("Remote-MTA", f"dns; {status.host}" if status.host else ""),
        ("Diagnostic-Code", _folded(f"smtp; {_plain(str(reply))}")),
        ("Last-Attempt-Date", _date(status.last_attempt)),
        ("Will-Retry-Until", _date(status.retry_until) if status.action == "delayed" else ""),
    ]


# The original


def _original(report: Report, settings: ReportSettings, *, wide: bool) -> bytes:
    octets, parameters = report.original, report.parameters
    whole = (
        report.full
        and len(octets) <= settings.full_octets
        and parameters.body != "BINARYMIME"
        and not parameters.requiretls  # RFC 8689 section 5: nothing of the content
    )
    given = octets if whole else _header_of(octets, settings.header_octets)
    kinds = ("message/global", "message/global-headers") if wide else ("message/rfc822", "text/rfc822-headers")
    head = [
        ("Content-Type", kinds[0] if whole else kinds[1]),
        ("Content-Transfer-Encoding", "" if given.isascii() else "8bit"),
    ]
    return _fields(head) + b"\r\n" + given + (b"" if given.endswith(b"\n") else b"\r\n")


def _header_of(octets: bytes, limit: int) -> bytes:
    """The header with its last CRLF, cut between lines."""
    if octets.startswith(b"\r\n"):
        return b""
    end = octets.find(b"\r\n\r\n")
    header = octets[: end + 2] if end >= 0 else octets
    return header if len(header) <= limit else header[: header.rfind(b"\r\n", 0, limit) + 2]


# Words and fields


def _fields(fields: Iterable[tuple[str, str]], *, wide: bool = True) -> bytes:
    """Lines of those that have a value. Where only ASCII may stand, other characters become question marks."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return lines.encode("utf-8" if wide else "ascii", "replace")


def _is_wide(report: Report) -> bool:
    """The report needs SMTPUTF8: an address or the original's header is not ASCII (RFC 6533)."""
    addresses = [report.to, *(status.final for status in report.recipients)]
    if not all(address.is_ascii for address in addresses):
        return True
    return report.parameters.smtputf8 and not _header_of(report.original, len(report.original)).isascii()


def _plain(text: str) -> str:
    """One line without control characters: a remote server's words must not become fields of ours."""
    return " ".join("".join(char if char.isprintable() else " " for char in text.replace('"', "'")).split())


def _folded(value: str) -> str:
    return "\r\n ".join(textwrap.wrap(value, _COLUMNS))  # unfolded, it is as it was


def _date(timestamp: float | None) -> str:
    return "" if timestamp is None else format_datetime(datetime.fromtimestamp(int(timestamp), UTC))


def _boundary(seed: str, parts: Sequence[bytes]) -> bytes:
    """Words that occur in none of the parts; the same report has the same ones."""
    boundary = b"=_" + hashlib.sha256(seed.encode()).hexdigest()[:32].encode()
    while any(boundary in part for part in parts):
        boundary += b"_"
    return boundary
