"""Macro strings: ``%{ir}.%{v}._spf.%{d2}`` (RFC 7208 section 7, RFC 8616 section 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

_TOKEN = re.compile(r"%\{([A-Za-z])(\d*)([rR]?)([-.+,/_=]*)\}|(%[%_-])|([!-$&-~]+)")
_TOKEN_OF_TEXT = re.compile(_TOKEN.pattern.replace("[!-$&-~]", "[ -$&-~]"))
_ESCAPES = {"%%": "%", "%_": " ", "%-": "%20"}
_LETTERS = frozenset("slodiphv")
_LETTERS_OF_TEXT = _LETTERS | frozenset("crt")
_TOP_LABEL = re.compile(r"\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\.?$")
_UNRESERVED = "-._~"


class MacroError(ValueError):
    """No macro string."""


@dataclass(frozen=True, slots=True)
class Macro:
    """One ``%{...}``: its letter in lower case, and what becomes of the value.

    Attributes:
        parts: so many of the value's last parts are kept; 0: all.
    """

    letter: str
    parts: int = 0
    reverse: bool = False
    delimiters: str = "."
    escape: bool = False

    def of(self, value: str) -> str:
        """What stands in its place."""
        if self.parts or self.reverse or self.delimiters != ".":
            parts = _split(value, self.delimiters)
            if self.reverse:
                parts.reverse()
            value = ".".join(parts[-self.parts :])
        return quote(value, safe=_UNRESERVED) if self.escape else value


class _Escaped(str):
    """What ``%%``, ``%_`` and ``%-`` stand for."""

    __slots__ = ()


Piece = str | Macro
Values = Callable[[str], str]
"""The value of a macro letter. It may ask the DNS, for ``p``."""


@dataclass(frozen=True, slots=True)
class MacroString:
    """Text with macros. ``text`` is as it was written."""

    text: str
    pieces: tuple[Piece, ...]

    def expand(self, values: Values) -> str:
        """The text with the values in place of the macros."""
        return "".join(piece if isinstance(piece, str) else piece.of(values(piece.letter)) for piece in self.pieces)

    def expand_name(self, values: Values) -> str:
        """The same as a domain name: too long a one loses labels on its left."""
        name = self.expand(values).removesuffix(".")
        while len(name) > 253 and "." in name:
            name = name.partition(".")[2]
        return name


def macro_string(text: str) -> MacroString:
    """Read a macro string as it stands in a record.

    Raises:
        MacroError
    """
    return MacroString(text, tuple(_pieces(text, _TOKEN, _LETTERS)))


def explanation_string(text: str) -> MacroString:
    """Read the text of an explanation: spaces, and the letters c, r and t are allowed.

    Raises:
        MacroError
    """
    return MacroString(text, tuple(_pieces(text, _TOKEN_OF_TEXT, _LETTERS_OF_TEXT)))


def domain_spec(text: str) -> MacroString:
    """Read a macro string that makes a domain name: it ends in a macro or in a top label.

    Raises:
        MacroError
    """
    spec = macro_string(text)
    last = spec.pieces[-1] if spec.pieces else ""
    if not (isinstance(last, Macro | _Escaped) or _TOP_LABEL.search(last)):
        raise MacroError("no domain name")
    return spec


def _pieces(text: str, token: re.Pattern[str], letters: frozenset[str]) -> Sequence[Piece]:
    pieces: list[Piece] = []
    position = 0
    while position < len(text):
        match = token.match(text, position)
        if match is None:
            raise MacroError("no macro string")
        position = match.end()
        pieces.append(_piece(match, letters))
    return pieces


def _piece(match: re.Match[str], letters: frozenset[str]) -> Piece:
    letter, digits, reverse, delimiters, escape, literal = match.groups()
    if literal is not None:
        return literal
    if escape is not None:
        return _Escaped(_ESCAPES[escape])
    if letter.lower() not in letters:
        raise MacroError(f"unknown macro {match[0]}")
    digits = digits.lstrip("0") or digits
    if digits == "0" * len(digits) != "":
        raise MacroError(f"no parts left in {match[0]}")
    parts = int(digits[:4] or 0)  # no value has more parts than that
    return Macro(letter.lower(), parts, bool(reverse), delimiters or ".", letter.isupper())


def _split(value: str, delimiters: str) -> list[str]:
    if len(delimiters) > 1:
        value = value.translate({ord(delimiter): delimiters[0] for delimiter in delimiters})
    return value.split(delimiters[0])
