"""Expressions to Python's ``ast``: what is known is worked out now, operators of known types become Python's own."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple

from sieve.coercion import Typed, array_of
from sieve.compiler.building import Builder
from sieve.expressions import children
from sieve.limits import TRUSTED_LIMITS
from sieve.operators import OPERATORS, Kind, Operator, item_at, negated, nested
from sieve.values import Binary, Call, Expression, Formula, Item, Items, Known, Name, Prefix, Read, Variable

_LOAD = ast.Load()
_NUMBERS = frozenset({"int", "float"})
_KINDS: dict[type, Kind] = {bool: "int", int: "int", float: "float", str: "text", tuple: "array"}


class _Made(NamedTuple):
    """A node, and of what type its value will be. ``bool`` is Python's; the language has 1 and 0 for it."""

    node: ast.expr
    kind: Kind

    @property
    def known(self) -> bool:
        return isinstance(self.node, ast.Constant)

    @property
    def constant(self) -> Any:
        assert isinstance(self.node, ast.Constant)
        return self.node.value


class _Nobody:
    """Pays for what is worked out at compile time."""

    limits = TRUSTED_LIMITS

    def charge(self, octets: int) -> None:
        """Constants are never large."""


_NOBODY = _Nobody()


def cost(formula: Formula) -> int:
    """Steps: one for each function that is called."""
    waiting, calls = [formula.tree], 0
    while waiting:
        node = waiting.pop()
        calls += isinstance(node, Call)
        waiting += children(node)
    return calls


