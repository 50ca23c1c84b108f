"""The variant that counts: it calls a probe before each command and condition, and when a branch is taken."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from sieve.compiler.emitter import Emitter, compiled
from sieve.compiler.linker import Unit
from sieve.errors import Position, Sources
from sieve.spec import Branch, Statement, Use, Vocabulary


def compile_probed(statements: Sequence[Statement], vocabulary: Vocabulary, sources: Sources) -> Unit:
    """Compile with probes."""
    return compiled(_Probing(vocabulary, sources, traced=False), statements, sources)


class _Probing(Emitter):
    prelude = "probe = run.probe"

    def _command(self, use: Use) -> list[ast.stmt]:
        probe = self._probe("command", use.position)
        return [ast.Expr(probe, **self._where), *super()._command(use)]

    def _branch(self, branch: Branch, number: int, orelse: list[ast.stmt]) -> list[ast.stmt]:
        made = super()._branch(branch, number, orelse)
        taken = ast.Expr(self._probe("taken", branch.position), **self._where)
        if branch.test is None:
            return [taken, *made]
        (choice,) = made
        assert isinstance(choice, ast.If)
        reached = self._probe("condition", branch.position)  # gives None, which is false
        choice.test = ast.BoolOp(ast.Or(), [reached, choice.test], **self._where)
        choice.body.insert(0, taken)
        return [choice]

    def _probe(self, what: str, position: Position) -> ast.expr:
        self._move(position)
        return self._call("probe", self._constant(what), self._place())
