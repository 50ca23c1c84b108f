"""What a string of a script can be: constant text, or text with references in it (RFC 5229 section 3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard

_REFERENCE = re.compile(r"\$\{(?:([0-9]+)|([A-Za-z_][A-Za-z0-9_]*)((?:\.[A-Za-z0-9_]+)*))\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")


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


Value = str | int | bool | Template | tuple[str | Template, ...] | None


def template(text: str) -> str | Template:
    """Find the references in a text. What is no reference stays as it is: ``${}``, ``${bad name}``, a lone ``$``."""
    if "${" not in text:
        return text
    parts: list[str | Capture | Variable] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        parts.append(text[end : found.start()])
        number, name, path = found.groups()
        parts.append(Capture(int(number[-9:])) if number else Variable.of(name + path))
        end = found.end()
    parts.append(text[end:])
    return Template(tuple(part for part in parts if part != "")) if end else text


def is_constant(value: Value) -> TypeGuard[str | int | bool | tuple[str, ...] | None]:
    """Is it known before the script runs?"""
    if type(value) is tuple:
        return all(type(item) is str for item in value)
    return not isinstance(value, Template)
