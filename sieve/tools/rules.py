"""The rules of ``lint``: functions from a script to warnings. A newcomer is a function, and a line in ``RULES``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from sieve.errors import Finding, Position
from sieve.extensions.regex import pattern
from sieve.matching import OCTET, Match
from sieve.spec import Choice, Logic, Statement, Use
from sieve.tools import tree
from sieve.tools.linted import Linted, warning
from sieve.tools.variables import never_read, overwritten, shadowed
from sieve.values import REFERENCE, Formula, Known, Template, is_constant

Rule = Callable[[Linted], Iterator[Finding]]

_REGEX_SIZE = 500  # instructions of the engine for one pattern: many times what patterns written by hand take
_NUMBER = re.compile(r"[0-9]+")
_SWAPPED = re.compile(r"\{\$(\w+)\}")
_LONE_BACKSLASH = re.compile(r'"[^"]*(?<!\\)\\(answered|flagged|deleted|seen|draft)\b', re.IGNORECASE)
_KNOWN_NOW = frozenset({"is", "contains", "matches", "regex", "value", "count"})


def _unreachable(linted: Linted) -> Iterator[Finding]:
    for block in tree.blocks(linted.statements):
        for before, after in pairwise(block):
            if tree.ends_here(before):
                what = f"what comes after '{_name(before)}' (line {_position(before).line}) never runs"
                yield warning(_position(after), what, "unreachable")
                break


def _name(statement: Statement) -> str:
    return statement.spec.name if isinstance(statement, Use) else "if"


def _position(statement: Statement) -> Position:
    return statement.position if isinstance(statement, Use) else statement.branches[0].position


def _constant_test(linted: Linted) -> Iterator[Finding]:
    for branch in tree.branches(linted.statements):
        test = branch.test
        if test is not None:
            yield from _settled(linted, test)


def _settled(linted: Linted, test: tree.Test) -> Iterator[Finding]:
    """The outermost tests that always give the same."""
    answer = _answer(linted, test)
    if answer is not None:
        yield warning(test.position, f"this test is always {str(answer).lower()}", "constant-test")
    elif isinstance(test, Logic):
        for inner in test.tests:
            yield from _settled(linted, inner)


def _answer(linted: Linted, test: tree.Test) -> bool | None:
    """What a test gives, if that is known now."""
    if isinstance(test, Use):
        return _compared(linted, test)
    answers = [_answer(linted, each) for each in test.tests]
    if test.op in ("true", "false"):
        return test.op == "true"
    if test.op == "not":
        return None if answers[0] is None else not answers[0]
    decisive = test.op == "anyof"
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _compared(linted: Linted, use: Use) -> bool | None:
    """The answer of ``string`` with constants on both sides, and of an expression that is a constant."""
    if use.spec.name == "eval" and isinstance(use.arguments[0], Formula):
        formula = use.arguments[0].tree
        return bool(formula.value) if isinstance(formula, Known) else None
    if use.spec.name != "string" or use.match[0] not in _KNOWN_NOW or use.spec.matching is None:
        return None
    source, keys = use.arguments
    if not (is_constant(source) and is_constant(keys) and isinstance(source, tuple) and isinstance(keys, tuple)):
        return None
    vocabulary, (kind, comparator, relation) = linted.dialect.vocabulary, use.match
    how = vocabulary.comparators[comparator][0]
    match = Match(vocabulary.match_types[kind], how, relation, use.spec.matching.count)
    return match.finder(tuple(map(str, keys)))(tuple(map(str, source))) is not None


def _numeric(linted: Linted) -> Iterator[Finding]:
    for use in linted.uses:
        kind, comparator, relation = use.match
        if kind not in ("count", "value") or comparator == "i;ascii-numeric":
            continue
        keys = use.arguments[-1] if use.spec.what == "test" else ()
        numbers = isinstance(keys, tuple) and keys and all(_NUMBER.fullmatch(str(key)) for key in keys)
        if kind == "count" or numbers:
            example = "" if relation in ("eq", "ne") else ': "9" is more than "10"'
            what = f"':{kind}' compares texts here, not numbers{example}"
            where = use.positions.get("match", use.position)
            yield warning(where, what, "numeric", 'add: :comparator "i;ascii-numeric"', "RFC 5231 section 4")


def _unused_require(linted: Linted) -> Iterator[Finding]:
    if linted.dialect.requires_optional:
        return
    evident = {use.spec.capability for use in linted.uses}
    for item in linted.required:
        extension = linted.dialect.vocabulary.extensions[item.value]
        brings = extension.specs or extension.tags or extension.match_types or extension.namespaces
        says_something = brings or extension.comparators or extension.changes_strings
        if says_something and item.value not in evident and linted.means_the_same_without(item):
            yield warning(item.position, f"the capability '{item.value}' is required but not used", "unused-require")


def _no_variables(linted: Linted) -> Iterator[Finding]:
    required = {item.value for item in linted.required}
    if "variables" in required or linted.dialect.requires_optional:
        return
    for text in linted.texts:
        found = REFERENCE.search(text.value)
        if found is not None and "vnd.stalwart.expressions" not in required:
            what = f"{found[0]} is only text here"
            hint = 'add: require "variables";'
            yield warning(text.place_of(found.start()), what, "no-variables", hint, "RFC 5229 section 3")


def _swapped_reference(linted: Linted) -> Iterator[Finding]:
    for text in linted.texts:
        for found in _SWAPPED.finditer(text.value):
            what = f"{found[0]} is only text"
            yield warning(text.place_of(found.start()), what, "swapped-reference", f"write ${{{found[1]}}}")


def _backslash(linted: Linted) -> Iterator[Finding]:
    flagged = {position for use in linted.uses for position in _flags_at(use)}
    for text in linted.texts:
        found = _LONE_BACKSLASH.match(text.written) if text.position.line in flagged else None
        if found is not None:
            what = f"this is the keyword '{found[1]}', not the flag of IMAP: a lone backslash is dropped"
            yield warning(text.position, what, "backslash", f'write "\\\\{found[1]}"', "RFC 5228 section 2.4.2")


def _flags_at(use: Use) -> Iterator[int]:
    """The lines in which flags may stand."""
    if "flags" in use.spec.traits or "flags" in use.tags:
        last = max((place.line for place in use.positions.values()), default=use.position.line)
        yield from range(use.position.line, last + 1)


def _regex_size(linted: Linted) -> Iterator[Finding]:
    for use in linted.uses:
        keys = use.arguments[-1] if use.match[0] == "regex" else ()
        for key in keys if isinstance(keys, tuple) else ():
            size = 0 if isinstance(key, Template) else pattern(key, exact=use.match[1] == OCTET.name).size
            if size > _REGEX_SIZE:
                what = f"this regular expression is expensive: {size} instructions for each character of a value"
                where = use.positions.get(len(use.arguments) - 1, use.position)
                yield warning(where, what, "regex-size", "shorten counted repetitions such as {1,500}")


def _duplicate_test(linted: Linted) -> Iterator[Finding]:
    for choice in tree.choices(linted.statements):
        yield from _repeated(linted, choice)


def _repeated(linted: Linted, choice: Choice) -> Iterator[Finding]:
    seen: dict[object, Position] = {}
    for branch in choice.branches:
        if branch.test is None or _answer(linted, branch.test) is not None:
            continue
        meaning = _meaning(branch.test)
        if meaning in seen:
            what = f"the same test stands in line {seen[meaning].line}: this branch is never taken"
            yield warning(branch.position, what, "duplicate-test")
        seen.setdefault(meaning, branch.position)


def _meaning(test: tree.Test) -> object:
    """A test without its place."""
    if isinstance(test, Logic):
        return (test.op, *map(_meaning, test.tests))
    return test.spec.name, repr(test.arguments), repr(sorted(test.tags.items(), key=lambda tag: tag[0])), test.match


RULES: dict[str, Rule] = {
    "unreachable": _unreachable,
    "constant-test": _constant_test,
    "duplicate-test": _duplicate_test,
    "numeric": _numeric,
    "unused-require": _unused_require,
    "no-variables": _no_variables,
    "swapped-reference": _swapped_reference,
    "unused-variable": never_read,
    "overwritten": overwritten,
    "shadowed": shadowed,
    "backslash": _backslash,
    "regex-size": _regex_size,
}
