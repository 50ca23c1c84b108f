"""Content-Transfer-Encodings (RFC 2045 section 6), decoded as far as octets allow, and encoded."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Content(NamedTuple):
    """``damaged``: the octets are not what their encoding says; this is what could be had of them."""

    octets: bytes
    damaged: bool


_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_BLANKS_AFTER_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_BROKEN_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*\Z)")


def base64(octets: bytes) -> Content:
    """Whatever is no base64 between the lines is passed over; padding ends it."""
    try:
        return Content(binascii.a2b_base64(octets), damaged=False)
    except binascii.Error:
        kept = _NO_BASE64.sub(b"", octets.partition(b"=")[0])
        whole = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return Content(binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)), damaged=len(whole) != len(kept))


def quoted_printable(octets: bytes) -> Content:
    """Escapes that are none stay as they are."""
    if b"= " in octets or b"=\t" in octets:
        octets = _BLANKS_AFTER_SOFT_BREAK.sub(b"=", octets)
    return Content(binascii.a2b_qp(octets), damaged=_BROKEN_ESCAPE.search(octets) is not None)


def uuencoded(octets: bytes) -> Content:
    """The lines between ``begin`` and ``end``."""
    lines = octets.splitlines()
    start = next((number for number, line in enumerate(lines, 1) if line.startswith(b"begin ")), None)
    if start is None:
        return Content(octets, damaged=True)
    decoded, damaged = [], True
    for line in lines[start:]:
        if line.strip() in (b"end", b"`", b""):
            damaged = False
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            break
    return Content(b"".join(decoded), damaged)


def _plain(octets: bytes) -> Content:
    return Content(octets, damaged=False)


_DECODERS: Mapping[str, Callable[[bytes], Content]] = {
    **dict.fromkeys(("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "7bits", "8bits"), _plain),
    **dict.fromkeys(("base64", "base-64"), base64),
    **dict.fromkeys(("quoted-printable", "quotedprintable", "qp"), quoted_printable),
    **dict.fromkeys(("x-uuencode", "uuencode", "x-uue", "uue"), uuencoded),
}


def is_known(encoding: str) -> bool:
    return encoding in _DECODERS


def is_encoded(encoding: str) -> bool:
    """Do the octets have to be decoded?"""
    return _DECODERS.get(encoding, _plain) is not _plain


def decode(octets: bytes, encoding: str) -> Content:
    """``encoding`` in lower case. With one that nobody knows the octets stay as they are."""
    decoder = _DECODERS.get(encoding)
    return decoder(octets) if decoder else Content(octets, damaged=True)


def encode(octets: bytes, encoding: str, line_end: bytes = b"\r\n") -> bytes:
    """The reverse of ``decode``; octets of an encoding that nobody knows stay as they are."""
    decoder = _DECODERS.get(encoding, _plain)
    if decoder is quoted_printable:
        return encode_quoted_printable(octets, line_end)
    if decoder is base64:
        return encode_base64(octets, line_end)
    return encode_uu(octets, line_end) if decoder is uuencoded else octets


def encode_uu(octets: bytes, line_end: bytes = b"\r\n") -> bytes:
    lines = [binascii.b2a_uu(octets[at : at + 45]).rstrip(b"\n") for at in range(0, len(octets), 45)]
    return line_end.join([b"begin 644 part", *lines, b"`", b"end", b""])


def encode_base64(octets: bytes, line_end: bytes = b"\r\n") -> bytes:
    """Lines of 76 characters (RFC 2045 section 6.8)."""
    lines = [binascii.b2a_base64(octets[at : at + 57], newline=False) for at in range(0, len(octets), 57)]
    return b"".join(line + line_end for line in lines)


def encode_quoted_printable(octets: bytes, line_end: bytes = b"\r\n") -> bytes:
    """Lines of at most 76 characters, line ends kept as line ends (RFC 2045 section 6.7)."""
    lines = octets.replace(b"\r\n", b"\n").split(b"\n")
    return line_end.join(_quoted_line(line, line_end) for line in lines)


_TO_QUOTE = re.compile(rb"[^!-<>-~ \t]|[ \t]\Z")
_TOKENS = re.compile(rb"=[0-9A-F]{2}|[^=]")


def _quoted_line(line: bytes, line_end: bytes) -> bytes:
    quoted = _TO_QUOTE.sub(lambda found: b"=%02X" % found[0][0], line)
    if len(quoted) <= 76:
        return quoted
    parts, current = [], b""
    for token in _TOKENS.findall(quoted):
        if len(current) + len(token) > 75:
            parts.append(current)
            current = b""
        current += token
    return (b"=" + line_end).join([*parts, current])
