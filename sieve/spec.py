"""How an extension says what it adds to the language. The checker and the compiler know only this.

An extension is a module with one ``Extension`` object, whose decorators and methods fill its tables: commands, tests,
tags, comparators, match types, ``${namespace.name}`` references, checks. See the README beside this file for an
example.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from sieve.coercion import Typed
from sieve.errors import Finding, Position
from sieve.functions import Function, declared
from sieve.limits import USER_LIMITS, Limits
from sieve.matching import Comparator, MatchType
from sieve.values import Value, is_constant, reference_to

F = TypeVar("F", bound=Callable[..., Any])
Kind = Literal["text", "texts", "number", "variable", "globals", "formula"]
Block = Literal["", "with", "for", "while"]
Inline = Literal["", "truth", "store", "break", "continue"]

UNSUPPORTED = "(unsupported)"
"""The command and the test that stand for words which only a capability that is not there could explain."""


@dataclass(frozen=True, slots=True)
class Param:
    """A positional argument, or what follows a tag.

    ``kind``: a string, a string list, a number, the name of a variable that the function sets, or a list of names
    that are global from here on, or an expression. ``constant`` forbids references in it. ``check`` sees each constant
    string or number and returns the fault, or nothing. ``numbers``: where values have types, a constant string that
    spells a number is one.
    """

    label: str
    kind: Kind = "text"
    constant: bool = False
    optional: bool = False
    check: Callable[[Any], str] | None = None
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A tagged argument of the commands and tests that ``on`` names, each by its name or by one of its traits.

    It fills the function's keyword argument ``keyword``: with ``value``, or with what follows it if there is a
    ``param``; with that and what follows it, as a pair, if there is a second one, ``then``. Two tags with the same
    keyword exclude each other. ``needs`` is another tag without which it makes no sense. A stable test is not so with
    a tag that is not ``stable``: it asks for something else than the message then.
    """

    name: str
    on: frozenset[str]
    capability: str
    keyword: str
    value: Any = True
    param: Param | None = None
    needs: str = ""
    then: Param | None = None
    stable: bool = True


@dataclass(frozen=True, slots=True)
class Matching:
    """How a test of values compares when the script does not say."""

    comparator: str = "i;ascii-casemap"
    captures: bool = True
    count: Callable[[Any], int] = len


@dataclass(frozen=True, slots=True)
class Spec:
    """A command or test: its shape for the checker, its function for the compiler.

    ``stable``: as long as the message stays the same, so does the answer. ``prepare``, called with constant
    arguments, may return a faster ``function(run)`` for them. ``block`` is how the function guards its block: as a
    context manager, as an iterable, or as an expression (the first argument) that is looked at before each pass.
    ``inline`` says what the compiler puts in place of a call: the truth of the expression, its value stored under a
    name, a jump out of the innermost loop or to its next pass. ``requires`` names keywords that must be given. With
    ``matching``, the function only returns values, and the language compares them with the keys, the last argument;
    that of a command gets the ``match`` and compares by itself. ``decide`` gives the answer of a test when the script
    is checked; its function gets that as ``decided``.
    """

    what: Literal["command", "test"]
    name: str
    params: tuple[Param, ...]
    call: Callable[..., Any]
    capability: str
    reference: str
    traits: frozenset[str]
    block: Block = ""
    stable: bool = False
    prepare: Callable[..., Callable[[Any], Any] | None] | None = None
    requires: tuple[str, ...] = ()
    matching: Matching | None = None
    decide: Callable[[Site], bool] | None = None
    inline: Inline = ""

    def __str__(self) -> str:
        return f"{self.name} {self.what}"


