"""What the traced variant tells while it runs: which command or test begins, which branch of an if chain is taken."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from sieve.compiler.formulas import Formulas
from sieve.errors import Sources
from sieve.spec import Branch, Logic, Use, Vocabulary
from sieve.values import Capture, Formula, Template, Value, Variable


class Telling(Formulas):
    def __init__(self, vocabulary: Vocabulary, sources: Sources, *, traced: bool) -> None:
        super().__init__(vocabulary, sources, traced=traced)
        self._depth = 0
        self._prefix = ""  # the control command whose first test comes next

    def _begin(self, op: str, use: Use) -> ast.expr:
        label = f"{self._prefix}{self._shown(use)}"
        arguments = (self._constant(op), self._place(), self._constant(self._depth), self._constant(label))
        return self._method("trace", "begin", *arguments)

    def _shown(self, use: Use) -> str:
        """A command or test as it would be written, without the keys."""
        kind, _, relation = use.match
        arguments = use.arguments[:-1] if use.spec.matching else use.arguments
        words = [f":{kind}" * bool(kind), f'"{relation}"' * bool(relation)]
        words += [self._shown_tag(use, keyword, value) for keyword, value in use.tags.items()]
        words += [_literal(each) for each in arguments if each is not None]
        return " ".join([use.spec.name, *filter(None, words)])

    def _shown_tag(self, use: Use, keyword: str, value: Value) -> str:
        tags = [tag for tag in self._vocabulary.tags_of(use.spec) if tag.keyword == keyword]
        if not tags:
            return ""  # not the script's: see Spec.decide
        plain = [tag.name for tag in tags if tag.param is None and tag.value == value]
        named = [tag.name for tag in tags if tag.param is not None]
        return f":{plain[0]}" if plain else f":{named[0]} {_literal(value)}"

    # -- if chains

    def _chosen(self, branches: Sequence[Branch]) -> list[ast.stmt]:
        """A chain begins: what its conditions are."""
        told = tuple((branch.name, *self._spot(branch), self._condition(branch.test)) for branch in branches)
        self._move(branches[0].position)
        return self._tell("choose", self._place(), self._constant(self._depth), self._constant(told))

    def _entered(self, branch: Branch, number: int) -> list[ast.stmt]:
        self._move(branch.position)
        return self._tell("enter", self._constant(self._depth), self._constant(number))

    def _left(self) -> list[ast.stmt]:
        return self._tell("leave", self._constant(self._depth))

    def _tell(self, name: str, *arguments: ast.expr) -> list[ast.stmt]:
        return [ast.Expr(self._method("trace", name, *arguments), **self._where)] if self._traced else []

    def _condition(self, test: Use | Logic | None) -> tuple[Any, ...] | None:
        """A condition as a constant: where its tests stand, and how they are joined."""
        if test is None:
            return None
        if isinstance(test, Use):
            return "test", *self._spot(test)
        return test.op, *map(self._condition, test.tests)

    def _spot(self, node: Branch | Use) -> tuple[int, int]:
        place = self._sources.place(*node.position)
        return place.line, place.column


def _literal(value: Value) -> str:
    if isinstance(value, Template):
        return '"' + "".join(part if isinstance(part, str) else _braced(part) for part in value.parts) + '"'
    if isinstance(value, Formula):
        return f'"{value.text}"'
    if isinstance(value, tuple):
        return _literal(value[0]) if len(value) == 1 else f"[{', '.join(map(_literal, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _braced(part: Capture | Variable) -> str:
    return f"${{{part.number if isinstance(part, Capture) else part}}}"
