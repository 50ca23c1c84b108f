"""The operators of expressions, as a table, and what they mean for values whose types are known only at run time.

A newcomer is a line in ``OPERATORS``. Each function takes the run first, which it charges for what is large.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sieve.coercion import (
    MAXIMUM,
    MINIMUM,
    Array,
    Typed,
    array_of,
    clamp,
    depth_of,
    integer_of,
    number_of,
    size_of,
    text_of,
)
from sieve.errors import LimitExceeded
from sieve.limits import OCTETS_PER_STEP, Limits

Kind = Literal["bool", "int", "float", "number", "text", "array", "any"]

FREE_OCTETS = OCTETS_PER_STEP  # less than this costs nothing
_ARRAYS_NESTED = 16


class Payer(Protocol):
    """A run, as far as operators and functions need to know it."""

    limits: Limits

    def charge(self, octets: int) -> None: ...


# -- arithmetic


def plus(run: Payer, left: Typed, right: Typed) -> Typed:
    """Numbers are added, texts and arrays put together; an empty text leaves the other side as it is."""
    if type(left) is int and type(right) is int:
        total = left + right
        return total if MINIMUM <= total <= MAXIMUM else clamp(total)
    if isinstance(left, tuple) or isinstance(right, tuple):
        return array(run, _beside(left) + _beside(right))
    if isinstance(left, str) or isinstance(right, str):
        if left == "" or right == "":
            return right if left == "" else left
        return text(run, text_of(left) + text_of(right))
    return left + right


def _beside(value: Typed) -> Array:
    return value if isinstance(value, tuple) else (value,)


def minus(run: Payer, left: Typed, right: Typed) -> Typed:
    """Numbers are subtracted; from an array all items are taken that are equal to one of the other side."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        items, gone = (left, right) if isinstance(left, tuple) else (right, left)
        return without(run, _beside(items), _beside(gone))
    result = number_of(left) - number_of(right)
    return clamp(result) if isinstance(result, int) else result


def times(run: Payer, left: Typed, right: Typed) -> Typed:
    result = number_of(left) * number_of(right)
    return clamp(result) if isinstance(result, int) else result


def divided(run: Payer, left: Typed, right: Typed) -> Typed:
    """Always a float; what is divided by zero is zero."""
    divisor = number_of(right)
    return number_of(left) / divisor if divisor else 0.0


def negated(run: Payer, value: Typed) -> Typed:
    number = number_of(value)
    return clamp(-number) if isinstance(number, int) else -number


# -- comparison


