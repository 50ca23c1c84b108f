"""SQL statements with ``?``, ``:1`` or ``$1`` placeholders, turned into what a driver takes.

A tokenizer, not a replacement of characters: quotes, comments, casts (``::text``) and literal ``%`` stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


class StatementError(ValueError):
    """The statement cannot be used: two placeholder styles, an open quote, a wrong number of parameters."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine writes its statements, and how its Python driver wants the parameters."""

    placeholder: str
    doubles_percent: bool = False
    backslash_escapes: bool = False
    hash_comments: bool = False
    dollar_quotes: bool = False
    nested_comments: bool = False


SQLITE = Dialect("?")
MYSQL = Dialect("%s", doubles_percent=True, backslash_escapes=True, hash_comments=True)
POSTGRESQL = Dialect("%s", doubles_percent=True, dollar_quotes=True, nested_comments=True)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement for a driver. ``order``: for each placeholder in the text, the number (from 0) of its parameter."""

    text: str
    order: tuple[int, ...]

    @property
    def parameters(self) -> int:
        """How many parameters it wants."""
        return max(self.order, default=-1) + 1

    def arguments(self, *values: Any) -> tuple[Any, ...]:
        """The values in the order of the text.

        Raises:
            StatementError: not as many as it wants.
        """
        if len(values) != self.parameters:
            raise StatementError(f"it has {self.parameters} parameters, not {len(values)}")
        return tuple(values[number] for number in self.order)


def translate(text: str, dialect: Dialect = SQLITE) -> Statement:
    """Prepare a statement for a driver.

    Raises:
        StatementError: styles are mixed, a number is left out, or a quote or comment does not end.
    """
    parts, order, styles = list[str](), list[int](), set[str]()
    for kind, token in _tokens(text, dialect):
        if kind == "placeholder":
            styles.add(token[0])
            order.append(int(token[1:]) - 1 if token[1:] else len(order))
            parts.append(dialect.placeholder)
        else:
            parts.append(token.replace("%", "%%") if dialect.doubles_percent else token)
    if len(styles) > 1:
        raise StatementError(f"it mixes the placeholders {' and '.join(sorted(styles))}")
    if sorted(set(order)) != list(range(len(set(order)))):
        raise StatementError("its numbered placeholders must be 1, 2, … without a gap")
    return Statement("".join(parts), tuple(order))


def _tokens(text: str, dialect: Dialect) -> Iterator[tuple[str, str]]:
    position = 0
    for found in _scanner(dialect).finditer(text):
        kind = found.lastgroup or ""
        if found.start() < position:  # inside a nested comment that is already taken
            continue
        token = found[0]
        if kind == "open":
            raise StatementError(f"{token} does not end")
        if kind == "comment" and dialect.nested_comments and token.startswith("/*"):
            token = _nested_comment(text, found.start())
        position = found.start() + len(token)
        yield kind, token


def _scanner(dialect: Dialect) -> re.Pattern[str]:
    escape = r"(?:\\.)|" if dialect.backslash_escapes else ""
    quoted = [rf"{q}(?:{escape}{q}{q}|[^{q}{chr(92) * 2 if escape else ''}])*{q}" for q in ("'", '"')] + ["`[^`]*`"]
    comments = [r"--[^\n]*", r"/\*.*?\*/"] + ([r"\#[^\n]*"] if dialect.hash_comments else [])
    if dialect.dollar_quotes:
        quoted.insert(0, r"[eE]'(?:\\.|''|[^'\\])*'")
        quoted.append(r"\$(?P<tag>[A-Za-z_]\w*)?\$.*?\$(?(tag)(?P=tag))\$")
    return re.compile(
        rf"(?P<quoted>{'|'.join(quoted)})|(?P<comment>{'|'.join(comments)})|(?P<open>['\"`]|/\*)"
        r"|(?P<word>[^\W\d][\w$]*|::)|(?P<placeholder>\?(?:[1-9]\d*)?|[:$][1-9]\d*)|(?P<other>.)",
        re.DOTALL,
    )


def _nested_comment(text: str, start: int) -> str:
    depth = 0
    for found in re.compile(r"/\*|\*/").finditer(text, start):
        depth += 1 if found[0] == "/*" else -1
        if not depth:
            return text[start : found.end()]
    raise StatementError("/* does not end")


def one_parameter(text: str, dialect: Dialect = SQLITE) -> Statement:
    """Prepare a statement that answers a question about one thing.

    Raises:
        StatementError: as `translate`, or it has not exactly one parameter.
    """
    statement = translate(text, dialect)
    if statement.parameters != 1:
        raise StatementError(f"it needs one placeholder (?, :1 or $1) and has {statement.parameters}")
    return statement


Rows = Sequence["Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an answer. A column may be there more than once; its case does not matter."""

    columns: tuple[str, ...]
    values: tuple[Any, ...]

    def all(self, column: str) -> list[Any]:
        """The values of all columns of that name."""
        wanted = column.lower()
        return [value for name, value in zip(self.columns, self.values, strict=True) if name.lower() == wanted]

    def first(self, column: str) -> Any:
        """The value of the first column of that name; None where there is none, as for NULL."""
        return next(iter(self.all(column)), None)
