"""Typed values of the trusted dialect: texts, integers of 64 bits, floats, arrays; and how each becomes another.

Integers stay within 64 bits: what goes beyond stops at the end. Arrays are tuples, so no value ever changes. Truth
needs no function, Python's own is the same: zero, the empty text and the empty array are false, all else is true.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from math import inf, isfinite, isnan
from typing import Any, TypeAlias

Typed: TypeAlias = "str | int | float | tuple[Typed, ...]"
Array: TypeAlias = tuple[Typed, ...]

MAXIMUM = 2**63 - 1
MINIMUM = -MAXIMUM - 1
_INTEGER = re.compile(r"([+-]?)0*([0-9]{1,19})")
_DECIMAL = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_FLOAT = re.compile(rf"[+-]?(?:{_DECIMAL}|inf|infinity|nan)", re.IGNORECASE | re.ASCII)
_NUMBER_CHARACTERS = 1000  # nobody spells a number with more
_SPELLED = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def clamp(number: int) -> int:
    """The nearest integer of 64 bits."""
    return MAXIMUM if number > MAXIMUM else MINIMUM if number < MINIMUM else number


def number_of(value: Typed) -> int | float:
    """A number; of a text that is none, and of an array, 0. Blanks around a number make it none."""
    if type(value) is str:
        return _number_of_text(value)
    return 0 if isinstance(value, tuple | str) else value


def _number_of_text(text: str) -> int | float:
    if not text or len(text) > _NUMBER_CHARACTERS:
        return 0
    digits = _INTEGER.fullmatch(text)
    if digits:
        number = int(digits[1] + digits[2])
        if MINIMUM <= number <= MAXIMUM:
            return number
    return float(text) if _FLOAT.fullmatch(text) else 0


def integer_of(value: Typed) -> int:
    """An integer: what stands behind the point of a number is cut off."""
    number = value if type(value) is int else number_of(value)
    if isinstance(number, int):
        return number
    if isnan(number):
        return 0
    return clamp(int(number)) if isfinite(number) else MAXIMUM if number > 0 else MINIMUM


def text_of(value: Typed) -> str:
    """A text: floats without exponent and without ``.0``; the items of an array in lines, arrays within it left out."""
    if type(value) is str:
        return value
    if isinstance(value, tuple):
        return "\r\n".join(text_of(item) for item in value if not isinstance(item, tuple))
    return _text_of_float(value) if isinstance(value, float) else str(value)


def _text_of_float(number: float) -> str:
    if not isfinite(number):
        return "NaN" if isnan(number) else "inf" if number == inf else "-inf"
    text = repr(number)
    return (format(Decimal(text), "f") if "e" in text else text).removesuffix(".0")


def array_of(value: Typed) -> Array:
    """An array: a single value is an array of one, the empty text an array of none."""
    if isinstance(value, tuple):
        return value
    return () if value == "" else (value,)


def typed(value: Any) -> Typed:
    """An answer of the world, as a value of the language: nothing is the empty text, yes and no are 1 and 0."""
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return clamp(int(value))
    if isinstance(value, str | float):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Sequence | set | frozenset):
        return tuple(map(typed, value))
    raise TypeError(f"no value of the language: {type(value).__name__}")


def spelled(text: str) -> str | int | float:
    """The number that a constant text of a script spells, if it would be spelled the same way again; else the text."""
    if len(text) > _NUMBER_CHARACTERS or not _SPELLED.fullmatch(text):
        return text
    number = float(text) if "." in text else int(text) if len(text) < 20 else MAXIMUM + 1
    return number if number <= MAXIMUM and text_of(number) == text else text


def size_of(value: Typed) -> int:
    """About how many octets a value has; what it costs to look at it."""
    if type(value) is str:
        return len(value)
    if isinstance(value, tuple):
        return 8 * len(value) + sum(size_of(item) for item in value)
    return 8


def depth_of(value: Typed) -> int:
    """How many arrays stand within each other."""
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, tuple) else 0
