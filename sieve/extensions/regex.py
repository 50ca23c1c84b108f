"""regex (draft-ietf-sieve-regex): ``:regex``, and ``:quoteregex`` for ``set``. Linear in time, whatever the pattern.

POSIX extended expressions with ``\\d \\w \\s \\b`` and non-greedy repetition; the engine has no back-references and no
look-around, and so no way to run for ever. A pattern may match anywhere in a value; case counts under ``i;octet`` only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import re2

from sieve.extensions import variables
from sieve.matching import OCTET, Comparator, Finder, Hit, MatchType
from sieve.spec import Extension, Site

extension = Extension("regex", "draft-ietf-sieve-regex")

_SPECIAL = re.compile(r"[.^$*+?()\[\]{}|\\]")
_PROGRAM_OCTETS = 1 << 20  # what one pattern may take while it matches
_PATTERN_CHARACTERS = 4096
_SIZE_TOGETHER = 2000  # instructions of the engine; the tables of far more would not fit its memory


class Pattern:
    """One pattern; asked for its captures only when the script reads them."""

    __slots__ = ("_search", "size", "text")

    def __init__(self, text: str, *, exact: bool) -> None:
        """Raises ValueError: it is no pattern."""
        options = _options(exact=exact)
        options.max_mem = _PROGRAM_OCTETS
        if len(text) > _PATTERN_CHARACTERS:
            raise ValueError(f"longer than {_PATTERN_CHARACTERS} characters")
        try:
            compiled = re2.compile(text.encode(), options)
        except re2.error as error:
            raise ValueError(_reason(error)) from error
        self._search, self.size, self.text = compiled.search, compiled.programsize, text

    def matches(self, value: str) -> bool:
        return self.matches_octets(_octets(value))

    def matches_octets(self, octets: bytes) -> bool:
        return self._search(octets) is not None

    def captures(self, value: str) -> list[str]:
        """What matched as a whole, then what each group stands for; one that took no part is empty."""
        found: Any = self._search(_octets(value))
        if found is None:
            return []
        return [(part or b"").decode("utf-8", "replace") for part in (found.group(0), *found.groups())]


def _octets(value: str) -> bytes:
    return value.encode("utf-8", "replace")


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else "not understood"
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)


@lru_cache(maxsize=1024)
def pattern(text: str, *, exact: bool) -> Pattern:
    return Pattern(text, exact=exact)


def _prepare(keys: tuple[str, ...], comparator: Comparator, relation: str) -> Finder:
    """What is no pattern, and was not known before, matches nothing."""
    patterns: list[Pattern] = []
    for key in keys:
        try:
            patterns.append(pattern(key, exact=comparator is OCTET))
        except ValueError:
            continue

    if not patterns:
        return lambda values: None
    which = _together(patterns, exact=comparator is OCTET)

    def find(values: Sequence[str]) -> Hit | None:
        for value in values:
            places = which(_octets(value))
            if places:
                first = patterns[min(places)]
                return Hit(value, first.text, first)
        return None

    return find


def _together(patterns: Sequence[Pattern], *, exact: bool) -> Callable[[bytes], Sequence[int]]:
    """Which of the patterns match? All are tried at once, unless they are too large for that together."""
    if sum(each.size for each in patterns) > _SIZE_TOGETHER:
        return lambda octets: [place for place, each in enumerate(patterns) if each.matches_octets(octets)]
    together = re2.Set.SearchSet(_options(exact=exact))
    for each in patterns:
        together.Add(each.text.encode())
    together.Compile()
    match: Callable[[bytes], Sequence[int]] = together.Match
    return match


def _options(*, exact: bool) -> Any:
    options = re2.Options()
    options.case_sensitive, options.dot_nl, options.log_errors = exact, True, False
    return options


extension.match_type(MatchType("regex", _prepare, substring=True))
variables.modifier(extension, "quote", "quoteregex", lambda text: _SPECIAL.sub(r"\\\g<0>", text))


@extension.check("matching")
def _valid(site: Site) -> None:
    """Patterns that are known now must be right."""
    keys = site.use.arguments[-1] if site.use.match[0] == "regex" else ()
    for key in keys if isinstance(keys, tuple) else ():
        try:
            pattern(key, exact=site.use.match[1] == OCTET.name) if isinstance(key, str) else None
        except ValueError as error:
            site.report(f"invalid regular expression '{key}': {error}", "regex", at=len(site.use.arguments) - 1)
