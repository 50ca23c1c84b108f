"""variables (RFC 5229): ``set``, ``string``, and ``${...}`` in every string."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sieve.matching import lower, upper
from sieve.runtime import Run
from sieve.spec import Extension, Matching, Param

extension = Extension("variables", "RFC 5229", interpolates=True)

_WILDCARD = re.compile(r"[*?\\]")

# Modifiers by precedence, the first applied first; two of one precedence exclude each other (section 4.1).
_MODIFIERS: dict[str, dict[str, Callable[[str], str]]] = {
    "case": {"lower": lower, "upper": upper},
    "first": {
        "lowerfirst": lambda text: lower(text[:1]) + text[1:],
        "upperfirst": lambda text: upper(text[:1]) + text[1:],
    },
    "quote": {"quotewildcard": lambda text: _WILDCARD.sub(r"\\\g<0>", text)},
    "length": {"length": lambda text: str(len(text))},
}
for keyword, modifiers in _MODIFIERS.items():
    for name in modifiers:
        extension.tag(name, "set", keyword=keyword, value=name)


@extension.command(Param("name", "variable"), Param("value"))
def set_(run: Run, name: str, value: str, **modifiers: str) -> None:
    for keyword, functions in _MODIFIERS.items():
        if keyword in modifiers:
            value = functions[modifiers[keyword]](value)
    run.set(name, value)


def _count(values: Sequence[str]) -> int:
    """Strings; but a lone empty one is none (section 5)."""
    return 0 if len(values) == 1 and not values[0] else len(values)


@extension.values(Param("source", "texts"), matching=Matching(count=_count))
def string(run: Run, source: Sequence[str]) -> Sequence[str]:
    """Texts of the script itself; blanks at their ends count."""
    return source
