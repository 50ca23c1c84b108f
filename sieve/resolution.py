"""What the names in an expression mean: variables of the blocks around it, references, functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NoReturn

from sieve import expressions, nodes
from sieve.errors import Finding, Position, SieveError
from sieve.functions import Function
from sieve.spec import Vocabulary, suggestion
from sieve.values import Binary, Call, Expression, Formula, Item, Items, Name, Prefix, Read, Variable


class Fault(SieveError):
    """Ends the check of one command or test."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


def fail(position: Position, message: str, code: str, hint: str = "", reference: str = "") -> NoReturn:
    raise Fault(Finding(position, message, code, hint, reference))


@dataclass(slots=True)
class Scopes:
    """Where values have types, a variable lives as long as the block that gave it its first value."""

    _open: list[dict[str, tuple[Position, bool]]] = field(default_factory=lambda: [{}])
    _ended: dict[str, Position] = field(default_factory=dict)

    def enter(self) -> None:
        self._open.append({})

    def leave(self) -> None:
        self._ended |= {name: position for name, (position, _) in self._open.pop().items()}

    def declare(self, name: str, position: Position, *, certain: bool, outermost: bool = False) -> None:
        """A name gets a value here. ``certain``: whatever comes after this finds one."""
        if not self.knows(name):
            self._open[0 if outermost else -1][name] = position, certain and not outermost

    def knows(self, name: str) -> bool:
        return any(name in block for block in self._open)

    def is_certain(self, name: str) -> bool:
        return any(name in block and block[name][1] for block in self._open)

    def ended(self, name: str) -> Position | None:
        """Where a variable was declared that has ended with its block."""
        return None if self.knows(name) else self._ended.get(name)

    @property
    def names(self) -> set[str]:
        return set().union(*self._open)


@dataclass(frozen=True, slots=True)
class Resolver:
    """Binds one expression. ``meant`` says which variable or reference a name is, or None; it may raise a Fault."""

    vocabulary: Vocabulary
    scopes: Scopes
    meant: Callable[[str, Position], Variable | None]
    there: Callable[[str], bool]  # is a capability active?

    def formula(self, node: nodes.Text, text: str) -> Formula:
        """Parse an expression and bind its names. ``text`` is the value of ``node``, perhaps rewritten.

        Raises:
            Fault: it is no expression, or a name means nothing.
        """
        moved = text != node.value
        place = (lambda at: node.position) if moved else node.place_of
        try:
            tree = expressions.parse(text, self.vocabulary.fields)
        except expressions.Broken as broken:
            fail(place(broken.at), broken.message, "expression", broken.hint)
        return Formula(self._bound(tree, place), text)

    def _bound(self, tree: Expression, place: Callable[[int], Position]) -> Expression:
        match tree:
            case Name():
                return self._name(tree, place(tree.at))
            case Call():
                return self._call(tree, place)
            case Items(items=items):
                return replace(tree, items=tuple(self._bound(each, place) for each in items))
            case Item():
                return replace(tree, of=self._bound(tree.of, place), place=self._bound(tree.place, place))
            case Prefix():
                return replace(tree, operand=self._bound(tree.operand, place))
            case Binary():
                return replace(tree, left=self._bound(tree.left, place), right=self._bound(tree.right, place))
        return tree

    def _name(self, name: Name, position: Position) -> Expression:
        variable = self.meant(name.text, position)
        if variable is not None:
            return Read(variable, name.at, position, not variable.namespace and self.scopes.is_certain(variable.name))
        ended = self.scopes.ended(name.text.lower())
        if ended:
            hint = f"it was set in a block (line {ended.line}) and ended with it: give it a value before that block"
        elif name.text in self.vocabulary.functions:
            hint = f"call it: {self.vocabulary.functions[name.text]}"
        else:
            known = {*self.scopes.names, *self.vocabulary.functions}
            hint = suggestion(name.text, known) or "a variable must have a value before it is read"
        fail(position, f'Invalid variable or function name "{name.text}"', "name", hint)

    def _call(self, call: Call, place: Callable[[int], Position]) -> Expression:
        position = place(call.at)
        function = self.vocabulary.functions.get(call.name)
        if function is None:
            hint = self.vocabulary.removed.get(call.name, suggestion(call.name, self.vocabulary.functions))
            fail(position, f'Invalid variable or function name "{call.name}"', "name", hint)
        if not self.there(function.capability):
            message = f"the function {call.name} needs the capability '{function.capability}'"
            fail(position, message, "require", f'add: require "{function.capability}";')
        self._counted(function, len(call.arguments), position)
        arguments = tuple(self._bound(each, place) for each in call.arguments)
        return replace(call, arguments=arguments, position=position)

    @staticmethod
    def _counted(function: Function, given: int, position: Position) -> None:
        if not function.required <= given <= len(function.labels):
            verb = "is" if given == 1 else "are"
            message = f"the function {function.name} takes {function.counted}, but {given} {verb} given"
            fail(position, message, "arguments", str(function))


def reads(formula: Formula) -> Iterator[Read]:
    """Each variable and reference that an expression reads."""
    waiting = [formula.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Read):
            yield node
        waiting += reversed(expressions.children(node))
