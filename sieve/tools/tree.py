"""Ways through a bound script, for tools that look at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sieve.resolution import reads
from sieve.spec import Branch, Choice, Logic, Statement, Use
from sieve.values import Formula, Template, Value, Variable

Test = Use | Logic


def blocks(statements: Sequence[Statement]) -> Iterator[Sequence[Statement]]:
    """The statements themselves, and those of each block in them."""
    waiting = [statements]
    while waiting:
        block = waiting.pop()
        yield block
        inner = [each for statement in block for each in _inner(statement)]
        waiting += reversed(inner)


def _inner(statement: Statement) -> Iterator[Sequence[Statement]]:
    if isinstance(statement, Choice):
        yield from (branch.block for branch in statement.branches)
    elif statement.block is not None:
        yield statement.block


def choices(statements: Sequence[Statement]) -> Iterator[Choice]:
    return (each for block in blocks(statements) for each in block if isinstance(each, Choice))


def branches(statements: Sequence[Statement]) -> Iterator[Branch]:
    return (branch for choice in choices(statements) for branch in choice.branches)


def leaves(test: Test | None) -> Iterator[Use]:
    """The tests that a test is made of."""
    if isinstance(test, Use):
        yield test
    elif test is not None:
        for inner in test.tests:
            yield from leaves(inner)


def uses(statements: Sequence[Statement]) -> Iterator[Use]:
    """Each command and each test, in the order of the script as far as blocks do not part them."""
    for block in blocks(statements):
        for statement in block:
            yield from own_uses(statement)


def own_uses(statement: Statement) -> Iterator[Use]:
    """A command, or the tests of a choice; without what stands in blocks."""
    if isinstance(statement, Use):
        yield statement
    else:
        for branch in statement.branches:
            yield from leaves(branch.test)


def values(use: Use) -> Iterator[Value]:
    """All that was given to a command or test, lists taken apart."""
    for value in (*use.arguments, *use.tags.values(), use.match[2]):
        if isinstance(value, tuple):
            yield from value
        else:
            yield value


def read_by(use: Use) -> Iterator[Variable]:
    """The variables that a command or test refers to."""
    for value in values(use):
        if isinstance(value, Formula):
            yield from (read.variable for read in reads(value))
        elif isinstance(value, Template):
            yield from (part for part in value.references if isinstance(part, Variable))


def set_by(use: Use) -> Iterator[tuple[str, int | str]]:
    """The variables that it sets, each with the argument or tag that names it."""
    for index, param in enumerate(use.spec.params):
        name = use.arguments[index] if index < len(use.arguments) else None
        if param.kind == "variable" and isinstance(name, str):
            yield name, index


def ends(statements: Iterable[Statement]) -> bool:
    """Does nothing that stands behind these statements run?"""
    return any(map(ends_here, statements))


def ends_here(statement: Statement) -> bool:
    if isinstance(statement, Use):
        return "ends" in statement.spec.traits
    return statement.branches[-1].test is None and all(ends(branch.block) for branch in statement.branches)
