"""The lines of a script on which a run can stop: those with a command or test in them."""

from __future__ import annotations

from collections.abc import Iterable

from sieve import checker, parser
from sieve.spec import Dialect
from sieve.tools import tree


def lines_of(source: str, dialect: Dialect) -> list[int]:
    """In order.

    Raises:
        CompileError: the script is not valid.
    """
    statements = checker.check(parser.parse(source.removeprefix("\ufeff"), controls=dialect.trusted), dialect)
    return sorted({use.position.line for use in tree.uses(statements)})


def line_for(wanted: int, lines: Iterable[int]) -> int | None:
    """The line itself, or the next one that a run can stop on."""
    return next((line for line in lines if line >= wanted), None)