class Formulas(Builder):
    def _formula(self, formula: Formula) -> ast.expr:
        """Its value."""
        return self._value_of(self._made(formula.tree))

    def _truth(self, tree: Expression) -> ast.expr:
        """Whether its value is true. Python and the language agree on which values are."""
        if isinstance(tree, Binary) and (lazy := OPERATORS[tree.symbol].lazy):
            left, right = self._truth(tree.left), self._truth(tree.right)
            if isinstance(left, ast.Constant):
                return left if bool(left.value) == (lazy is ast.Or) else right
            return ast.BoolOp(lazy(), [left, right], **self._where)
        return self._made(tree).node

    def _acts(self, formula: Formula) -> bool:
        """Does it call a function that may do more than compute?"""
        waiting = [formula.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Call) and not self._vocabulary.functions[node.name].pure:
                return True
            waiting += children(node)
        return False

    # -- nodes

    def _made(self, tree: Expression) -> _Made:
        match tree:
            case Known(value=value):
                return self._known(value)
            case Read():
                return _Made(self._seen_as(tree, self._read(tree.variable, certain=tree.certain)), "any")
            case Items():
                return self._items(tree)
            case Item():
                return self._item(tree)
            case Call():
                return self._function(tree)
            case Prefix():
                return self._prefixed(tree)
            case Binary():
                return self._binary(tree)
        raise AssertionError(f"unbound: {tree}")

    def _known(self, value: Typed) -> _Made:
        return _Made(self._constant(value), _KINDS[type(value)])

    def _value_of(self, made: _Made) -> ast.expr:
        """The node of a value of the language: no ``bool``."""
        return ast.UnaryOp(ast.UAdd(), made.node, **self._where) if made.kind == "bool" else made.node

    def _values(self, trees: Sequence[Expression]) -> list[_Made]:
        return [
            _Made(self._value_of(made), "int" if made.kind == "bool" else made.kind) for made in map(self._made, trees)
        ]

    def _items(self, tree: Items) -> _Made:
        made = self._values(tree.items)
        if all(each.known for each in made):
            return self._known(nested(_NOBODY, tuple(each.constant for each in made)))
        node = ast.Tuple([each.node for each in made], _LOAD, **self._where)
        if {each.kind for each in made} & {"any", "array"}:
            return _Made(self._operation("nested", node), "array")
        return _Made(node, "array")

    def _item(self, tree: Item) -> _Made:
        of, place = self._values((tree.of, tree.place))
        if of.known and place.known:
            return self._known(item_at(_NOBODY, of.constant, place.constant))
        return _Made(self._seen_as(tree, self._operation("item_at", of.node, place.node)), "any")

    def _function(self, tree: Call) -> _Made:
        function, outer = self._vocabulary.functions[tree.name], self._where
        arguments = self._values(tree.arguments)
        if function.pure and all(each.known for each in arguments):
            return self._known_result(function.call(_NOBODY, *(each.constant for each in arguments)))
        if tree.position is not None:
            self._move(tree.position)
        call = self._call(self._entry("function", tree.name), self._load("run"), *(each.node for each in arguments))
        node = self._seen_as(tree, call)
        self._where = outer
        return _Made(node, function.result)

    def _known_result(self, value: Any) -> _Made:
        return self._known(int(value) if isinstance(value, bool) else value)

    def _prefixed(self, tree: Prefix) -> _Made:
        if tree.symbol == "!":
            truth = self._truth(tree.operand)
            if isinstance(truth, ast.Constant):
                return self._known(int(not truth.value))
            return _Made(ast.UnaryOp(ast.Not(), truth, **self._where), "bool")
        (operand,) = self._values((tree.operand,))
        if operand.known:
            return self._known(negated(_NOBODY, operand.constant))
        return _Made(self._operation("negated", operand.node), "number")

    # -- operators

    def _binary(self, tree: Binary) -> _Made:
        operator = OPERATORS[tree.symbol]
        if operator.lazy:
            return self._lazy(tree, operator.lazy())
        left, right = self._values((tree.left, tree.right))
        if left.known and right.known:
            assert operator.call is not None
            return self._known_result(operator.call(_NOBODY, left.constant, right.constant))
        return self._native(operator, left, right) or _Made(
            self._call(self._entry("operator", tree.symbol), self._load("run"), left.node, right.node), operator.result
        )

    def _lazy(self, tree: Binary, operator: ast.boolop) -> _Made:
        """``a || b`` is a, if that is true; else 1 or 0, as b is true or not. ``&&`` likewise, if a is false."""
        left, right = self._made(tree.left), self._truth(tree.right)
        if left.known and bool(left.constant) == isinstance(operator, ast.Or):
            return left
        if isinstance(right, ast.Constant):
            one: ast.expr = self._constant(int(bool(right.value)))
        else:
            one = ast.IfExp(right, self._constant(1), self._constant(0), **self._where)
        if left.known:
            return _Made(one, "int")
        return _Made(ast.BoolOp(operator, [self._value_of(left), one], **self._where), "any")

    def _native(self, operator: Operator, left: _Made, right: _Made) -> _Made | None:
        """Python's own operator, where it does the same."""
        kinds, native = {left.kind, right.kind}, operator.native
        if native is None or not (kinds <= _NUMBERS or kinds == {"text"}):
            return None
        if issubclass(native, ast.cmpop):
            return _Made(ast.Compare(left.node, [native()], [right.node], **self._where), "bool")
        if kinds == {"text"}:
            return None  # the length of a text has a limit
        result = ast.BinOp(left.node, native(), right.node, **self._where)
        if "float" in kinds:
            return _Made(result, "float")
        return _Made(self._call(self._entry("coercion", "clamp"), result), "int")

    def _operation(self, name: str, *operands: ast.expr) -> ast.expr:
        return self._call(self._entry("operation", name), self._load("run"), *operands)

    # -- trace

    def _seen_as(self, tree: Expression, node: ast.expr) -> ast.expr:
        """In the traced variant, what a part of an expression came to is noted."""
        return self._method("trace", "seen", self._constant(shown(tree)), node) if self._traced else node


def shown(tree: Expression) -> str:
    """An expression as it would be written."""
    match tree:
        case Known(value=value):
            return _literal(value)
        case Name(text=text):
            return text
        case Read(variable=variable):
            return _named(variable)
        case Items(items=items):
            return f"[{_listed(items)}]"
        case Item(of=of, place=place):
            return f"{shown(of)}[{shown(place)}]"
        case Call(name=name, arguments=arguments):
            return f"{name}({_listed(arguments)})"
        case Prefix(symbol=symbol, operand=operand):
            return f"{symbol}{shown(operand)}"
        case Binary(symbol=symbol, left=left, right=right):
            return f"({shown(left)} {symbol} {shown(right)})"


def _listed(trees: Sequence[Expression]) -> str:
    return ", ".join(map(shown, trees))


def _literal(value: Typed) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, array_of(value)))}]"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _named(variable: Variable) -> str:
    return str(variable)
