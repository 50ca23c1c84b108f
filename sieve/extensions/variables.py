"""variables (RFC 5229): ``set``, ``string``, and ``${...}`` in every string."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sieve.coercion import Typed, text_of
from sieve.matching import lower, upper
from sieve.runtime import Run
from sieve.spec import Extension, Matching, Param

extension = Extension("variables", "RFC 5229", interpolates=True)

_WILDCARD = re.compile(r"[*?\\]")

# Modifiers by precedence, the first applied first; two of one precedence exclude each other (section 4.1).
_MODIFIERS: dict[str, dict[str, Callable[..., str]]] = {
    "case": {},
    "replace": {},
    "first": {},
    "quote": {},
    "encode": {},
    "length": {},
}


def modifier(of: Extension, precedence: str, name: str, change: Callable[..., str], *operands: Param) -> None:
    """A modifier of what ``set`` and the like store; it may belong to another extension, and take two operands."""
    _MODIFIERS[precedence]["" if operands else name] = change
    param, then = operands or (None, None)
    of.tag(name, "modified", keyword=precedence, value=name, param=param, then=then)


modifier(extension, "case", "lower", lower)
modifier(extension, "case", "upper", upper)
modifier(extension, "first", "lowerfirst", lambda text: lower(text[:1]) + text[1:])
modifier(extension, "first", "upperfirst", lambda text: upper(text[:1]) + text[1:])
modifier(extension, "quote", "quotewildcard", lambda text: _WILDCARD.sub(r"\\\g<0>", text))
modifier(extension, "length", "length", lambda text: str(len(text)))


@extension.command(Param("name", "variable"), Param("value", numbers=True), traits=["sets", "modified"])
def set_(run: Run, name: str, value: Typed, *, local: bool = False, **modifiers: Any) -> None:
    """Give a variable a value, changed by modifiers (section 4). ``local`` was heeded when the script was compiled."""
    run.set(name, changed(text_of(value), modifiers) if modifiers else value)


def changed(text: str, modifiers: Mapping[str, Any]) -> str:
    """A text after all modifiers that were given."""
    for keyword, functions in _MODIFIERS.items():
        given = modifiers.get(keyword)
        if isinstance(given, str):
            text = functions[given](text)
        elif given is not None:
            text = functions[""](text, *given)
    return text


def _count(values: Sequence[str]) -> int:
    """Strings; but a lone empty one is none (section 5)."""
    return 0 if len(values) == 1 and not values[0] else len(values)


@extension.values(Param("source", "texts"), matching=Matching(count=_count))
def string(run: Run, source: Sequence[str]) -> Sequence[str]:
    """Texts of the script itself; blanks at their ends count."""
    return source
