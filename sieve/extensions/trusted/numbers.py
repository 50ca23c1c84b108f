"""Functions of values of any type."""

from __future__ import annotations

from sieve.coercion import Typed, array_of
from sieve.extensions.trusted.expressions import extension


@extension.function()
def is_empty(value: Typed) -> bool:
    """Is it the empty text or the empty array? A number never is."""
    return value in ("", ())


@extension.function()
def is_number(value: Typed) -> bool:
    """Is its type that of a number? A text that spells one is a text."""
    return isinstance(value, int | float)


@extension.function()
def count(value: Typed) -> int:
    """Items of an array; 1 for a single value, 0 for the empty text."""
    return len(array_of(value))
