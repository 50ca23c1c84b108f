"""Comparators and match types (RFC 5228 section 2.7, RFC 4790 section 9): which value matches which key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Protocol


class Captor(Protocol):
    """What matched: asked for the captures only if the script reads them."""

    def captures(self, value: str) -> list[str]: ...


class Hit(NamedTuple):
    """The first pair that matched."""

    value: str
    key: str
    captor: Captor | None = None


Finder = Callable[[Sequence[str]], "Hit | None"]


@dataclass(frozen=True, slots=True)
class Comparator:
    """Texts are equal if they fold to the same; their order is that of what they fold to.

    ``substring`` says whether ``:contains`` and ``:matches`` make sense; then texts fold one character after another.
    ``spread`` is the form in which ``?`` is one unit; then ``gather(value, start, end)`` gives the text of a value
    behind a slice of that form.
    """

    name: str
    fold: Callable[[str], Any]
    substring: bool = True
    spread: Callable[[str], str] | None = None
    gather: Callable[[str, int, int], str] | None = None


@dataclass(frozen=True, slots=True)
class MatchType:
    """``prepare(keys, comparator, relation)`` makes a finder, which takes values.

    ``counts``: only their number matters. ``ask(run, values, keys)`` is instead of ``prepare`` where the answer depends
    on the world.
    """

    name: str
    prepare: Callable[[tuple[str, ...], Comparator, str], Finder]
    substring: bool = False
    counts: bool = False
    ask: Callable[[Any, Sequence[str], tuple[str, ...]], Hit | None] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """How one test compares: with what, in which way, and how it counts."""

    type: MatchType
    comparator: Comparator
    relation: str = ""
    count: Callable[[Sequence[str]], int] = field(default=len)
    captures: bool = True

    def finder(self, keys: tuple[str, ...]) -> Finder:
        find = self.type.prepare(keys, self.comparator, self.relation)
        return (lambda values: find((str(self.count(values)),))) if self.type.counts else find


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {lower: upper for upper, lower in _LOWER.items()}
_DIGITS = frozenset("0123456789")


def lower(text: str) -> str:
    """Fold A-Z only, leave every other character alone: i;ascii-casemap (RFC 4790 section 9.2)."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def upper(text: str) -> str:
    return text.upper() if text.isascii() else text.translate(_UPPER)


def number(text: str) -> tuple[int, int, str]:
    """Something that orders like the number at the start of a text; no number is infinite (RFC 4790 section 9.1)."""
    length = 0
    while length < len(text) and text[length] in _DIGITS:
        length += 1
    digits = text[:length].lstrip("0")
    return (0, len(digits), digits) if length else (1, 0, "")


