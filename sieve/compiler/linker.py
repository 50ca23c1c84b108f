"""Code objects and what they refer to: stored as plain constants, linked to live objects when they are loaded."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any, cast

from sieve import coercion, operators
from sieve.errors import SieveError, Sources
from sieve.matching import Match
from sieve.runtime import Code, ReadyMatch, Run, View
from sieve.spec import Vocabulary

VERSION = 3  # of the generated code; to be raised with every change that old code would not survive
MARK = "__sieve__"  # in the globals of generated code: the ``Sources`` of its script

Recipe = tuple[Any, ...]  # the maker's name and its arguments: constants, and names of earlier entries
Namespace = dict[str, Any]


class StaleCode(SieveError):
    """Stored code that this version cannot use: compile again."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A compiled script before it is linked."""

    name: str
    code: CodeType
    pool: tuple[tuple[str, Recipe], ...]
    files: tuple[tuple[str, int], ...] = ()  # see ``Sources``

    def dump(self) -> bytes:
        """The stored form. It is code: never load it from anybody else."""
        return marshal.dumps((VERSION, self.name, self.code, self.pool, self.files))

    @classmethod
    def load(cls, octets: bytes) -> Unit:
        """Raises StaleCode if another version of Python or of this package wrote it."""
        try:
            version, name, code, pool, files = marshal.loads(octets)  # noqa: S302  our own cache only
        except (ValueError, TypeError, EOFError) as error:
            raise StaleCode("not readable") from error
        if version != VERSION:
            raise StaleCode(f"made by version {version}")
        return cls(name, code, pool, files)


class _Source:
    """Where ``linecache`` finds the lines for a traceback."""

    def __init__(self, source: str) -> None:
        self._source = source

    def get_source(self, name: str) -> str:
        return self._source


def link(unit: Unit, vocabulary: Vocabulary, source: str) -> Code:
    """The function of a script, ready to be called with a ``Run``.

    Raises:
        StaleCode: the code was made for other extensions.
    """
    namespace: Namespace = {"__builtins__": {}, "__name__": unit.name, "__loader__": _Source(source)}
    namespace[MARK] = Sources(unit.name, unit.files)
    try:
        for name, (maker, *arguments) in unit.pool:
            namespace[name] = _MAKERS[maker](namespace, vocabulary, *arguments)
    except KeyError as error:
        raise StaleCode(f"unknown word {error}") from error
    exec(unit.code, namespace)  # noqa: S102  made by the emitter
    return cast("Code", namespace["script"])


def _command(_: Namespace, vocabulary: Vocabulary, name: str) -> Callable[..., Any]:
    return vocabulary.commands[name].call


def _test(_: Namespace, vocabulary: Vocabulary, name: str) -> Callable[..., Any]:
    return vocabulary.tests[name].call


def _reader(_: Namespace, vocabulary: Vocabulary, name: str) -> Callable[..., Any]:
    return vocabulary.namespaces[name].read


def _item(_: Namespace, vocabulary: Vocabulary, name: str, item: str) -> Callable[..., Any]:
    """A reader that knows what it reads."""
    prepare = vocabulary.namespaces[name].prepare
    if prepare is None:
        raise KeyError(name)
    return prepare(item)


def _function(_: Namespace, vocabulary: Vocabulary, name: str) -> Callable[..., Any]:
    return vocabulary.functions[name].call


def _operator(_: Namespace, __: Vocabulary, symbol: str) -> Callable[..., Any] | None:
    return operators.OPERATORS[symbol].call


_OPERATIONS = {each.__name__: each for each in (operators.nested, operators.item_at, operators.negated)}
_COERCIONS: dict[str, Callable[..., Any]] = {each.__name__: each for each in (coercion.text_of, coercion.clamp)}


def _operation(_: Namespace, __: Vocabulary, name: str) -> Callable[..., Any]:
    return _OPERATIONS[name]


def _coercion(_: Namespace, __: Vocabulary, name: str) -> Callable[..., Any]:
    return _COERCIONS[name]


def _match(_: Namespace, vocabulary: Vocabulary, test: str, kind: str, comparator: str, relation: str) -> Match:
    matching = vocabulary.tests[test].matching
    assert matching is not None
    how = vocabulary.comparators[comparator][0]
    return Match(vocabulary.match_types[kind], how, relation, matching.count, matching.captures)


def _own_match(_: Namespace, vocabulary: Vocabulary, command: str, kind: str, comparator: str, relation: str) -> Match:
    """What a command compares with by itself."""
    return Match(vocabulary.match_types[kind], vocabulary.comparators[comparator][0], relation)


def _ready(namespace: Namespace, _: Vocabulary, match: str, keys: tuple[str, ...]) -> ReadyMatch:
    return ReadyMatch(namespace[match], keys)


def _view(
    _: Namespace, vocabulary: Vocabulary, test: str, arguments: tuple[Any, ...], tags: tuple[tuple[str, Any], ...]
) -> View:
    """What a stable test or source of values gives."""
    spec, keywords = vocabulary.tests[test], dict(tags)
    prepared = spec.prepare(*arguments, **keywords) if spec.prepare else None
    call = spec.call
    return View(prepared or (lambda run: call(run, *arguments, **keywords)))


def _folded(namespace: Namespace, vocabulary: Vocabulary, view: str, comparator: str) -> View:
    """The values of a view under a comparator."""
    values, fold = namespace[view].load, vocabulary.comparators[comparator][0].fold

    def load(run: Run) -> Any:
        return tuple(map(fold, values(run)))

    return View(load)


def _joined(namespace: Namespace, vocabulary: Vocabulary, view: str, comparator: str) -> View:
    """The same in one text: a key is in one of the values if it is in the text."""
    values, fold = namespace[view].load, vocabulary.comparators[comparator][0].fold

    def load(run: Run) -> Any:
        return fold("\0".join(values(run)))

    return View(load)


def _disjoint(_: Namespace, vocabulary: Vocabulary, comparator: str, keys: tuple[str, ...]) -> Callable[..., bool]:
    """Has a view none of the keys?"""
    return frozenset(map(vocabulary.comparators[comparator][0].fold, keys)).isdisjoint


_MAKERS: dict[str, Callable[..., Any]] = {
    "command": _command,
    "test": _test,
    "reader": _reader,
    "item": _item,
    "function": _function,
    "operator": _operator,
    "operation": _operation,
    "coercion": _coercion,
    "match": _match,
    "own-match": _own_match,
    "ready": _ready,
    "view": _view,
    "folded": _folded,
    "joined": _joined,
    "disjoint": _disjoint,
}