@dataclass(frozen=True, slots=True)
class Namespace:
    """``${name.item}``: ``read(run, item)`` gives its value, ``check(site, item)`` reports what cannot exist.

    ``prepare(item)`` gives a ``function(run)`` that is faster. ``write(run, item, value)`` sets it. ``pattern`` is the
    form of the whole reference, if it is not words with points between them. ``alias`` is the namespace that is meant.
    """

    name: str
    capability: str
    read: Callable[..., Typed]
    check: Callable[[Site, str], None] | None = None
    prepare: Callable[[str], Callable[[Any], Typed]] | None = None
    write: Callable[[Any, str, Typed], None] | None = None
    pattern: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A command or test of a script that passed the checker, its arguments bound to the parameters."""

    spec: Spec
    position: Position
    arguments: tuple[Value, ...]
    tags: Mapping[str, Value]  # by keyword, those that were given
    match: tuple[str, str, str]  # match type, comparator, relation; empty texts where nothing is compared
    block: tuple[Statement, ...] | None
    positions: Mapping[int | str, Position]  # of arguments by index, of tags by keyword


@dataclass(frozen=True, slots=True)
class Logic:
    """``op`` is ``not``, ``allof``, ``anyof``, ``true`` or ``false``."""

    op: str
    tests: tuple[Use | Logic, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Branch:
    """``if``, ``elsif`` or ``else``; the last has no test."""

    name: str
    test: Use | Logic | None
    block: tuple[Statement, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Choice:
    branches: tuple[Branch, ...]


Statement = Use | Choice


@dataclass(slots=True)
class Site:
    """What a check hook sees: one use, and the settings of the dialect. It reports any number of findings.

    ``within`` names the commands whose blocks it stands in, outermost first (``if``, ``elsif`` and ``else`` too), and
    ``labels`` are those of the same blocks, empty texts where there is none.
    ``at`` is the argument (by index), the tag (by keyword) or the place in question, where findings point unless told
    otherwise.
    ``have`` switches capabilities on for the rest of the script, if all of them are there (RFC 5463).
    """

    use: Use
    settings: Mapping[str, Any]
    limits: Limits
    active: frozenset[str]  # capabilities
    within: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    have: Callable[[Iterable[str]], bool] = lambda capabilities: False
    at: int | str | Position = -1
    findings: list[Finding] = field(default_factory=list)

    def constant(self, key: int | str) -> Any:
        """The value of an argument (by index) or tag (by keyword); None if absent or known only at run time."""
        value = self.use.tags.get(key) if isinstance(key, str) else self.use.arguments[key]
        return value if is_constant(value) else None

    def report(self, message: str, code: str, *, at: int | str | None = None, hint: str = "") -> None:
        where = self.at if at is None else at
        place = where if isinstance(where, Position) else self.use.positions.get(where, self.use.position)
        self.findings.append(Finding(place, message, code, hint, self.use.spec.reference))


def suggestion(word: str, known: Iterable[str]) -> str:
    """``did you mean ...?``, or nothing if no known word is near."""
    near = difflib.get_close_matches(word, sorted(known), 1, 0.7)
    return f"did you mean '{near[0]}'?" if near else ""


class Extension:
    """What stands behind one capability string; the empty one is RFC 5228's base language, which needs no ``require``.

    ``implies`` are capabilities that come with it. ``interpolates`` switches ``${...}`` on. A dialect that has an
    extension with ``types`` knows values of several types, and variables that end with their block.
    """

    def __init__(
        self,
        capability: str,
        reference: str,
        *,
        implies: Iterable[str] = (),
        interpolates: bool = False,
        types: bool = False,
    ) -> None:
        self.capability = capability
        self.reference = reference
        self.implies = tuple(implies)
        self.interpolates = interpolates
        self.types = types
        self.specs: list[Spec] = []
        self.tags: list[Tag] = []
        self.comparators: list[Comparator] = []
        self.match_types: list[MatchType] = []
        self.namespaces: list[Namespace] = []
        self.functions: list[Function] = []
        self.removed: dict[str, str] = {}  # words that are no more, and what to use instead
        self.rewrites: list[Callable[[str], str]] = []
        self.checks: list[tuple[frozenset[str], Callable[[Site], None]]] = []

    @property
    def changes_strings(self) -> bool:
        """Does the same string mean something else where this is required?"""
        return self.interpolates or bool(self.rewrites)

    def command(
        self,
        *params: Param,
        traits: Iterable[str] = (),
        block: Block = "",
        requires: Iterable[str] = (),
        matching: Matching | None = None,
        inline: Inline = "",
    ) -> Callable[[F], F]:
        """A command: ``function(run, *arguments, **tags)``; named after the function."""
        traits = {"matching", *traits} if matching else traits
        more = {"block": block, "requires": tuple(requires), "matching": matching, "inline": inline}
        return self._spec("command", params, traits, **more)

    def test(
        self,
        *params: Param,
        traits: Iterable[str] = (),
        stable: bool = False,
        requires: Iterable[str] = (),
        decide: Callable[[Site], bool] | None = None,
        inline: Inline = "",
    ) -> Callable[[F], F]:
        """A test: ``function(run, *arguments, **tags) -> bool``."""
        more = {"stable": stable, "requires": tuple(requires), "decide": decide, "inline": inline}
        return self._spec("test", params, traits, **more)

    def values(
        self,
        *params: Param,
        keys: str = "key list",
        traits: Iterable[str] = (),
        stable: bool = False,
        prepare: Callable[..., Callable[[Any], Any] | None] | None = None,
        matching: Matching = Matching(),
    ) -> Callable[[F], F]:
        """A test that compares: the function returns a sequence of values, keys and match type are the language's."""
        every = (*params, Param(keys, "texts"))
        return self._spec("test", every, {"matching", *traits}, stable=stable, prepare=prepare, matching=matching)

    def _spec(
        self, what: Literal["command", "test"], params: tuple[Param, ...], traits: Iterable[str], **more: Any
    ) -> Callable[[F], F]:
        def register(function: F) -> F:
            name = function.__name__.rstrip("_")
            shape = frozenset({name, *traits})
            self.specs.append(Spec(what, name, params, function, self.capability, self.reference, shape, **more))
            return function

        return register

    def tag(
        self,
        name: str,
        *on: str,
        keyword: str = "",
        value: Any = True,
        param: Param | None = None,
        needs: str = "",
        then: Param | None = None,
        stable: bool = True,
    ) -> None:
        """A tag on commands and tests of any extension."""
        keyword = keyword or name
        self.tags.append(Tag(name, frozenset(on), self.capability, keyword, value, param, needs, then, stable))

    def match_type(self, match_type: MatchType, param: Param | None = None) -> None:
        self.match_types.append(match_type)
        self.tag(match_type.name, "matching", keyword="match", param=param)

    def comparator(self, comparator: Comparator) -> None:
        self.comparators.append(comparator)

    def namespace(self, name: str, check: Callable[[Site, str], None] | None = None, **more: Any) -> Callable[[F], F]:
        """``${name.item}``: decorates ``function(run, item)``; ``more`` is the rest of ``Namespace``."""

        def register(function: F) -> F:
            self.namespaces.append(Namespace(name, self.capability, function, check, **more))
            return function

        return register

    def function(self, *, maps: bool = False) -> Callable[[F], F]:
        """A function for expressions: its signature says what it takes, see ``sieve.functions``."""

        def register(function: F) -> F:
            self.functions.append(declared(function, self.capability, self.reference, maps=maps))
            return function

        return register

    def rewrite(self, function: Callable[[str], str]) -> Callable[[str], str]:
        """Decorates ``function(text) -> text``, which every string passes at compile time; ValueError is its fault."""
        self.rewrites.append(function)
        return function

    def check(self, *on: str) -> Callable[[Callable[[Site], None]], Callable[[Site], None]]:
        """Decorates ``function(site)``, called for each use of what ``on`` names, by name or trait."""

        def register(function: Callable[[Site], None]) -> Callable[[Site], None]:
            self.checks.append((frozenset(on), function))
            return function

        return register


