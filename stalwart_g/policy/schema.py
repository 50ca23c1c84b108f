"""What a stage's script may see and do: facts, parameters, actions (SPEC-SMTP sections 8.2, 8.4 and 8.5).

Scripts are checked against these tables when they are compiled, and the README of the scripts is made of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from stalwart_g.policy.kinds import BOOL, Kind, Value

Scope = str
"""session, txn or delivery: for how long a note is known and a slot is held."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the server knows.

    Attributes:
        type: str, int, bool, ip, time (unix seconds) or list.
        lazy: found out when a script first asks, which may take a question to the network.
        kept: the queue keeps it, so that stages after the session see it too.
        planned: the server does not find it out yet: it is empty.
    """

    name: str
    type: str
    about: str
    lazy: bool = False
    kept: bool = False
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that a script sets. Without an ``initial`` value it is absent until then.

    Attributes:
        configured: the key of the configuration that counts while it is absent.
        planned: the server does not obey it yet.
    """

    name: str
    kind: Kind
    about: str
    initial: Value | None = None
    configured: str = ""
    planned: bool = False


@dataclass(frozen=True)
class Stage:
    """One stage. ``sees`` and ``actions`` say all that its scripts may use.

    Attributes:
        after: the stages whose facts it sees too; the stages of the queue see what the queue has kept of them.
        has_message: may scripts look into the message?
        on_error: what becomes of a mail or a command when the script fails: ``refuse`` for now, or ``proceed``.
        envelope: the parts of the envelope that ``setenvelope`` may change.
        scopes: of notes and slots; the first is the default of both.
        cpu_seconds, wait_seconds: how long a script may compute, and wait for others.
    """

    name: str
    about: str
    facts: tuple[Fact, ...]
    parameters: tuple[Parameter, ...]
    actions: frozenset[str]
    scopes: tuple[Scope, ...]
    after: tuple[Stage, ...] = ()
    in_queue: bool = False
    has_message: bool = False
    on_error: str = "refuse"
    envelope: frozenset[str] = frozenset()
    cpu_seconds: float = 0.5
    wait_seconds: float = 5.0

    @cached_property
    def sees(self) -> Mapping[str, Fact]:
        """All facts of this stage by name, those of earlier stages included."""
        earlier = {
            fact.name: fact
            for stage in self.after
            for fact in stage.sees.values()
            if fact.kept or stage.in_queue or not self.in_queue
        }
        return earlier | {fact.name: fact for fact in self.facts}

    @cached_property
    def lost(self) -> Collection[str]:
        """Names of facts that earlier stages saw and this one does not, because the queue has not kept them."""
        return {name for stage in self.after for name in (*stage.sees, *stage.lost)} - self.sees.keys()

    @cached_property
    def takes(self) -> Mapping[str, Parameter]:
        """Its parameters by name."""
        return {parameter.name: parameter for parameter in self.parameters}

    @cached_property
    def shape(self) -> tuple[object, ...]:
        """All that a script's check depends on, the same in every process: code of another shape is stale."""
        words = (sorted(self.sees), sorted(self.actions), sorted(self.envelope), self.scopes, self.has_message)
        return (self.name, *words, [(each.name, each.kind) for each in self.parameters])

    @cached_property
    def initial(self) -> Mapping[str, Value]:
        """The values that parameters have before the script runs."""
        return MappingProxyType({each.name: each.initial for each in self.parameters if each.initial is not None})


def flags(prefix: str, about: str, *names: str, planned: bool = False) -> tuple[Parameter, ...]:
    """Several switches that mean the same for different things."""
    return tuple(Parameter(f"{prefix}{name}", BOOL, about.format(name.upper()), planned=planned) for name in names)
