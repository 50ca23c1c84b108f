"""The text of an expression to its tree, by way of Lark; the operators and their precedence come from their table."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedToken, v_args

from sieve.coercion import MAXIMUM
from sieve.errors import SieveError
from sieve.lexer import OneSearchLexer
from sieve.operators import OPERATORS
from sieve.values import Binary, Call, Expression, Item, Items, Known, Name, Prefix

NESTED = 100  # as deep as a tree may be
_CHARACTERS = 64 << 10
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": 1, "false": 0}
_EXPECTED = {
    "NAME": "a value",
    "OPERATOR": "an operator",
    "COMMA": "','",
    "RPAR": "')'",
    "RSQB": "']'",
    "$END": "its end",
}
_HINTS = {
    "and": "'and' is written &&",
    "or": "'or' is written ||",
    "not": "'not' is written !",
    "$": "a name stands without ${} here",
    "%": "there is no remainder",
    ";": "an expression ends where its string does",
}


class Broken(SieveError):
    """The text is no expression. ``at`` is the place in it."""

    def __init__(self, message: str, at: int, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.at, self.hint = message, at, hint


def parse(text: str, fields: str = "") -> Expression:
    """Parse an expression. ``fields`` is the pattern of names that have a form of their own.

    Raises:
        Broken: the first thing that is wrong with it.
    """
    if not text.strip():
        raise Broken("the expression is empty", 0)
    if len(text) > _CHARACTERS:
        raise Broken(f"the expression is too long (more than {_CHARACTERS} characters)", 0)
    try:
        tree = cast("Expression", _lark(fields).parse(text, start="start"))
    except UnexpectedToken as error:
        raise _broken(error.token, error.accepts or set(), len(text)) from None
    _measure(tree)
    return tree


def _broken(token: Token, expected: set[str], end: int) -> Broken:
    at = end if token.type == "$END" else cast("int", token.start_pos)
    if token.type == "OPEN_TEXT":
        return Broken(f"this text is never closed: its second {token[0]} is missing", at)
    if token.type == "BAD_NUMBER":
        return Broken(f"'{token[:40]}' is no number", at, "digits, and perhaps a point with digits behind it")
    if token.type == "BAD_CHARACTER":
        return Broken(f"unexpected character '{token}' in the expression", at, _HINTS.get(token, ""))
    found = "the end" if token.type == "$END" else f"'{token[:40]}'"
    wanted = " or ".join(word for kind, word in _EXPECTED.items() if kind in expected)
    return Broken(f"unexpected {found} in the expression; expected {wanted}", at, _hint(token))


def _hint(token: Token) -> str:
    return _HINTS.get(token.lower(), "")


def _measure(tree: Expression) -> None:
    """Raises Broken if the tree is too deep; without recursion, since it may be."""
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > NESTED:
            raise Broken(f"the expression is nested too deeply (more than {NESTED})", node.at)
        waiting += [(each, depth + 1) for each in children(node)]


def children(node: Expression) -> tuple[Expression, ...]:
    """The expressions right below this one."""
    match node:
        case Items(items=items):
            return items
        case Call(arguments=arguments):
            return arguments
        case Item(of=of, place=place):
            return of, place
        case Prefix(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return left, right
    return ()


@v_args(inline=True)
class _ToTree(Transformer[Token, Any]):
    """Called by the parser at each reduction."""

    def start(self, tree: Expression) -> Expression:
        return tree

    def expression(self, first: Expression, *rest: Any) -> Expression:
        """A chain of operands to a tree: what binds tighter comes first."""
        if len(rest) == 2:
            return Binary(str(rest[0]), first, rest[1], _at(rest[0]))
        operands, waiting = [first], list[Token]()
        for symbol, operand in zip(rest[::2], rest[1::2], strict=True):
            while waiting and OPERATORS[waiting[-1]].level >= OPERATORS[symbol].level:
                _join(operands, waiting.pop())
            waiting.append(symbol)
            operands.append(operand)
        while waiting:
            _join(operands, waiting.pop())
        return operands[0]

    def prefixed(self, symbol: Token, operand: Expression) -> Expression:
        return Prefix(str(symbol), operand, _at(symbol))

    def call(self, name: Expression, *arguments: Expression) -> Expression:
        if not isinstance(name, Name):
            raise Broken("true and false are no functions", name.at)
        return Call(name.text, arguments, name.at)

    def items(self, *items: Expression) -> Expression:
        return Items(items, items[0].at if items else 0)

    def item(self, of: Expression, place: Expression) -> Expression:
        return Item(of, place, of.at)

    def NAME(self, token: Token) -> Expression:  # noqa: N802  named after the terminal
        return Known(_WORDS[token], _at(token)) if token in _WORDS else Name(str(token), _at(token))

    def FIELD(self, token: Token) -> Expression:  # noqa: N802
        return Name(str(token), _at(token))

    def NUMBER(self, token: Token) -> Expression:  # noqa: N802
        number = float(token) if "." in token else int(token) if len(token) < 20 else MAXIMUM + 1
        if isinstance(number, int) and number > MAXIMUM:
            raise Broken(f"the number is too large (more than {MAXIMUM})", _at(token))
        return Known(number, _at(token))

    def TEXT(self, token: Token) -> Expression:  # noqa: N802
        return Known(_ESCAPE.sub(lambda found: _CONTROL.get(found[1], found[1]), token[1:-1]), _at(token))


def _at(token: Token) -> int:
    return cast("int", token.start_pos)


def _join(operands: list[Expression], symbol: Token) -> None:
    right, left = operands.pop(), operands.pop()
    operands.append(Binary(str(symbol), left, right, _at(symbol)))


@cache
def _lark(fields: str) -> Lark:
    """Made when the first expression is parsed."""
    grammar = files("sieve").joinpath("expressions.lark").read_text(encoding="utf-8")
    symbols = sorted((symbol for symbol in OPERATORS if symbol != "-"), key=len, reverse=True)
    operators = "|".join(map(re.escape, symbols)).replace("/", "\\/")
    field = (fields or "(?!)x").replace("/", "\\/")
    return Lark(
        f"{grammar}\nOPERATOR.3: /{operators}/\nFIELD.4: /{field}/i\n",
        parser="lalr",
        lexer=OneSearchLexer,
        start=["start", "broken"],
        maybe_placeholders=False,
        transformer=_ToTree(),
    )
