"""A message on its way into the queue: octets, envelope, and where it came from (SPEC-SMTP section 5.1)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from stalwart_g.model.envelope import Envelope

SERVER_KINDS = ("dsn", "report")
"""Kinds of mail that the server wrote itself: no notices about notices."""


class Origin(Struct, array_like=True, frozen=True):
    """Who gave us the message. ``kind`` is smtp, submission, local, dsn, report, redirect or reply.

    The queue writes it down as it is: a field that comes new is the last one, with a default.
    """

    kind: str
    listener: str = ""
    account: str = ""
    ip: str = ""
    helo: str = ""
    session: str = ""


LOCAL = Origin("local")


class NewMail(Struct, frozen=True):
    """What `Spool.enqueue` takes. ``octets`` have CRLF line ends and all header fields that we add.

    Attributes:
        notes: what earlier stages noted for the later ones (``txn.*``).
        message_id: the ``Message-ID`` with its brackets, for log lines and reports.
        hold_reason: not empty: keep it, attempt nothing until somebody releases it.
        hold_until: unix time before which nothing is attempted (RFC 4865, or ``hold :until``).
        lane: the queue that the data script chose; empty: as the route says.
    """

    envelope: Envelope
    octets: bytes
    origin: Origin = LOCAL
    notes: Mapping[str, str] = {}
    message_id: str = ""
    hold_reason: str = ""
    hold_until: float | None = None
    priority: int = 0
    lane: str = ""
