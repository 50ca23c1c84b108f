"""xtext: how ENVID, ORCPT and AUTH carry any characters (RFC 3461 section 4, RFC 6533 section 3)."""

from __future__ import annotations

import re

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")
_ESCAPED = re.compile(r"[^!-*,-<>-~]")
_UNITEXT = re.compile(r"\\x\{([0-9A-F]{2,6})\}")


def decode(text: str) -> str:
    """The text behind an xtext.

    Raises:
        ValueError: not xtext, or it hides what is no printable text.
    """
    if not _XTEXT.fullmatch(text):
        raise ValueError("not xtext")
    plain = _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), text) if "+" in text else text
    if not plain.isascii() or not plain.isprintable():
        raise ValueError("xtext hides what is not printable")
    return plain


def encode(text: str) -> str:
    """Printable ASCII as xtext; other characters become the ``\\x{…}`` of RFC 6533 first."""
    ascii_only = "".join(char if char.isascii() else f"\\x{{{ord(char):X}}}" for char in text)
    return _ESCAPED.sub(lambda found: f"+{ord(found[0]):02X}", ascii_only)


def decode_utf8_address(text: str) -> str:
    """The address of an ORCPT of type ``utf-8``: plain UTF-8, or with ``\\x{…}`` for what is not printable ASCII.

    Raises:
        ValueError: a number that is no character, or control characters.
    """
    plain = _UNITEXT.sub(lambda found: chr(int(found[1], 16)), text)
    if not plain.isprintable():
        raise ValueError("control characters")
    return plain
