"""Header fields that we write at reception (RFC 5321 section 4.4, RFC 3848, SPEC-SMTP section 2.9).

Whatever came from the network is cleaned before it gets into a field: no line ends, no control characters, no endless
words. Fields of ours are folded at 78.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from msgspec import Struct

from sieve.message import parse

FOLD_COLUMNS = 78
_WORD_CHARACTERS = 250
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f()\\<>]+")


class Trace(Struct, frozen=True):
    """What a Received field tells. ``ptr`` is the confirmed name of the client, empty where there is none."""

    helo: str
    ip: str
    by: str
    protocol: str
    id: str
    now: float
    ptr: str = ""
    tls: str = ""  # version and cipher
    recipient: str = ""  # if there is exactly one


def transmission(*, verb: str, tls: bool, authenticated: bool, utf8: bool) -> str:
    """The name of the protocol after ``with`` (RFC 3848, RFC 6531 section 4.3)."""
    if verb == "HELO":
        return "SMTP"
    base = "LMTP" if verb == "LHLO" else "SMTP" if utf8 else "ESMTP"
    return f"{'UTF8' if utf8 else ''}{base}{'S' if tls else ''}{'A' if authenticated else ''}"


def received(trace: Trace, *, hide_client: bool = False) -> bytes:
    """The Received field of this hop; ``hide_client`` leaves out where a user sits when sending mail."""
    words = []
    if not hide_client:
        words = ["from", clean(trace.helo) or "unknown", f"({clean(trace.ptr) or 'unknown'} [{_literal(trace.ip)}])"]
    if trace.tls:
        words.append(f"({trace.tls})")
    words += ["by", clean(trace.by), "with", trace.protocol, "id", trace.id]
    if trace.recipient:
        words += ["for", f"<{_address(trace.recipient)}>"]
    words[-1] += ";"
    return field("Received", [*words, date(trace.now)])


def field(name: str, words: Iterable[str]) -> bytes:
    """A header field, CRLF at its end, folded between words."""
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > FOLD_COLUMNS and line.strip():
            lines.append(line)
            line = f"\t{word}"
        else:
            line += f" {word}"
    return "\r\n".join([*lines, line, ""]).encode()


@lru_cache(maxsize=8)
def _date(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def date(now: float) -> str:
    """A date-time of RFC 5322 section 3.3, in UTC."""
    return _date(int(now))


def new_message_id(hostname: str, now: float) -> str:
    """A Message-ID, brackets included."""
    return f"<{int(now * 1000):x}.{secrets.token_hex(8)}@{clean(hostname)}>"


def at_end_of_header(octets: bytes, fields: bytes) -> bytes:
    """The message with more fields behind its last one, wherever its header ends (it may lack the empty line)."""
    span = parse(octets).header_span
    before = octets[: span.stop]
    line_end = b"" if before.endswith(b"\r\n") or not before else b"\r\n"
    return before + line_end + fields + (b"" if span.is_closed else b"\r\n") + octets[span.stop :]


@lru_cache(maxsize=256)  # names of clients and our own come again and again
def clean(text: str) -> str:
    """Fit to be a word of a field that we write."""
    return _UNSAFE.sub("", text)[:_WORD_CHARACTERS]


def _literal(ip: str) -> str:
    return f"IPv6:{clean(ip)}" if ":" in ip else clean(ip)


def _address(text: str) -> str:
    if not text.isprintable() or "<" in text or ">" in text:
        text = "".join(char for char in text if char.isprintable() and char not in "<>")
    return text[:_WORD_CHARACTERS]
