"""The syntax tree: what the script says, before anyone asks whether it makes sense (RFC 5228 section 8.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice

from sieve.errors import Position

_QUOTED = re.compile(r"\\?.", re.DOTALL)
_STUFFED = re.compile(r"(?:^\.(?=\.))?.", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """A string without its quotes and backslashes; ``${...}`` is still in it. ``written`` is how the script has it."""

    value: str
    position: Position
    written: str = field(default="", compare=False, repr=False)

    def place_of(self, index: int) -> Position:
        """Where in the script a character of the value stands."""
        quoted = self.written.startswith('"')
        units = (_QUOTED if quoted else _STUFFED).finditer(self.written, 1 if quoted else self.written.find("\n") + 1)
        unit = next(islice(units, index, None), None)
        end = unit.start() if unit else max(len(self.written) - 1, 0)
        before = self.written[:end]
        line, column = self.position
        return Position(line + before.count("\n"), end - before.rfind("\n") if "\n" in before else column + end)


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
