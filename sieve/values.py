"""What a string of a script can be: constant text, text with references (RFC 5229 section 3), or an expression."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard

from sieve.coercion import Typed
from sieve.errors import Position

_PLAIN = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*"
REFERENCE = re.compile(rf"\$\{{(?:([0-9]+)|({_PLAIN}))\}}")
NAME = re.compile(_PLAIN)


class Capture(NamedTuple):
    """``${1}``: a part of the text that matched last."""

    number: int


class Variable(NamedTuple):
    """``${name}`` or ``${namespace.name}``; both lower case, ``namespace`` empty for a script's own variables."""

    namespace: str
    name: str

    @classmethod
    def of(cls, text: str) -> Variable:
        namespace, _, name = text.lower().partition(".")
        return cls(namespace, name) if name else cls("", namespace)

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Template:
    """Text to be put together when the script runs."""

    parts: tuple[str | Capture | Variable, ...]

    @property
    def references(self) -> list[Capture | Variable]:
        return [part for part in self.parts if not isinstance(part, str)]


@dataclass(frozen=True, slots=True)
class Known:
    """A value that stands in the expression itself. ``at`` is a place in its text, here and below."""

    value: Typed
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A name, before anyone asked what it means."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Read:
    """A name that means a variable or a reference. ``certain``: the variable has a value whenever this is reached."""

    variable: Variable
    at: int
    position: Position
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """``[a, b]``"""

    items: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Item:
    """``of[place]``"""

    of: Expression
    place: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """``name(a, b)``; ``position`` is its place in the script, known when the name is."""

    name: str
    arguments: tuple[Expression, ...]
    at: int
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """``!a`` or ``-a``"""

    symbol: str
    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """``a + b``; ``at`` is the place of the operator."""

    symbol: str
    left: Expression
    right: Expression
    at: int


Expression = Known | Name | Read | Items | Item | Call | Prefix | Binary


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression as the argument of a command or test; typed, where a ``Template`` is always text."""

    tree: Expression
    text: str


Value = str | int | float | bool | Template | Formula | tuple[str | Template, ...] | None


def template(text: str, reference: re.Pattern[str] = REFERENCE) -> str | Template:
    """Find the references in a text. What is no reference stays as it is: ``${}``, ``${bad name}``, a lone ``$``."""
    if "${" not in text:
        return text
    parts: list[str | Capture | Variable] = []
    end = 0
    for found in reference.finditer(text):
        parts.append(text[end : found.start()])
        number, name = found.groups()
        parts.append(Capture(int(number[-9:])) if number else Variable.of(name))
        end = found.end()
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part != "")) if end else text


def reference_to(fields: str) -> re.Pattern[str]:
    """The pattern of references where names may also have another form, the pattern ``fields``."""
    return re.compile(rf"\$\{{(?:([0-9]+)|({fields}|{_PLAIN}))\}}", re.IGNORECASE) if fields else REFERENCE


def is_constant(value: Value) -> TypeGuard[str | int | float | bool | tuple[str, ...] | None]:
    """Is it known before the script runs?"""
    if type(value) is tuple:
        return all(type(item) is str for item in value)
    return not isinstance(value, Template | Formula)
