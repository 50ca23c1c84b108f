"""What a rule of ``lint`` sees, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sieve import checker, nodes
from sieve.errors import CompileError, Finding, Position
from sieve.spec import Dialect, Statement, Use
from sieve.tools import tree


@dataclass(frozen=True)
class Linted:
    """A valid script, before and after it was bound."""

    source: str
    commands: tuple[nodes.Command, ...]
    statements: tuple[Statement, ...]
    dialect: Dialect

    @cached_property
    def uses(self) -> list[Use]:
        """Each command and test."""
        return list(tree.uses(self.statements))

    @cached_property
    def texts(self) -> list[nodes.Text]:
        """Each string, but those of require."""
        found: list[nodes.Text] = []
        waiting: list[nodes.Command | nodes.Test] = [each for each in self.commands if each.name != "require"]
        while waiting:
            node = waiting.pop()
            for argument in node.arguments:
                items = argument.items if isinstance(argument, nodes.Texts) else (argument,)
                found += (item for item in items if isinstance(item, nodes.Text))
            waiting += node.tests
            waiting += (node.block or ()) if isinstance(node, nodes.Command) else ()
        return found

    @cached_property
    def required(self) -> list[nodes.Text]:
        """The capabilities that the script asks for."""
        arguments = [argument for each in self.commands if each.name == "require" for argument in each.arguments]
        texts = (each.items if isinstance(each, nodes.Texts) else (each,) for each in arguments)
        return [text for items in texts for text in items if isinstance(text, nodes.Text)]

    def means_the_same_without(self, capability: nodes.Text) -> bool:
        """If a capability were not required, would the script be valid all the same, and nothing in it different?"""
        try:
            return checker.check(_without(self.commands, capability), self.dialect) == self.statements
        except CompileError:
            return False


def warning(position: Position, message: str, code: str, hint: str = "", reference: str = "") -> Finding:
    return Finding(position, message, code, hint, reference, severity="warning")


def _without(commands: tuple[nodes.Command, ...], capability: nodes.Text) -> tuple[nodes.Command, ...]:
    """The script as if a capability were not required. No capability at all is required by an empty list."""
    kept: list[nodes.Command] = []
    for command in commands:
        if command.name == "require":
            given = [each for each in command.arguments if isinstance(each, nodes.Text | nodes.Texts)]
            items = [item for each in given for item in (each.items if isinstance(each, nodes.Texts) else (each,))]
            left = nodes.Texts(tuple(item for item in items if item.value != capability.value), command.position)
            kept.append(nodes.Command("require", (left,), (), None, command.position))
        else:
            kept.append(command)
    return tuple(kept)
