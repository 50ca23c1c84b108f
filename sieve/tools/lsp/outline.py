"""The parts of a script for an overview: tests of a test file, and rules with the comment above them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lark import Token

from sieve.tools.lsp.context import tokens
from sieve.tools.lsp.texts import Span

_LINES = re.compile(r"^[ \t]*#+[ \t]*(.*?)[ \t\r]*$|^[ \t]*/\*\s*(.*?)\s*(?:\*/|$)", re.MULTILINE)
_RULE = re.compile(r"rule:\[(.*)\]$")


@dataclass(frozen=True, slots=True)
class Part:
    """``kind`` is ``test`` or ``rule``; ``name_span`` is where an editor should go."""

    kind: str
    name: str
    span: Span
    name_span: Span


def outline(source: str) -> list[Part]:
    """The parts at the top level."""
    parts: list[Part] = []
    end = 0
    for statement in _statements(source):
        begin, after = _begin(statement[0]), _begin(statement[-1]) + len(statement[-1])
        word = statement[0].lower()
        comment = _comment(source[end:begin], first=not end)
        if word in ("elsif", "else") and parts and parts[-1].span.end == end:
            parts[-1] = Part(parts[-1].kind, parts[-1].name, Span(parts[-1].span.begin, after), parts[-1].name_span)
        elif word == "test" and len(statement) > 1 and statement[1].type == "QUOTED":
            name = statement[1]
            parts.append(Part("test", name[1:-1], Span(begin, after), Span(_begin(name), _begin(name) + len(name))))
        elif comment and word != "require":
            parts.append(Part("rule", comment, Span(begin, after), Span(begin, begin + len(statement[0]))))
        end = after
    return parts


def _begin(token: Token) -> int:
    return token.start_pos or 0


def _statements(source: str) -> Iterator[list[Token]]:
    """The tokens of each command at the top level, with its block."""
    statement: list[Token] = []
    depth = 0
    for token in tokens(source):
        statement.append(token)
        depth += {"LBRACE": 1, "RBRACE": -1}.get(token.type, 0)
        if depth <= 0 and token.type in ("SEMICOLON", "RBRACE"):
            yield statement
            statement, depth = [], 0
    if statement:
        yield statement


def _comment(between: str, *, first: bool) -> str:
    """The first line of the last block of comments; one that ends the line of another command is not meant."""
    text = between if first else between.partition("\n")[2]
    block = re.split(r"\n[ \t\r]*\n(?=[ \t\r\n]*\S)", text)[-1]
    lines = [found[1] or found[2] or "" for found in _LINES.finditer(block)]
    name = next(filter(None, lines), "")
    rule = _RULE.match(name)
    return rule[1] if rule else name
