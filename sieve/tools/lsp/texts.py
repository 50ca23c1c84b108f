"""A text as editors count it, lines from 0 and columns in UTF-16 units: places to offsets and back, and edits."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sieve.errors import Position

_LINE_END = re.compile(r"\r\n|\n|\r")
_WIDTHS = {"utf-8": "utf-8", "utf-16": "utf-16-le"}
_UNIT = {"utf-8": 1, "utf-16": 2}


class Point(NamedTuple):
    """A place as the editor says it."""

    line: int
    column: int


class Span(NamedTuple):
    """A piece of a text, by offsets."""

    begin: int
    end: int


class Edit(NamedTuple):
    """Put a text in the place of a piece."""

    span: Span
    text: str


@dataclass(frozen=True)
class Text:
    """``encoding``: in whose units the editor counts columns, utf-8, utf-16 or utf-32."""

    source: str
    encoding: str = "utf-16"

    @cached_property
    def _begins(self) -> list[int]:
        """Where lines begin; the protocol knows three line ends, and no others."""
        return [0, *(found.end() for found in _LINE_END.finditer(self.source))]

    @cached_property
    def _feeds(self) -> list[int]:
        """Where lines begin as the parser counts them, by line feeds alone."""
        return [0, *(found.end() for found in re.finditer("\n", self.source))]

    def point(self, offset: int) -> Point:
        offset = max(0, min(offset, len(self.source)))
        line = bisect_right(self._begins, offset) - 1
        return Point(line, self._units(self.source[self._begins[line] : offset]))

    def offset(self, point: Point) -> int:
        """What lies beyond the end of a line is its end."""
        line, column = point
        if line < 0:
            return 0
        if line >= len(self._begins):
            return len(self.source)
        text = self._line(line)
        at, units = 0, 0
        while at < len(text) and units < column:
            units += self._units(text[at])
            at += 1
        return self._begins[line] + at

    def of_position(self, position: Position) -> int:
        """The offset of a place that the parser or the checker names."""
        line = min(max(position.line, 1), len(self._feeds))
        return min(self._feeds[line - 1] + max(position.column, 1) - 1, len(self.source))

    def changed(self, begin: Point, end: Point, text: str) -> Text:
        """After an edit."""
        first, last = self.offset(begin), self.offset(end)
        return Text(self.source[:first] + text + self.source[max(first, last) :], self.encoding)

    def _line(self, line: int) -> str:
        end = self._begins[line + 1] if line + 1 < len(self._begins) else len(self.source)
        return self.source[self._begins[line] : end].rstrip("\r\n")

    def _units(self, text: str) -> int:
        if self.encoding not in _WIDTHS or text.isascii():
            return len(text)
        return len(text.encode(_WIDTHS[self.encoding], "surrogatepass")) // _UNIT[self.encoding]


def applied(source: str, edits: list[Edit]) -> str:
    """A text after edits of it that do not overlap."""
    for (begin, end), text in sorted(edits, reverse=True):
        source = source[:begin] + text + source[end:]
    return source
