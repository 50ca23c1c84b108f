"""The small nodes of Python's ``ast``, each with its place in the script, and the pool of what the code refers to."""

from __future__ import annotations

import ast
from typing import Any

from sieve.compiler.linker import Recipe
from sieve.errors import Position, Sources
from sieve.spec import Vocabulary
from sieve.values import Variable

_LOAD, _STORE = ast.Load(), ast.Store()


class Builder:
    def __init__(self, vocabulary: Vocabulary, sources: Sources, *, traced: bool) -> None:
        self._vocabulary = vocabulary
        self._sources = sources
        self._traced = traced
        self._where: dict[str, Any] = {}
        self._move(Position(1, 1))
        self.pool: dict[Recipe, str] = {}

    def _move(self, position: Position) -> None:
        line, column = position
        self._where = {"lineno": line, "col_offset": column - 1}  # without an end: two more would cost a tenth

    def _place(self) -> ast.expr:
        return self._constant(tuple(self._sources.place(self._where["lineno"], self._where["col_offset"] + 1)))

    def _entry(self, *recipe: Any) -> str:
        return self.pool.setdefault(recipe, f"p{len(self.pool)}")

    def _constant(self, value: Any) -> ast.Constant:
        return ast.Constant(value, **self._where)

    def _load(self, name: str) -> ast.Name:
        return ast.Name(name, _LOAD, **self._where)

    def _store(self, name: str) -> ast.Name:
        return ast.Name(name, _STORE, **self._where)

    def _call(self, function: str, *arguments: ast.expr) -> ast.Call:
        return ast.Call(self._load(function), list(arguments), [], **self._where)

    def _method(self, of: str, name: str, *arguments: ast.expr) -> ast.Call:
        function = ast.Attribute(self._load(of), name, _LOAD, **self._where)
        return ast.Call(function, list(arguments), [], **self._where)

    def _of(self, mapping: str, key: str, context: ast.expr_context = _LOAD) -> ast.Subscript:
        return ast.Subscript(self._load(mapping), self._constant(key), context, **self._where)

    def _read(self, variable: Variable, *, certain: bool = False) -> ast.expr:
        """The value of a variable or reference; ``certain``: it has one."""
        if variable.namespace in ("", "global"):
            store = "shared" if variable.namespace else "variables"
            if certain:
                return self._of(store, variable.name)
            return self._method(store, "get", self._constant(variable.name), self._constant(""))
        if self._vocabulary.namespaces[variable.namespace].prepare:
            return self._call(self._entry("item", *variable), self._load("run"))
        return self._call(self._entry("reader", variable.namespace), self._load("run"), self._constant(variable.name))
