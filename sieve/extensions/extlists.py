"""extlists (RFC 6134): ``:list`` compares with a list that lives outside, ``redirect :list`` sends to one.

A list has a URI for a name. ``:addrbook:`` is short for ``urn:ietf:params:sieve:addrbook:``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sieve.errors import ScriptError
from sieve.matching import Captor, Comparator, Finder, Hit, MatchType
from sieve.runtime import Run
from sieve.spec import Extension, Param, Site

extension = Extension("extlists", "RFC 6134")
extension.tag("list", "redirect", keyword="external")

_SHORT, _LONG = ":addrbook:", "urn:ietf:params:sieve:addrbook:"
_NAME = re.compile(r"(?:tag|urn):[!-~]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KnownList:
    """A question: is there a list of this name, for this script? The answer is a bool."""

    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A question: which entry of the list does the value match? The answer is the entry, or None."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Members:
    """A question, of those who carry out a redirect: the addresses in a list, a sequence of str; None: no such list."""

    name: str


def full_name(name: str) -> str:
    """The name of a list, the short form of address books spelled out."""
    return _LONG + name[len(_SHORT) :] if name.lower().startswith(_SHORT) else name


def fault_of(name: str) -> str:
    """What is wrong with the name of a list, or nothing."""
    return "" if _NAME.fullmatch(full_name(name)) else f"'{name}' is no name of an external list: a tag: or urn: URI"


class _Entry(str):
    """An entry that matched, as the only capture."""

    __slots__ = ()

    def captures(self, value: str) -> list[str]:
        return [str(self)]


def _ask(run: Run, values: Sequence[str], keys: tuple[str, ...]) -> Hit | None:
    for value in values:
        for key in keys:
            entry = run.host.ask(Listed(known(run, key), value))
            if isinstance(entry, str):
                captor: Captor = _Entry(entry)
                return Hit(value, key, captor)
    return None


def known(run: Run, name: str) -> str:
    """The full name of a list that exists. Raises ScriptError: there is none."""
    name = full_name(name)
    if fault_of(name) or not run.host.ask(KnownList(name)):
        raise ScriptError(f"there is no external list '{name}'")
    return name


def _prepare(keys: tuple[str, ...], comparator: Comparator, relation: str) -> Finder:
    raise AssertionError("a list is asked, see MatchType.ask")


extension.match_type(MatchType("list", _prepare, ask=_ask))


@extension.test(Param("list names", "texts"))
def valid_ext_list(run: Run, names: Sequence[str]) -> bool:
    """Are all of them lists that can be used here?"""
    return all(not fault_of(name) and bool(run.host.ask(KnownList(full_name(name)))) for name in names)


@extension.check("matching")
def _compared(site: Site) -> None:
    """Lists compare in their own way (section 2.2); names that are known now must be names."""
    if site.use.match[0] != "list":
        return
    if "comparator" in site.use.positions:
        site.report("the match type ':list' cannot be used with a comparator", "comparator", at="comparator")
    else:
        _names(site, len(site.use.arguments) - 1)


@extension.check("redirect")
def _redirected(site: Site) -> None:
    if site.use.tags.get("external"):
        _names(site, 0)


def _names(site: Site, at: int) -> None:
    """Constant names must be names; and of lists that are there, if the settings of the dialect say which those are."""
    given, there = site.use.arguments[at], site.settings.get("lists")
    for name in given if isinstance(given, tuple) else (given,):
        if not isinstance(name, str):
            continue
        fault = fault_of(name)
        if not fault and there is not None and full_name(name) not in there:
            fault = f"there is no external list '{name}'"
        if fault:
            site.report(fault, "list", at=at)
