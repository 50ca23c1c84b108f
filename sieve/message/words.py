"""Encoded words in header fields (RFC 2047, RFC 2231 section 5): text out of what a header holds, and back."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from sieve.message import charsets

_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?\r\n]*)\?=")
_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_LINE_ENDS = re.compile(r"[\r\n]+")


def unfolded(octets: bytes) -> str:
    """A raw field value on one line, trimmed. UTF-8 is text (RFC 6532); other octets become U+FFFD."""
    text = octets.strip().decode("utf-8", "replace")
    return text.replace("\r\n", "").replace("\n", "") if "\n" in text else text


def decoded(octets: bytes) -> str:
    """A raw field value as a reader sees it (RFC 2047 section 6); words that cannot be decoded stay as they are."""
    text = octets.strip().decode("utf-8", "replace")
    if "\n" in text:
        text = text.replace("\r\n", "").replace("\n", "")
    return decode(text).strip(" \t\r\n") if "=?" in text else text


def decode(text: str) -> str:
    """Encoded words in a text. White space between two of them belongs to neither."""
    if "=?" not in text:
        return text
    pieces, at, pending = [], 0, _Pending()
    for word in _WORD.finditer(text):
        between = text[at : word.start()]
        if between.strip(" \t\r\n") or not pending:
            pieces += [pending.take(), between]
        pending.add(word, pieces)
        at = word.end()
    pieces += [pending.take(), text[at:]]
    return "".join(pieces)


class _Pending:
    """Neighbours of one charset: a character may be spread over several of them."""

    def __init__(self) -> None:
        self._charset = ""
        self._octets: list[bytes] = []

    def __bool__(self) -> bool:
        return bool(self._octets)

    def add(self, word: re.Match[str], pieces: list[str]) -> None:
        charset, octets = word[1].lower(), _octets(word[2], word[3])
        if octets is None or not charsets.is_known(charset):
            pieces += [self.take(), word[0]]
            return
        if charset != self._charset or _shifts(charset):
            pieces.append(self.take())
        self._charset = charset
        self._octets.append(octets)

    def take(self) -> str:
        text = charsets.decode(b"".join(self._octets), self._charset).text if self._octets else ""
        self._charset, self._octets = "", []
        return _LINE_ENDS.sub(" ", text)


def _shifts(charset: str) -> bool:
    """Charsets with a state begin anew in each word."""
    return charset.startswith(("iso-2022", "utf-7", "hz"))


def _octets(encoding: str, text: str) -> bytes | None:
    octets = text.encode("utf-8", "surrogateescape" if _has_surrogates(text) else "strict")
    if encoding in "qQ":
        return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), octets.replace(b"_", b" "))
    try:
        return binascii.a2b_base64(octets.rstrip(b"= \t") + b"=" * (-len(octets.rstrip(b"= \t")) % 4))
    except binascii.Error:
        return None


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


# Writing

_PLAIN_WORD = re.compile(r"[!-~]+")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_WORD_OCTETS = 45  # of text in a word: 60 characters of base64, and the frame around them, stay below 75


def encode(text: str) -> str:
    """Encoded words parted by blanks, each of at most 75 characters; ASCII text stays as it is."""
    if text.isascii() and "=?" not in text and text.isprintable():
        return text
    return " ".join(_encoded(chunk) for chunk in _chunks(text))


def _chunks(text: str) -> Iterator[bytes]:
    """Whole characters, so that each word can be read alone."""
    chunk = b""
    for char in text:
        octets = char.encode("utf-8", "replace")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            yield chunk
            chunk = b""
        chunk += octets
    yield chunk


def _encoded(octets: bytes) -> str:
    quoted = "".join(chr(octet) if octet in _Q_SAFE else "_" if octet == 32 else f"={octet:02X}" for octet in octets)
    based = binascii.b2a_base64(octets, newline=False).decode()
    return f"=?utf-8?q?{quoted}?=" if len(quoted) <= min(len(based), 60) else f"=?utf-8?b?{based}?="
