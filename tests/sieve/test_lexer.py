from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark

from sieve import parser
from sieve.lexer import OneSearchLexer

GRAMMAR = files("sieve").joinpath("grammar.lark").read_text(encoding="utf-8")
OURS, LARKS = (
    Lark(GRAMMAR, parser="lalr", lexer=lexer, start=["start", "broken"]) for lexer in (OneSearchLexer, "basic")
)
PIECES = [
    '"',
    "\\",
    "text:\n",
    ".\n",
    "#",
    "/*",
    "*/",
    ":",
    "12K",
    "-3",
    "1x",
    "if",
    "[",
    "}",
    ";",
    " ",
    "\r\n",
    "\x00",
]


def tokens(lark: Lark, text: str) -> list[tuple[object, ...]]:
    return [(token.type, str(token), token.line, token.column, token.start_pos) for token in lark.lex(text)]


@given(st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8")).map("".join))
def test_the_tokens_are_those_that_lark_itself_finds(text: str) -> None:
    assert tokens(OURS, text) == tokens(LARKS, text)


@pytest.mark.parametrize("text", ["", " # only\n/* what\n is */ # ignored", "\n\n"])
def test_what_is_ignored_is_no_token(text: str) -> None:
    assert tokens(OURS, text) == []


@given(st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8")).map("".join))
def test_pieces_together_are_the_text_and_hold_its_tokens(text: str) -> None:
    pieces = parser.pieces(text)
    assert "".join(pieces) == text
    kept = [piece for piece in pieces if piece.type not in ("BLANK", "HASH", "BRACKET")]
    assert [(each.type, str(each), each.line, each.column, each.start_pos) for each in kept] == tokens(OURS, text)
