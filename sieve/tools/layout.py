"""The printer behind ``fmt``: words, blanks and line ends, and groups that stay on one line if they fit.

A group is what stands in brackets. If it does not fit, or holds what must end its line, each of its items gets a line
of its own. Everything is a flat list, so no depth of nesting can overflow the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

WIDTH = 100
_INDENT = "    "


class Mark(Enum):
    """What may stand between words."""

    BLANK = auto()
    SOFT = auto()  # in a group that was broken, a line end; else nothing
    LINE = auto()  # the same; else a blank
    OPEN = auto()  # a group begins
    CLOSE = auto()
    INDENT = auto()
    DEDENT = auto()
    END = auto()  # the line ends
    EMPTY = auto()  # and a line without anything comes
    GAP = auto()  # two blanks, before a comment


Piece = str | Mark
_STRENGTH = [Mark.SOFT, Mark.BLANK, Mark.LINE, Mark.GAP, Mark.END, Mark.EMPTY]
_ENDS = (Mark.END, Mark.EMPTY)
_NESTS: dict[Piece, int] = {Mark.OPEN: 1, Mark.CLOSE: -1}
_FLAT = {Mark.BLANK: 1, Mark.LINE: 1, Mark.GAP: 2}


def stronger(one: Mark | None, other: Mark | None) -> Mark | None:
    """Which of two marks at the same place counts."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=_STRENGTH.index)


def printed(pieces: Sequence[Piece], line_end: str = "\n") -> str:
    """The text, each line without blanks at its end."""
    printer = _Printer(pieces, line_end)
    for place, piece in enumerate(pieces):
        printer.add(place, piece)
    return "".join(printer.out)


class _Printer:
    def __init__(self, pieces: Sequence[Piece], line_end: str) -> None:
        self._pieces, self._line_end = pieces, line_end
        self.out: list[str] = []
        self._column = 0
        self._depth = 0
        self._broken: list[bool] = []

    def add(self, place: int, piece: Piece) -> None:
        if isinstance(piece, str):
            self._word(piece)
        elif piece is Mark.OPEN:
            self._broken.append(not self._fits(place))
        elif piece is Mark.CLOSE:
            self._broken.pop()
        elif piece in (Mark.INDENT, Mark.DEDENT):
            self._depth += 1 if piece is Mark.INDENT else -1
        elif piece in _ENDS or (piece in (Mark.SOFT, Mark.LINE) and self._broken[-1:] == [True]):
            self._feed(2 if piece is Mark.EMPTY else 1)
        else:
            self._word(" " * _FLAT.get(piece, 0))

    def _word(self, text: str) -> None:
        if self._column == 0 and text and self._depth:
            self.out.append(_INDENT * self._depth)
            self._column = len(_INDENT) * self._depth
        self.out.append(text)
        self._column = len(text) - text.rfind("\n") - 1 if "\n" in text else self._column + len(text)

    def _feed(self, lines: int) -> None:
        self.out.append(self._line_end * lines)
        self._column = 0

    def _fits(self, place: int) -> bool:
        """Do the group that begins here, and what hangs on its end up to the next place for a line end, fit?"""
        left, depth, closed = WIDTH - max(self._column, len(_INDENT) * self._depth), 0, False
        seen = self._pieces[place : place + 2 * WIDTH]
        for piece in seen:
            if piece in _ENDS and (depth or closed):
                return closed
            if closed and piece in (Mark.SOFT, Mark.LINE):
                return True
            if isinstance(piece, str) and "\n" in piece:
                return closed
            depth += _NESTS.get(piece, 0)
            closed = closed or not depth
            left -= len(piece) if isinstance(piece, str) else _FLAT.get(piece, 0)
            if left < 0:
                return False
        return len(seen) < 2 * WIDTH