class Vocabulary:
    """All words of a dialect."""

    def __init__(self, extensions: tuple[Extension, ...]) -> None:
        self.extensions = {extension.capability: extension for extension in extensions}
        specs = [spec for extension in extensions for spec in extension.specs]
        self.commands = {spec.name: spec for spec in specs if spec.what == "command"}
        self.tests = {spec.name: spec for spec in specs if spec.what == "test"}
        self.match_types = {each.name: each for extension in extensions for each in extension.match_types}
        self.namespaces = {each.name: each for extension in extensions for each in extension.namespaces}
        self.comparators = {each.name: (each, e.capability) for e in extensions for each in e.comparators}
        self.checks = [(e.capability, on, check) for e in extensions for on, check in e.checks]
        self.functions = {each.name: each for extension in extensions for each in extension.functions}
        self.removed = {word: instead for extension in extensions for word, instead in extension.removed.items()}
        self.types = any(extension.types for extension in extensions)
        self.writers = {each.name: each.write for each in self.namespaces.values() if each.write}
        self.fields = "|".join(each.pattern for each in self.namespaces.values() if each.pattern)
        self.reference = reference_to(self.fields)
        self._tags: dict[str, list[Tag]] = {}
        for tag in (tag for extension in extensions for tag in extension.tags):
            self._tags.setdefault(tag.name, []).append(tag)
        self._checks: dict[tuple[str, str], list[tuple[str, Callable[[Site], None]]]] = {}
        self.unstable = {tag.keyword for tags in self._tags.values() for tag in tags if not tag.stable}

    def tag(self, name: str, spec: Spec) -> Tag | None:
        return next((tag for tag in self._tags.get(name, ()) if tag.on & spec.traits), None)

    def tags_of(self, spec: Spec) -> list[Tag]:
        return [tag for tags in self._tags.values() for tag in tags if tag.on & spec.traits]

    def checks_of(self, spec: Spec) -> list[tuple[str, Callable[[Site], None]]]:
        """What looks at each use of a command or test, and the capability that it belongs to."""
        key = spec.what, spec.name
        if key not in self._checks:
            self._checks[key] = [(capability, check) for capability, on, check in self.checks if on & spec.traits]
        return self._checks[key]

    def with_implied(self, capability: str) -> set[str]:
        """A capability with all that comes with it."""
        found, waiting = set[str](), [capability]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self.extensions[each].implies if each in self.extensions else ()
        return found


@dataclass(frozen=True, eq=False)
class Dialect:
    """Which language a script is written in. Compared by identity: make one and keep it.

    ``trusted`` scripts may ``require`` anywhere and write control characters as ``\\n``; with ``requires_optional``
    all extensions are there without ``require``. ``settings`` go to the check hooks of extensions. ``include`` finds
    included scripts before the host is asked: ``include(location, name) -> (full name, source)``.
    """

    name: str
    extensions: tuple[Extension, ...]
    limits: Limits = USER_LIMITS
    trusted: bool = False
    requires_optional: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    include: Callable[[str, str], tuple[str, str] | None] | None = None

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.extensions)
