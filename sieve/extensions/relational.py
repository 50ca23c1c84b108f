"""relational (RFC 5231): ``:value`` and ``:count``, with one of six relations."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from sieve.matching import Comparator, Finder, Hit, MatchType
from sieve.spec import Extension, Param

extension = Extension("relational", "RFC 5231")

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}


def _relation(name: str) -> str:
    return "" if name in _RELATIONS else f"relation value '{name}' is invalid: it is one of {' '.join(_RELATIONS)}"


def _compare(keys: tuple[str, ...], comparator: Comparator, relation: str) -> Finder:
    """True if any pair of value and key stands in the relation."""
    holds, fold = _RELATIONS[relation], comparator.fold
    folded = [(fold(key), key) for key in keys]

    def find(values: Sequence[str]) -> Hit | None:
        for value in values:
            left = fold(value)
            for right, key in folded:
                if holds(left, right):
                    return Hit(value, key)
        return None

    return find


_PARAM = Param("relation", constant=True, check=_relation)
extension.match_type(MatchType("value", _compare), _PARAM)
extension.match_type(MatchType("count", _compare, counts=True), _PARAM)
