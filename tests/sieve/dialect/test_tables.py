"""The tables of cases beside this file: expression, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable

TABLES = ("values.tsv", "functions.tsv", "references.tsv")


def test_an_expression_has_its_value(value_of: Callable[..., object], expression: str, value: object) -> None:
    found = value_of(expression)
    assert (type(found), repr(found)) == (type(value), repr(value))
