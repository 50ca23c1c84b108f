"""The rules of ``lint`` about variables: values that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sieve.errors import Finding, Position
from sieve.spec import Statement, Use
from sieve.tools import tree
from sieve.tools.linted import Linted, warning


def never_read(linted: Linted) -> Iterator[Finding]:
    """``unused-variable``"""
    read = {name for use in linted.uses for name in _read(use)}
    for use in linted.uses:
        for name, place in _own(use):
            if name not in read:
                yield warning(_at(use, place), f"the variable '{name}' is never read", "unused-variable")
                read.add(name)  # said once


def overwritten(linted: Linted) -> Iterator[Finding]:
    """A value that is replaced, in the same block, before anything could read it."""
    for block in tree.blocks(linted.statements):
        yield from _replaced(block)


def _replaced(block: Sequence[Statement]) -> Iterator[Finding]:
    waiting: dict[str, Position] = {}
    for statement in block:
        plain = isinstance(statement, Use) and statement.block is None
        for use in tree.uses((statement,)):
            for name in _read(use):
                waiting.pop(name, None)
        own = dict(_own(statement)) if plain and isinstance(statement, Use) else {}
        if not plain:
            waiting.clear()
        for name, place in own.items():
            assert isinstance(statement, Use)
            if name in waiting:
                what = (
                    f"this value of '{name}' is replaced in line {statement.position.line}, and nothing reads it before"
                )
                yield warning(waiting[name], what, "overwritten")
            if "sets" in statement.spec.traits:
                waiting[name] = _at(statement, place)


def shadowed(linted: Linted) -> Iterator[Finding]:
    """A variable that has a value when its name is declared to mean another one: that value is out of reach."""
    given: dict[str, Position] = {}
    for use in sorted(linted.uses, key=lambda use: use.position):
        for index, param in enumerate(use.spec.params):
            names = use.arguments[index] if param.kind == "globals" else ()
            for name in map(str, names) if isinstance(names, tuple) else ():
                if name.lower() in given:
                    line = given[name.lower()].line
                    what = f"from here on '{name}' is the shared variable: what line {line} has set is out of reach"
                    yield warning(_at(use, index), what, "shadowed", "declare it global above", "RFC 6609 section 3.4")
        for name, place in _own(use):
            given.setdefault(name, _at(use, place))


def _own(use: Use) -> Iterator[tuple[str, int | str]]:
    """The variables of the script alone that are set, each with the argument that names it."""
    return ((name, place) for name, place in tree.set_by(use) if "." not in name)


def _read(use: Use) -> Iterator[str]:
    yield from (variable.name for variable in tree.read_by(use) if not variable.namespace)
    if "flags" in use.spec.traits:  # RFC 5232 names variables by constants
        names = use.arguments[0]
        given = names if isinstance(names, tuple) else (names,)
        yield from (name.lower() for name in given if isinstance(name, str))


def _at(use: Use, place: int | str) -> Position:
    return use.positions.get(place, use.position)
