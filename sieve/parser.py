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

from lark import Lark, Token, Transformer, UnexpectedToken, v_args

from sieve import nodes
from sieve.errors import CompileError, Finding, Position
from sieve.limits import NUMBER_MAXIMUM

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_STUFFED = re.compile(r"^\.\.", re.MULTILINE)
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
    "$END": "the end of the script",
}
_BROKEN = {
    "OPEN_QUOTE": "this string is never closed: its second '\"' is missing",
    "OPEN_TEXT": "this multi-line string is never closed: a line with a single '.' is missing",
    "OPEN_COMMENT": "this comment is never closed: '*/' is missing",
    "BAD_NUMBER": "{0} is no number: digits, and perhaps one of K, M or G",
    "BAD_CHARACTER": "unexpected character {0}",
}


def parse(source: str) -> tuple[nodes.Command, ...]:
    """Parse a whole script.

    Raises:
        CompileError: the text does not follow the grammar; holds all syntax errors.
    """
    try:
        return cast("tuple[nodes.Command, ...]", _lark().parse(source, start="start"))
    except UnexpectedToken:
        raise CompileError(islice(_Recovery(source).findings(), _REPORTED_AT_MOST)) from None


def _at(token: Token) -> Position:
    return Position(cast("int", token.line), cast("int", token.column))


@v_args(inline=True)
class _ToNodes(Transformer[Token, Any]):
    """Called by the parser at each reduction."""

    def start(self, *commands: nodes.Command) -> tuple[nodes.Command, ...]:
        return commands

    block = start

    def tests(self, *tests: nodes.Test) -> list[nodes.Test]:
        return list(tests)

    def argument(self, value: nodes.Argument) -> nodes.Argument:
        return value

    def string(self, text: nodes.Text) -> nodes.Text:
        return text

    def string_list(self, *items: nodes.Text) -> nodes.Texts:
        return nodes.Texts(items, items[0].position)

    def test(self, name: Token, *rest: Any) -> nodes.Test:
        tests = rest[-1] if rest and type(rest[-1]) is list else ()
        return nodes.Test(name.lower(), rest[:-1] if tests else rest, tuple(tests), _at(name))

    def command(self, name: Token, *rest: Any) -> nodes.Command:
        block, tests = None, ()
        if rest and type(rest[-1]) is tuple:
            *rest, block = rest  # type: ignore[assignment]
        if rest and type(rest[-1]) is list:
            *rest, tests = rest  # type: ignore[assignment]
        return nodes.Command(name.lower(), tuple(rest), tuple(tests), block, _at(name))

    def QUOTED(self, token: Token) -> nodes.Text:  # noqa: N802  named after the terminal
        value = token[1:-1]
        return nodes.Text(_ESCAPE.sub(r"\1", value) if "\\" in value else value, _at(token))

    def MULTI_LINE(self, token: Token) -> nodes.Text:  # noqa: N802
        lines = token[token.index("\n") + 1 :].rstrip("\r\n")[:-1]
        return nodes.Text(_STUFFED.sub(".", lines), _at(token))

    def NUMBER(self, token: Token) -> nodes.Number:  # noqa: N802
        digits = token.rstrip("KMGkmg")
        value = int(digits) if len(digits) < 20 else NUMBER_MAXIMUM + 1
        return nodes.Number(value * _MULTIPLIER.get(token[-1].upper(), 1), _at(token))

    def TAG(self, token: Token) -> nodes.Tag:  # noqa: N802
        return nodes.Tag(token[1:].lower(), _at(token))


@cache
def _lark() -> Lark:
    """Made when the first script is parsed: whoever loads compiled scripts only never needs it."""
    return Lark(
        files("sieve").joinpath("grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="basic",
        start=["start", "broken"],
        maybe_placeholders=False,
        transformer=_ToNodes(),
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
        if token.type == "$END":
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