def _pair(run: Payer, left: Typed, right: Typed) -> tuple[Any, Any]:
    """Two things that Python orders as the language orders the values."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    if not (isinstance(left, tuple) and isinstance(right, tuple)):
        if isinstance(left, tuple) or isinstance(right, tuple):
            return isinstance(left, tuple), isinstance(right, tuple)
        return number_of(left), number_of(right)
    run.charge(8 * min(len(left), len(right)))
    for one, other in zip(left, right, strict=False):
        pair = _pair(run, one, other)
        if pair[0] != pair[1]:
            return pair
    return len(left), len(right)


def less(run: Payer, left: Typed, right: Typed) -> bool:
    if type(left) is int and type(right) is int:
        return left < right
    one, other = _pair(run, left, right)
    return bool(one < other)


def at_most(run: Payer, left: Typed, right: Typed) -> bool:
    if type(left) is int and type(right) is int:
        return left <= right
    one, other = _pair(run, left, right)
    return bool(one <= other)


def greater(run: Payer, left: Typed, right: Typed) -> bool:
    return less(run, right, left)


def at_least(run: Payer, left: Typed, right: Typed) -> bool:
    return at_most(run, right, left)


def equal(run: Payer, left: Typed, right: Typed) -> bool:
    """Texts by their characters, everything else that is no array by its number; arrays item by item."""
    if isinstance(left, tuple) or isinstance(right, tuple):
        return _equal_arrays(run, left, right)
    if type(left) is type(right):
        return left == right
    return number_of(left) == number_of(right)


def _equal_arrays(run: Payer, left: Typed, right: Typed) -> bool:
    if not (isinstance(left, tuple) and isinstance(right, tuple)) or len(left) != len(right):
        return False
    run.charge(8 * len(left))
    return all(equal(run, one, other) for one, other in zip(left, right, strict=True))


def unequal(run: Payer, left: Typed, right: Typed) -> bool:
    return not equal(run, left, right)


class Members:
    """Which values are equal to one of these? Without comparing each with each."""

    __slots__ = ("_arrays", "_numbers", "_run", "_spelled", "_texts")

    def __init__(self, run: Payer, items: Iterable[Typed]) -> None:
        items = tuple(items)
        run.charge(size_of(items))
        self._run = run
        self._texts = {item for item in items if isinstance(item, str)}
        self._numbers = {item for item in items if isinstance(item, int | float) and item == item}
        self._arrays = [item for item in items if isinstance(item, tuple)]
        self._spelled: set[int | float] | None = None  # of the texts

    def __contains__(self, value: Typed) -> bool:
        if isinstance(value, str):
            return value in self._texts or (bool(self._numbers) and number_of(value) in self._numbers)
        if isinstance(value, tuple):
            return any(equal(self._run, value, each) for each in self._arrays)
        if self._spelled is None:
            self._spelled = {number for number in map(number_of, self._texts) if number == number}
        return value in self._numbers or value in self._spelled


def without(run: Payer, items: Array, gone: Array) -> Array:
    run.charge(size_of(items))
    members = Members(run, gone)
    return tuple(item for item in items if item not in members)


# -- arrays


def item_at(run: Payer, value: Typed, place: Typed) -> Typed:
    """``value[place]``: counted from 0, the empty text where there is none."""
    items, index = array_of(value), integer_of(place)
    return items[index] if 0 <= index < len(items) else ""


def nested(run: Payer, items: Array) -> Array:
    """``[a, b]``; arrays within arrays have an end."""
    if any(isinstance(item, tuple) for item in items):
        run.charge(size_of(items))
        if depth_of(items) > _ARRAYS_NESTED:
            raise LimitExceeded(f"arrays are nested too deeply (more than {_ARRAYS_NESTED})")
    return items


# -- limits


def text(run: Payer, value: str) -> str:
    """A new text, paid for."""
    if len(value) > FREE_OCTETS:
        run.charge(len(value))
        if len(value) > run.limits.variable_octets:
            raise LimitExceeded(f"a text is too long (more than {run.limits.variable_octets} characters)")
    return value


def array(run: Payer, value: Array) -> Array:
    """A new array, paid for."""
    if len(value) > FREE_OCTETS // 8:
        run.charge(8 * len(value))
        if len(value) > run.limits.array_items:
            raise LimitExceeded(f"an array is too long (more than {run.limits.array_items} items)")
    return value


# -- the tables


@dataclass(frozen=True, slots=True)
class Operator:
    """``call`` works for all values. Where both types are known, ``native`` is what Python has for it.

    ``lazy`` looks at its right side only if it must: the compiler makes it of Python's ``and`` and ``or``.
    """

    level: int  # the bigger binds tighter; all are left-associative
    call: Callable[[Payer, Any, Any], Any] | None
    result: Kind = "any"
    native: type[ast.operator] | type[ast.cmpop] | None = None
    lazy: type[ast.boolop] | None = None


_LESS = Operator(5, less, "bool", ast.Lt)
_AT_MOST = Operator(5, at_most, "bool", ast.LtE)
_GREATER = Operator(5, greater, "bool", ast.Gt)
_AT_LEAST = Operator(5, at_least, "bool", ast.GtE)
_EQUAL = Operator(4, equal, "bool", ast.Eq)
_AND = Operator(2, None, lazy=ast.And)
_OR = Operator(1, None, lazy=ast.Or)


def _differ(run: Payer, left: Typed, right: Typed) -> bool:
    return bool(left) != bool(right)


OPERATORS: dict[str, Operator] = {
    "*": Operator(7, times, "number", ast.Mult),
    "/": Operator(7, divided, "float"),
    "+": Operator(6, plus, "any", ast.Add),
    "-": Operator(6, minus, "any", ast.Sub),
    "<": _LESS,
    "<=": _AT_MOST,
    "=<": _AT_MOST,
    ">": _GREATER,
    ">=": _AT_LEAST,
    "=>": _AT_LEAST,
    "==": _EQUAL,
    "=": _EQUAL,
    "!=": Operator(4, unequal, "bool", ast.NotEq),
    "^": Operator(3, _differ, "bool"),
    "&&": _AND,
    "&": _AND,
    "||": _OR,
    "|": _OR,
}
