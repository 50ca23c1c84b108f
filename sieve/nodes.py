"""The syntax tree: what the script says, before anyone asks whether it makes sense (RFC 5228 section 8.2)."""

from __future__ import annotations

from dataclasses import dataclass

from sieve.errors import Position


@dataclass(frozen=True, slots=True)
class Text:
    """A string without its quotes and backslashes; ``${...}`` is still in it."""

    value: str
    position: Position


@dataclass(frozen=True, slots=True)
class Texts:
    items: tuple[Text, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Number:
    value: int
    position: Position


@dataclass(frozen=True, slots=True)
class Tag:
    """``name`` is lower case and has no colon."""

    name: str
    position: Position


Argument = Text | Texts | Number | Tag


@dataclass(frozen=True, slots=True)
class Test:
    """``name`` is lower case. ``position`` is that of the name."""

    __test__ = False  # not one of pytest's

    name: str
    arguments: tuple[Argument, ...]
    tests: tuple[Test, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Command:
    """``block`` is None where a semicolon stands."""

    name: str
    arguments: tuple[Argument, ...]
    tests: tuple[Test, ...]
    block: tuple[Command, ...] | None
    position: Position
