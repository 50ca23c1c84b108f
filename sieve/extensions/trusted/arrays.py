"""Functions of arrays. A single value is an array of one, the empty text an array of none."""

from __future__ import annotations

from functools import cmp_to_key

from sieve.coercion import Array, Typed
from sieve.extensions.trusted.expressions import extension
from sieve.operators import Members, Payer, less


@extension.function()
def dedup(items: Array) -> Array:
    """Each item once, where it first stood."""
    return tuple(item for _, item in dict.fromkeys((isinstance(item, str), item) for item in items))


@extension.function()
def winnow(items: Array) -> Array:
    """Without the empty texts."""
    return tuple(item for item in items if item != "")


@extension.function()
def sort(run: Payer, items: Array, descending: Typed = 0) -> Array:
    """In ascending order; in descending order if the second argument is true."""

    def order(left: Typed, right: Typed) -> int:
        return less(run, right, left) - less(run, left, right)

    run.charge(64 * len(items))
    return tuple(sorted(items, key=cmp_to_key(order), reverse=bool(descending)))


@extension.function()
def is_intersect(run: Payer, left: Typed, right: Typed) -> bool:
    """Have two arrays an item in common? Is a single value in the array? Two single values have nothing in common."""
    if not isinstance(left, tuple):
        left, right = right, left
    if not isinstance(left, tuple):
        return False
    members = Members(run, left)
    return any(item in members for item in right) if isinstance(right, tuple) else right in members
