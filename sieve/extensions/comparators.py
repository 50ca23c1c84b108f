"""Comparators as capabilities (RFC 5228 section 2.7.3, RFC 4790). Two need no ``require``, but it is allowed."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from sieve.matching import NUMERIC, Comparator
from sieve.spec import Extension

octet = Extension("comparator-i;octet", "RFC 4790 section 9.3")
casemap = Extension("comparator-i;ascii-casemap", "RFC 4790 section 9.2")
numeric = Extension("comparator-i;ascii-numeric", "RFC 4790 section 9.1")
unicode_casemap = Extension("comparator-i;unicode-casemap", "RFC 5051")
elbonia = Extension("comparator-elbonia", "RFC 5228 section 6.1")
"""A name out of an example of the standard: it may be required, and there is nothing behind it."""


class _Folded(dict[int, str]):
    """Characters in title case and taken apart as far as Unicode goes (RFC 5051 section 2); filled as they come up."""

    def __missing__(self, point: int) -> str:
        text = self[point] = _apart(chr(point))
        return text


def _apart(character: str) -> str:
    titled = character.title()
    titled = titled if len(titled) == 1 else character  # simple mappings only: one character for one
    decomposed = unicodedata.decomposition(titled)
    if not decomposed:
        return titled
    points = [part for part in decomposed.split() if not part.startswith("<")]
    return "".join(_apart(chr(int(point, 16))) for point in points)


_FOLDED = _Folded()


def fold(text: str) -> str:
    return text.upper() if text.isascii() else text.translate(_FOLDED)


def _spread(text: str) -> str:
    """The same in composed characters, so that ``?`` is one of those that a reader sees."""
    if text.isascii():
        return text.upper()
    return "".join(_units(text))


def _units(text: str) -> list[str]:
    return [unicodedata.normalize("NFC", _FOLDED[ord(character)]) for character in _composed(text)]


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _gather(value: str, start: int, end: int) -> str:
    """The characters of a value behind a slice of what they spread to."""
    origins = _origins(value)
    return "".join(_composed(value)[place] for place in dict.fromkeys(origins[start:end]))


@lru_cache(maxsize=16)
def _origins(value: str) -> list[int]:
    return [place for place, unit in enumerate(_units(value)) for _ in unit]


numeric.comparator(NUMERIC)
unicode_casemap.comparator(Comparator("i;unicode-casemap", fold, spread=_spread, gather=_gather))

extensions = (octet, casemap, numeric, unicode_casemap, elbonia)
