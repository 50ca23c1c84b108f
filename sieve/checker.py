"""Does the tree make sense? Binds each command and test to its spec, and finds all faults on the way.

One finding for each broken command or test: what follows from a fault is not reported again. Test suites match the
wording of messages: keep it stable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

from sieve import nodes
from sieve.binding import Binder
from sieve.errors import CompileError, Finding, Position
from sieve.resolution import Fault, fail
from sieve.spec import UNSUPPORTED, Branch, Choice, Dialect, Logic, Spec, Statement, Use, suggestion

_CONTROL = frozenset({"require", "if", "elsif", "else"})
_GUARDS_NESTED = 10  # Python nests no more than 20 loops and context managers
_LOGIC = frozenset({"not", "allof", "anyof", "true", "false"})
_FOREIGN = frozenset({"unknown-command", "unknown-test", "unknown-comparator", "unknown-tag", "require", "namespace"})
"""Codes of findings that a capability we do not have may be behind."""


def check(script: tuple[nodes.Command, ...], dialect: Dialect) -> tuple[Statement, ...]:
    """Look for every fault in a script, and bind what is right.

    Raises:
        CompileError: with all findings, in the order of the script.
    """
    checker = _Checker(dialect)
    statements = checker.block(script, 0)
    if checker.findings:
        raise CompileError(checker.findings)
    return statements


class _Checker:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.vocabulary = dialect.vocabulary
        self.findings: list[Finding] = []
        self.binder = Binder(dialect, self.findings)
        self._above_all = True  # nothing but require so far

    # -- commands

    def block(self, commands: Iterable[nodes.Command], depth: int) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        chain: list[Branch] | None = None
        for command in commands:
            if command.name == "require":
                self._guarded(self._require, command, depth)
                continue
            self._above_all = False
            if command.name in _CONTROL:
                chain = self._branch(command, chain, statements, depth)
            else:
                chain = None
                statements += filter(None, [self._command(command, depth)])
        return tuple(statements)

    def _guarded(self, check: object, node: nodes.Command, depth: int) -> None:
        try:
            check(node, depth)  # type: ignore[operator]
        except Fault as fault:
            self.findings.append(fault.finding)

    def _require(self, command: nodes.Command, depth: int) -> None:
        if not self.dialect.trusted and (depth or not self._above_all):
            fail(
                command.position, "require can only stand at the top of the script, before any other command", "require"
            )
        _no_tests(command)
        if command.block is not None or len(command.arguments) != 1:
            fail(command.position, "the require command requires 1 positional argument, a string list", "arguments")
        argument = command.arguments[0]
        if not isinstance(argument, nodes.Text | nodes.Texts):
            fail(
                argument.position, "the require command expects a string list as argument 1 (capabilities)", "arguments"
            )
        for item in argument.items if isinstance(argument, nodes.Texts) else (argument,):
            self._capability(item)

    def _capability(self, item: nodes.Text) -> None:
        known = self.vocabulary.extensions
        if item.value in known and item.value:
            self.binder.activate(item.value)
        else:
            hint = suggestion(item.value, filter(None, known))
            message = f"unknown Sieve capability '{item.value}'"
            self.findings.append(Finding(item.position, message, "capability", hint, "RFC 5228 section 3.2"))

    def _branch(
        self, command: nodes.Command, chain: list[Branch] | None, statements: list[Statement], depth: int
    ) -> list[Branch] | None:
        """Add an ``if``, ``elsif`` or ``else`` to its chain; returns the chain if it may go on."""
        name = command.name
        branch = Branch(name, self._condition(command), self._inner(command, depth), command.position)
        if name == "if":
            chain = [branch]
            statements.append(Choice((branch,)))
        elif chain is None:
            self._report(command.position, f"the {name} command must follow an if or elsif command", "control")
            return None
        else:
            chain.append(branch)
            statements[-1] = Choice(tuple(chain))
        return chain if name != "else" else None

    def _condition(self, command: nodes.Command) -> Use | Logic | None:
        wanted = int(command.name != "else")
        try:
            if command.arguments:
                what = f"the {command.name} command accepts no arguments, but {len(command.arguments)} are specified"
                fail(command.arguments[0].position, what, "arguments")
            if command.block is None:
                fail(command.position, f"the {command.name} command requires a block of commands", "block")
            if len(command.tests) != wanted:
                if not wanted:
                    _no_tests(command)
                fail(
                    command.position,
                    f"the {command.name} command requires 1 test, but {len(command.tests)} are specified",
                    "tests",
                )
        except Fault as fault:
            self.findings.append(fault.finding)
        tests = [self._test(test, 1) for test in command.tests]
        return tests[0] if tests else None

    def _inner(self, command: nodes.Command, depth: int) -> tuple[Statement, ...]:
        if command.block is None:
            return ()
        within = self.binder.within
        within.append(command.name)
        self.binder.labels.append(_label(command))
        guards = sum(name not in _CONTROL for name in within)
        statements: tuple[Statement, ...] = ()
        if depth >= self.dialect.limits.nested_blocks or guards > _GUARDS_NESTED:
            self._report(command.position, f"blocks are nested too deeply (more than {depth})", "nesting")
        else:
            self.binder.scopes.enter()
            statements = self.block(command.block, depth + 1)
            self.binder.scopes.leave()
        within.pop()
        self.binder.labels.pop()
        return statements

    def _command(self, command: nodes.Command, depth: int) -> Use | None:
        block = None if command.block is None else self._inner(command, depth)
        try:
            spec = self.vocabulary.commands.get(command.name)
            if spec is None:
                self._unknown("command", command.name, command.position)
            self.binder.available(spec, command.position)
            if command.tests and command.tests[0].name in self._command_names():
                fail(command.tests[0].position, f"missing semicolon after the {command.name} command", "syntax")
            self.binder.no_tests(spec, command)
            if bool(spec.block) != (block is not None):
                what = "requires a block of commands" if spec.block else "accepts no block of commands"
                fail(command.position, f"the {spec} {what}", "block")
            return self.binder.use(spec, command, block)
        except Fault as fault:
            return self._deferred(fault.finding, self.vocabulary.commands)

    def _deferred(self, finding: Finding, words: Mapping[str, Spec]) -> Use | None:
        """A finding; or, where an ihave found something missing, what is an error only if it is reached (RFC 5463)."""
        if not self.binder.tolerant or finding.code not in _FOREIGN:
            self.findings.append(finding)
            return None
        return Use(words[UNSUPPORTED], finding.position, (finding.message,), {}, ("", "", ""), None, {})

    def _command_names(self) -> set[str]:
        return {*self.vocabulary.commands, *_CONTROL}

    # -- tests

    def _test(self, test: nodes.Test, depth: int) -> Use | Logic | None:
        if depth > self.dialect.limits.nested_tests:
            self._report(test.position, f"tests are nested too deeply (more than {depth - 1})", "nesting")
            return None
        try:
            return self._logic(test, depth) if test.name in _LOGIC else self._plain(test)
        except Fault as fault:
            return self._deferred(fault.finding, self.vocabulary.tests)

    def _logic(self, test: nodes.Test, depth: int) -> Logic:
        inner = [self._test(each, depth + 1) for each in test.tests]
        if test.arguments:
            fail(test.arguments[0].position, f"the {test.name} test accepts no arguments", "arguments")
        given = len(inner)
        if test.name in ("true", "false") and given:
            fail(
                test.tests[0].position, f"the {test.name} test accepts no sub-tests, but {given} are specified", "tests"
            )
        if test.name == "not" and given != 1:
            fail(test.position, f"the not test requires 1 sub-test, but {given} are specified", "tests")
        if test.name in ("allof", "anyof") and not given:
            fail(test.position, f"the {test.name} test requires sub-tests, but none are specified", "tests")
        return Logic(test.name, tuple(each for each in inner if each is not None), test.position)

    def _plain(self, test: nodes.Test) -> Use:
        spec = self.vocabulary.tests.get(test.name)
        if spec is None:
            for inner in test.tests:
                self._test(inner, self.dialect.limits.nested_tests)
            self._unknown("test", test.name, test.position)
        self.binder.available(spec, test.position)
        self.binder.no_tests(spec, test)
        return self.binder.use(spec, test, None)

    def _unknown(self, what: str, name: str, position: Position) -> NoReturn:
        others, same = self.vocabulary.tests, self.vocabulary.commands
        other = "test"
        if what == "test":
            others, same, other = same, others, "command"
        if name in others or name in (_LOGIC if what == "command" else _CONTROL):
            fail(position, f"cannot use {other} '{name}' as a {what}", f"unknown-{what}")
        known = {*same, *(_CONTROL if what == "command" else _LOGIC)}
        hint = self.vocabulary.removed.get(name) or suggestion(name, known)
        fail(position, f"unknown {what} '{name}'", f"unknown-{what}", hint)

    def _report(self, position: Position, message: str, code: str) -> None:
        self.findings.append(Finding(position, message, code))


def _label(command: nodes.Command) -> str:
    """What stands behind ``:name``, by which a jump in the block may mean the command."""
    following = zip(command.arguments, command.arguments[1:], strict=False)
    labels = (text for tag, text in following if isinstance(tag, nodes.Tag) and tag.name == "name")
    return next((label.value for label in labels if isinstance(label, nodes.Text)), "")


def _no_tests(command: nodes.Command) -> None:
    if command.tests:
        first = command.tests[0]
        fail(
            first.position,
            f"the {command.name} command accepts no tests, but {len(command.tests)} are specified",
            "tests",
        )
