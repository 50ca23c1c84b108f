"""encoded-character (RFC 5228 section 2.4.2.4): ``${hex:40}`` octets, ``${unicode:1F48C}`` code points."""

from __future__ import annotations

import re

from sieve.spec import Extension

extension = Extension("encoded-character", "RFC 5228 section 2.4.2.4")

_ENCODED = re.compile(
    r"\$\{(?:hex:[ \t\r\n]*([0-9a-f]{1,2}(?:[ \t\r\n]+[0-9a-f]{1,2})*)"
    r"|unicode:[ \t\r\n]*([0-9a-f]+(?:[ \t\r\n]+[0-9a-f]+)*))[ \t\r\n]*\}",
    re.IGNORECASE,
)
_RUN = re.compile(rf"(?:{_ENCODED.pattern})+", re.IGNORECASE)


@extension.rewrite
def decode(text: str) -> str:
    """Replace what is well formed, leave the rest as it is.

    Raises:
        ValueError: a code point that does not exist, or octets that are no UTF-8.
    """
    if "${" not in text:
        return text
    # Octets that stand together are decoded together: one character may be spelled as several sequences.
    return _RUN.sub(lambda run: _characters(b"".join(map(_octets, _ENCODED.finditer(run[0])))), text)


def _octets(found: re.Match[str]) -> bytes:
    octets, points = found.groups()
    if octets:
        return bytes(int(digits, 16) for digits in octets.split())
    return "".join(map(_character, points.split())).encode()


def _character(digits: str) -> str:
    point = int(digits[-12:], 16) if len(digits.lstrip("0")) <= 12 else 0x110000
    if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:
        raise ValueError(f"encoded character '{digits}' does not exist in Unicode")
    return chr(point)


def _characters(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"encoded octets '{octets.hex(' ')}' are not UTF-8") from None
