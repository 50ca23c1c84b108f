"""Tokens for Lark's parsers, found faster than by Lark's own lexer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token
from lark.common import LexerConf
from lark.lexer import Lexer, TerminalDef

_SKIPPED = "SKIPPED"


class OneSearchLexer(Lexer):
    """Cuts a text into tokens, each with one search for all terminals of the grammar.

    What is to be ignored is found together with the token behind it: Lark's own lexer takes twice as long.
    """

    def __init__(self, conf: LexerConf) -> None:
        order = sorted(conf.terminals, key=_rank)
        kinds = [f"(?P<{each.name}>{each.pattern.to_regexp()})" for each in order if each.name not in conf.ignore]
        ignored = [each.pattern.to_regexp() for each in order if each.name in conf.ignore]
        # Once found, what is ignored is never looked at again: a possessive group, spelled so that it is right before
        # Python 3.11.5 too (cpython issue 106052).
        skipped = rf"(?=(?P<{_SKIPPED}>(?:{'|'.join(ignored)})*))(?P={_SKIPPED})"
        self._pattern = re.compile(rf"{skipped}(?:{'|'.join(kinds)}|\Z)")

        every = [f"(?P<{each.name}>{each.pattern.to_regexp()})" for each in order if each.name in conf.ignore]
        self._pieces = re.compile("|".join([*every, *kinds]))

    def pieces(self, text: str) -> Iterator[Token]:
        """All that a text consists of, in order: tokens, and what is ignored. Together they are the text."""
        line, begin = 1, 0
        for found in self._pieces.finditer(text):
            start, end = found.span()
            yield Token(found.lastgroup or "", found[0], start, line, start - begin + 1)
            if feeds := text.count("\n", start, end):
                line, begin = line + feeds, text.rfind("\n", start, end) + 1

    def lex(self, text: str) -> Iterator[Token]:  # type: ignore[override]
        line, begin, at = 1, 0, 0
        for found in self._pattern.finditer(text):
            kind = found.lastgroup
            if kind is None or kind == _SKIPPED:
                return
            start = found.start(kind)
            if feeds := text.count("\n", at, start):
                line, begin = line + feeds, text.rfind("\n", at, start) + 1
            at = start
            yield Token(kind, found[kind], start, line, start - begin + 1)


def _rank(terminal: TerminalDef) -> tuple[int, int, int, str]:
    """The order in which Lark tries terminals."""
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name
