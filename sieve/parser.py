"""Script text to syntax tree (RFC 5228 section 8), by way of Lark.

Lark's LALR parser builds the nodes while it reduces, so no depth of nesting can overflow the stack. A text that does
not follow the grammar is parsed a second time, token by token: each error becomes a finding, the parser's stack is
cut back to the last place where it stood well, and parsing goes on there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedToken

from sieve import nodes
from sieve.errors import CompileError, Finding, Position
from sieve.lexer import OneSearchLexer
from sieve.limits import NUMBER_MAXIMUM

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STUFFED = re.compile(r"^\.\.", re.MULTILINE)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_MULTIPLIER = {"K": 2**10, "M": 2**20, "G": 2**30}
_REPORTED_AT_MOST = 100
_WORDS = {
    "IDENTIFIER": "a name",
    "TAG": "a tag",
    "NUMBER": "a number",
    "QUOTED": "a string",
    "MULTI_LINE": "a string",
    "SEMICOLON": "';'",
    "COMMA": "','",
    "LPAR": "'('",
    "RPAR": "')'",
    "LBRACE": "'{'",
    "RBRACE": "'}'",
    "LSQB": "'['",
    "RSQB": "']'",
    "$END": "end of the script",
}
_BROKEN = {
    "OPEN_QUOTE": "this string is never closed: its second '\"' is missing",
    "OPEN_TEXT": "this multi-line string is never closed: a line with a single '.' is missing",
    "OPEN_COMMENT": "this comment is never closed: '*/' is missing",
    "BAD_NUMBER": "{0} is no number: digits, and perhaps one of K, M or G",
    "BAD_CHARACTER": "unexpected character {0}",
}
BROKEN = frozenset(_BROKEN)


def parse(source: str, *, controls: bool = False) -> tuple[nodes.Command, ...]:
    """Parse a whole script. ``controls``: in quoted strings, a backslash and n, r or t is a control character.

    Raises:
        CompileError: the text does not follow the grammar; holds all syntax errors.
    """
    try:
        return cast("tuple[nodes.Command, ...]", _lark(controls).parse(source, start="start"))
    except UnexpectedToken:
        raise CompileError(islice(_Recovery(source).findings(), _REPORTED_AT_MOST)) from None


def pieces(source: str) -> list[Token]:
    """Tokens, comments and blanks in order, whether the text follows the grammar or not: together they are the text."""
    return list(OneSearchLexer(_lark().lexer_conf).pieces(source))


def _at(token: Token) -> Position:
    return Position(token.line, token.column)  # type: ignore[arg-type]  # none of ours is without


class _Several:
    """What a repetition in the grammar has collected so far: Lark makes a tree of it, which is more than it needs."""

    __slots__ = ("children",)

    def __init__(self, rule: str, children: list[Any], meta: object) -> None:
        self.children = children


class _ToNodes(Transformer[Token, Any]):
    """Called by the parser at each reduction, with the children of the node."""

    __default__ = _Several

    start = tuple
    block = tuple

    def string_list(self, items: list[nodes.Text]) -> nodes.Texts:
        return nodes.Texts(tuple(items), items[0].position)

    def test(self, children: list[Any]) -> nodes.Test:
        name, *rest = children
        return nodes.Test(name.lower(), *_parted(rest), _at(name))

    def command(self, children: list[Any]) -> nodes.Command:
        name, *rest = children
        block = rest.pop() if rest and type(rest[-1]) is tuple else None
        return nodes.Command(name.lower(), *_parted(rest), block, _at(name))

    def QUOTED(self, token: Token) -> nodes.Text:  # noqa: N802  named after the terminal
        value = token[1:-1]
        return nodes.Text(self.unescaped(value) if "\\" in value else value, _at(token), token)

    def unescaped(self, value: str) -> str:
        return _ESCAPE.sub(r"\1", value)

    def MULTI_LINE(self, token: Token) -> nodes.Text:  # noqa: N802
        lines = token[token.index("\n") + 1 :].rstrip("\r\n")[:-1]
        return nodes.Text(_STUFFED.sub(".", lines), _at(token), token)

    def NUMBER(self, token: Token) -> nodes.Number:  # noqa: N802
        digits = token.rstrip("KMGkmg")
        value = int(digits) if len(digits) < 20 else NUMBER_MAXIMUM + 1
        return nodes.Number(value * _MULTIPLIER.get(token[-1].upper(), 1), _at(token))

    def TAG(self, token: Token) -> nodes.Tag:  # noqa: N802
        return nodes.Tag(token[1:].lower(), _at(token))


class _WithControls(_ToNodes):
    def unescaped(self, value: str) -> str:
        return _ESCAPE.sub(lambda found: _CONTROLS.get(found[1], found[1]), value)


def _parted(children: list[Any]) -> tuple[tuple[nodes.Argument, ...], tuple[nodes.Test, ...]]:
    """Arguments, and the tests behind them."""
    place = len(children)
    while place and type(children[place - 1]) is nodes.Test:
        place -= 1
    return tuple(children[:place]), tuple(children[place:])


@cache
def _lark(controls: bool = False) -> Lark:
    """Made when the first script is parsed: whoever loads compiled scripts only never needs it."""
    return Lark(
        files("sieve").joinpath("grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer=OneSearchLexer,
        start=["start", "broken"],
        maybe_placeholders=False,
        transformer=_WithControls() if controls else _ToNodes(),
    )


class _Recovery:
    """The second pass over a text with errors: finds them all, one for each broken command or test."""

    def __init__(self, source: str) -> None:
        self._parser = _lark().parse_interactive(source, start="start")
        self._tokens: Iterator[Token] = self._parser.lexer_thread.lex(self._parser.parser_state)  # type: ignore[no-untyped-call]
        self._end = Token("$END", "", line=source.count("\n") + 1, column=len(source) - source.rfind("\n"))
        self._stack: list[Any] = self._parser.parser_state.value_stack

    def findings(self) -> Iterator[Finding]:
        token = self._next()
        while True:
            try:
                self._parser.feed_token(token)
                if token.type == "$END":
                    return
                token = self._next()
            except UnexpectedToken as error:
                yield Finding(_at(token), self._message(token, error.expected))
                if token.type == "$END":
                    return
                token = self._resynchronise(token)

    def _next(self) -> Token:
        return next(self._tokens, self._end)

    def _message(self, token: Token, expected: set[str]) -> str:
        if token.type in _BROKEN:
            return _BROKEN[token.type].format(repr(str(token)[:40]))
        name = self._command()
        if name and "SEMICOLON" in expected and token.type in ("IDENTIFIER", "RBRACE", "$END"):
            return f"missing semicolon after the {name} command"
        if token.type == "$END" and not name:
            return "unexpected end of the script: '}' is missing"
        found = f"'{token}'" if token.type in ("IDENTIFIER", "TAG") else _WORDS[token.type].removeprefix("a ")
        if not name:
            return f"unexpected {found}; expected a command"
        wanted = " or ".join(sorted({_WORDS[each] for each in expected if each in _WORDS}))
        return f"unexpected {found} in the {name} command; expected {wanted}"

    def _command(self) -> str:
        """The name of the command in which the parser stands; empty between commands."""
        head = self._stack[self._head() :]
        return "" if not head or head[-1] in (";", "}") else str(head[0])

    def _head(self) -> int:
        """Where the last command begins: the first token after the innermost open brace."""
        place = len(self._stack)
        for index in range(len(self._stack) - 1, -1, -1):
            value = self._stack[index]
            if isinstance(value, Token):
                if value.type == "LBRACE" and not self._closed(index):
                    break
                place = index
        return place

    def _closed(self, brace: int) -> bool:
        return any(isinstance(value, Token) and value.type == "RBRACE" for value in self._stack[brace + 1 :])

    def _resynchronise(self, token: Token) -> Token:
        """Skip to where the grammar is firm again: a comma or ``)`` in a test list, ``;``, ``{`` or ``}`` elsewhere."""
        depth = 0
        head = self._head()
        lists = [i for i in range(head, len(self._stack)) if getattr(self._stack[i], "type", "") == "LPAR"]
        while token.type not in ("SEMICOLON", "LBRACE", "RBRACE", "$END"):
            if lists and not depth and token.type in ("COMMA", "RPAR"):
                self._cut(lists[-1] + 1)
                self._feed("IDENTIFIER")
                return token
            depth += {"LPAR": 1, "RPAR": -1}.get(token.type, 0)
            token = self._next()
        self._cut(head)
        if token.type == "SEMICOLON":
            return self._next()
        if token.type == "LBRACE":
            self._feed("IDENTIFIER")
        elif token.type == "RBRACE" and not self._open():
            return self._next()
        return token

    def _open(self) -> bool:
        return any(isinstance(value, Token) and value.type == "LBRACE" for value in self._stack)

    def _cut(self, length: int) -> None:
        state = self._parser.parser_state
        del state.value_stack[length:]
        del state.state_stack[length + 1 :]

    def _feed(self, kind: str) -> None:
        """Stand in for what was skipped."""
        self._parser.feed_token(Token(kind, "broken", line=0, column=0))