def octets(text: str) -> str:
    """A text in which each character stands for one octet of its UTF-8 form."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


def _octets_of(value: str, start: int, end: int) -> str:
    return octets(value)[start:end].encode("latin-1").decode("utf-8", "replace")


def _characters_of(value: str, start: int, end: int) -> str:
    return value[start:end]


OCTET = Comparator("i;octet", str, spread=octets, gather=_octets_of)
CASEMAP = Comparator("i;ascii-casemap", lower)
NUMERIC = Comparator("i;ascii-numeric", number, substring=False)


class Piece:
    """What stands between two ``*`` of a glob: literal chunks, each at its offset, and ``?`` for one character each."""

    __slots__ = ("chunks", "length", "literal", "wild")

    def __init__(self, units: Sequence[str | None]) -> None:
        self.length = len(units)
        self.wild = [offset for offset, unit in enumerate(units) if unit is None]
        self.chunks: list[tuple[int, str]] = []
        for begin, end in zip([-1, *self.wild], [*self.wild, len(units)], strict=True):
            if end - begin > 1:
                self.chunks.append((begin + 1, "".join(unit or "" for unit in units[begin + 1 : end])))
        self.literal = None if self.wild else "".join(chunk for _, chunk in self.chunks)

    def at(self, text: str, place: int) -> bool:
        if self.literal is not None:
            return text.startswith(self.literal, place)
        return all(text.startswith(chunk, place + offset) for offset, chunk in self.chunks)

    def find(self, text: str, start: int, end: int) -> int:
        """The leftmost place within ``text[start:end]``, or -1; in linear time."""
        if self.literal is not None:
            return text.find(self.literal, start, end)
        if end - start < self.length:
            return -1
        if not self.chunks:
            return start
        if len(self.chunks) == 1:
            offset, chunk = self.chunks[0]
            place = text.find(chunk, start + offset, end - self.length + offset + len(chunk))
            return place - offset if place >= 0 else -1
        return self._shift_and(text, start, end)

    def _shift_and(self, text: str, start: int, end: int) -> int:
        """Baeza-Yates and Gonnet: bit i of the state says that the first i + 1 units match up to here."""
        wild = sum(1 << offset for offset in self.wild)
        masks: dict[str, int] = {}
        for offset, chunk in self.chunks:
            for index, character in enumerate(chunk, offset):
                masks[character] = masks.get(character, wild) | 1 << index
        state, last = 0, 1 << (self.length - 1)
        for place in range(start, end):
            state = (state << 1 | 1) & masks.get(text[place], wild)
            if state & last:
                return place - self.length + 1
        return -1


class Glob:
    """A pattern of ``:matches``, matched by find and split: no backtracking, whatever the pattern."""

    __slots__ = ("_fold", "_gather", "_pieces", "needle", "pattern")

    def __init__(self, pattern: str, comparator: Comparator) -> None:
        self.pattern = pattern
        self._fold, self._gather = comparator.spread or comparator.fold, comparator.gather or _characters_of
        self._pieces = [Piece(units) for units in _units(self._fold(pattern))]
        chunks = [chunk for piece in self._pieces for _, chunk in piece.chunks]
        self.needle = max(filter(str.isascii, chunks), key=len, default="")  # every match contains it

    def matches(self, value: str) -> bool:
        return self._places(self._fold(value)) is not None

    def captures(self, value: str) -> list[str]:
        """The whole value, then what each wildcard stands for; each takes as little as lets the rest match."""
        gather, found, end = self._gather, [value], 0
        for piece, place in zip(self._pieces, self._places(self._fold(value)) or (), strict=False):
            if piece is not self._pieces[0]:
                found.append(gather(value, end, place))
            for offset in piece.wild:
                found.append(gather(value, place + offset, place + offset + 1))
            end = place + piece.length
        return found

    def _places(self, text: str) -> list[int] | None:
        """Where each piece lies: the first at the start, the last at the end, each other as far left as it can."""
        first, last = self._pieces[0], self._pieces[-1]
        end, stop = first.length, len(text) - last.length
        if stop < 0 or not first.at(text, 0) or not last.at(text, stop):
            return None
        if len(self._pieces) == 1:
            return [0] if not stop else None
        places = [0]
        for piece in self._pieces[1:-1]:
            place = piece.find(text, end, stop)
            if place < 0:
                return None
            places.append(place)
            end = place + piece.length
        places.append(stop)
        return places if end <= stop else None


def _units(pattern: str) -> list[list[str | None]]:
    """The pattern cut at each ``*``; None is ``?``; a backslash takes the meaning from what follows."""
    pieces: list[list[str | None]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            pieces.append([])
        elif character == "?":
            pieces[-1].append(None)
        else:
            pieces[-1].append(next(characters, "\\") if character == "\\" else character)
    return pieces


@lru_cache(maxsize=1024)
def glob(pattern: str, comparator: Comparator) -> Glob:
    return Glob(pattern, comparator)


def _is(keys: tuple[str, ...], comparator: Comparator, relation: str) -> Finder:
    fold = comparator.fold
    folded = {fold(key): key for key in keys}

    def find(values: Sequence[str]) -> Hit | None:
        for value in values:
            key = folded.get(fold(value))
            if key is not None:
                return Hit(value, key)
        return None

    return find


def _contains(keys: tuple[str, ...], comparator: Comparator, relation: str) -> Finder:
    fold = comparator.fold
    folded = [(fold(key), key) for key in keys]

    def find(values: Sequence[str]) -> Hit | None:
        for value in values:
            text = fold(value)
            for wanted, key in folded:
                if wanted in text:
                    return Hit(value, key)
        return None

    return find


def _matches(keys: tuple[str, ...], comparator: Comparator, relation: str) -> Finder:
    globs = [glob(key, comparator) for key in keys]

    def find(values: Sequence[str]) -> Hit | None:
        for value in values:
            for pattern in globs:
                if pattern.matches(value):
                    return Hit(value, pattern.pattern, pattern)
        return None

    return find


IS = MatchType("is", _is)
CONTAINS = MatchType("contains", _contains, substring=True)
MATCHES = MatchType("matches", _matches, substring=True)
