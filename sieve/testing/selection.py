"""Some of the tests of a file: what is not wanted becomes blanks, so that all that is left keeps its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from lark import Token

from sieve import parser

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_INK = re.compile(r"[^\r\n]")
_NESTS = {"LBRACE": 1, "RBRACE": -1}
_QUIET = ("BLANK", "HASH", "BRACKET")


def matcher(pattern: str) -> Callable[[str], bool]:
    """Is a name meant? The pattern may stand anywhere in it, in any case; ``*`` and ``?`` are wild cards."""
    wanted = f"*{pattern.lower()}*"
    return lambda name: fnmatchcase(name.lower(), wanted)


def selected(source: str, wanted: Callable[[str], bool]) -> tuple[str, int]:
    """The file without tests whose names are not wanted, and how many are left."""
    text, count = source, 0
    for name, start, end in _tests([piece for piece in parser.pieces(source) if piece.type not in _QUIET]):
        if wanted(name):
            count += 1
        else:
            text = text[:start] + _INK.sub(" ", text[start:end]) + text[end:]
    return text, count


def _tests(tokens: Sequence[Token]) -> Iterator[tuple[str, int, int]]:
    """Name, begin and end of each test at the top level."""
    depth, begun = 0, 0
    for place, token in enumerate(tokens):
        depth += _NESTS.get(token.type, 0)
        if depth == 0 and token.type in ("SEMICOLON", "RBRACE"):
            head = tokens[begun : begun + 2]
            if token.type == "RBRACE" and head[0].lower() == "test" and head[1].type == "QUOTED":
                yield _ESCAPE.sub(r"\1", head[1][1:-1]), head[0].start_pos or 0, (token.start_pos or 0) + 1
            begun = place + 1
