"""The types of parameters: from the texts that a script gives to typed values, with bounds (SPEC-SMTP section 8.5)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

Value = str | int | bool | tuple[str, ...]
Names = Mapping[str, Collection[str]]
"""Ids of things in the configuration by their kind: relay, queue, directory …"""

_DAY = 86_400
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": _DAY, "w": 7 * _DAY}
_OCTETS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_UNITS: Mapping[str, Mapping[str, int]] = {"seconds": _SECONDS, "octets": _OCTETS}
_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_NUMBER = re.compile(r"(-?[0-9]{1,18})([A-Za-z]?)")


class Kind(Protocol):
    """A type. ``read`` takes what the script gave: one text, or a list of them.

    Raises:
        ValueError: from `read`, worded to follow the parameter's name.
    """

    @property
    def label(self) -> str:
        """For the documentation."""

    def read(self, texts: tuple[str, ...], names: Names) -> Value: ...


def one(texts: tuple[str, ...]) -> str:
    """The only text."""
    if len(texts) != 1:
        raise ValueError(f"takes one value, not {len(texts)}")
    return texts[0]


@dataclass(frozen=True, slots=True)
class Text:
    label: str = "str"
    pattern: str = ""
    wanted: str = ""

    def read(self, texts: tuple[str, ...], names: Names) -> str:
        text = one(texts)
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise ValueError(f"must be {self.wanted}, not '{text}'")
        return text


@dataclass(frozen=True, slots=True)
class Flag:
    """``1`` or the empty text; common other words for them are understood."""

    label: str = "bool"

    def read(self, texts: tuple[str, ...], names: Names) -> bool:
        text = one(texts).lower()
        if text not in _YES and text not in _NO:
            raise ValueError(f"must be '1' or '', not '{text}'")
        return text in _YES


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number in bounds, perhaps with a unit."""

    least: int
    most: int
    unit: str = ""  # seconds or octets

    @property
    def label(self) -> str:
        units = _UNITS.get(self.unit, {})
        return f"{self.unit or 'int'} {_short(self.least, units)}…{_short(self.most, units)}"

    def read(self, texts: tuple[str, ...], names: Names) -> int:
        text = one(texts).strip()
        units = _UNITS.get(self.unit, {})
        found = _NUMBER.fullmatch(text)
        if not found or (found[2] and found[2].lower() not in units):
            example = f", which may end in {' '.join(units)}" if units else ""
            raise ValueError(f"must be a whole number{example}, not '{text}'")
        number = int(found[1]) * units.get(found[2].lower(), 1)
        if not self.least <= number <= self.most:
            raise ValueError(f"must be from {self.least} to {self.most}, not {number}")
        return number


@dataclass(frozen=True, slots=True)
class Words:
    """A list; ``words`` are all that may be in it, if it is limited."""

    words: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"list of {' '.join(self.words)}" if self.words else "list"

    def read(self, texts: tuple[str, ...], names: Names) -> tuple[str, ...]:
        found = tuple(text for item in texts for text in item.split())
        return tuple(_known(text, self.words, ignore_case=True) for text in found) if self.words else found


@dataclass(frozen=True, slots=True)
class Choice:
    words: tuple[str, ...]

    @property
    def label(self) -> str:
        return " | ".join(filter(None, self.words))

    def read(self, texts: tuple[str, ...], names: Names) -> str:
        return _known(one(texts), self.words)


@dataclass(frozen=True, slots=True)
class Id:
    """The id of something in the configuration; empty: the default. Unchecked where its kind is not known."""

    of: str

    @property
    def label(self) -> str:
        return f"id of a {self.of}"

    def read(self, texts: tuple[str, ...], names: Names) -> str:
        text = one(texts)
        return _known(text, tuple(names[self.of]), self.of) if text and self.of in names else text


@dataclass(frozen=True, slots=True)
class Via:
    """The way out of the queue: local, mx, mx:<other domain>, relay:<id>, lmtp:<id>, or discard, which is none."""

    label: str = "local | mx | mx:<domain> | relay:<id> | lmtp:<id> | discard"

    def read(self, texts: tuple[str, ...], names: Names) -> str:
        text = one(texts)
        kind, _, target = text.partition(":")
        if kind in ("relay", "lmtp") and target:
            Id("remote").read((target,), names)
        elif text not in ("", "local", "mx", "discard") and not (kind == "mx" and target):
            raise ValueError(f"must be {self.label}, not '{text}'")
        return text


def _short(number: int, units: Mapping[str, int]) -> str:
    """With the largest unit that divides it."""
    fitting = [unit for unit in units if number and number % units[unit] == 0 and units[unit] > 1]
    unit = max(fitting, key=units.__getitem__, default="")
    return f"{number // units.get(unit, 1)}{unit.upper() if units is _OCTETS else unit}"


def _known(text: str, words: Collection[str], what: str = "", *, ignore_case: bool = False) -> str:
    word = text.upper() if ignore_case and text.upper() in words else text
    if word in words:
        return word
    near = difflib.get_close_matches(text, words, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(filter(None, words)) or 'none'}"
    raise ValueError(f"names no {what or 'known word'}: '{text}' ({hint})")


TEXT, BOOL, LIST = Text(), Flag(), Words()


def seconds(least: int, most: int) -> Integer:
    return Integer(least, most, "seconds")


def octets(least: int, most: int) -> Integer:
    return Integer(least, most, "octets")
