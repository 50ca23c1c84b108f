"""The world as a stage's script sees it: facts, notes, tables, shared state, and how long it may wait for them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import sieve
from sieve.errors import LimitExceeded
from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut
from stalwart_g.green.state import State
from stalwart_g.policy.facts import Facts, Texts
from stalwart_g.policy.kinds import Names, Value
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.schema import Stage
from stalwart_g.policy.slots import Slots
from stalwart_g.policy.tables import Found, Table

T = TypeVar("T")

LOOKUPS = 30
"""So many look-ups may one run ask for (SPEC-SMTP section 8.1)."""

_KEY_CHARACTERS = 255
_ENVELOPE = {"from": "sender", "to": "rcpt", "orig_to": "rcpt.original", "auth": "auth.account"}
_TERMS = {"notify": "rcpt.notify", "orcpt": "rcpt.orcpt", "ret": "mail.ret", "envid": "mail.envid"}
"""Terms of RFC 3461; one that was not said has no value (RFC 6009)."""


@dataclass(frozen=True, slots=True)
class World:
    """What all scripts of a process share."""

    tables: Mapping[str, Table]
    state: State
    clock: Callable[[], float] = time.time
    names: Names = field(default_factory=dict)


class PolicyHost(sieve.Host):
    """Answers one run, and collects what it sets.

    Attributes:
        params: what the script has set so far.
        lookup_error: why the last look-up could not be answered.
    """

    def __init__(self, stage: Stage, world: World, facts: Facts, notes: Notes, slots: Slots) -> None:
        self.stage, self.world, self.facts, self.notes, self.slots = stage, world, facts, notes, slots
        self.params: dict[str, Value] = {}
        self.lookup_error = ""
        self._lookups = 0
        self._waited_seconds = self._away_seconds = 0.0

    # What the language itself asks

    def environment(self, name: str) -> Sequence[str] | None:
        """A fact of this stage; None for what is no fact."""
        return self.texts(name) if name in self.stage.sees else None

    def envelope(self, part: str) -> Sequence[str]:
        if part == "to" and self.stage.name == "data":
            return self.texts("rcpts")
        term = _TERMS.get(part, "")
        if term in self.stage.sees:
            return tuple(filter(None, self.texts(term)))
        fact = _ENVELOPE.get(part, "")
        return self.texts(fact) if fact in self.stage.sees else ()

    def now(self) -> tuple[float, int]:
        now = self.world.clock()
        return now, time.localtime(now).tm_gmtoff // 60

    def cpu_seconds(self) -> float:
        """What this greenlet has used: all of the thread's time, less that in which it was away."""
        return time.thread_time() - self._away_seconds

    def breathe(self) -> None:
        started = time.monotonic()
        tasks.breathe()
        self._away_seconds += time.monotonic() - started

    # What the commands and tests of the policy ask

    def texts(self, name: str) -> Texts:
        """A fact as scripts see it; a lazy one is found out now."""
        return self.facts.texts(name, self.inquire)

    def text(self, name: str) -> str:
        """The same as one text."""
        texts = self.texts(name)
        return texts[0] if len(texts) == 1 else " ".join(texts)

    def limit(self, key: str, count: int, period_seconds: int, cost: int, *, peek: bool) -> bool:
        """Raises: StateUnavailable"""
        state = self.world.state
        return self.inquire(lambda: state.limit(_bounded(f"policy:{key}"), count, period_seconds, cost, peek=peek))

    def slot(self, scope: str, key: str, maximum: int) -> bool:
        """Raises: StateUnavailable"""
        return self.inquire(self.slots.take, scope, _bounded(f"policy:{key}"), maximum)

    def remember(self, table: str, key: str, ttl_seconds: int, *, peek: bool) -> float | None:
        """The age of a known key. Raises: StateUnavailable"""
        state = self.world.state
        return self.inquire(lambda: state.remember(f"policy:{table}", _bounded(key), ttl_seconds, peek=peek))

    def look_up(self, table: str, key: str) -> Found:
        """Ask a table; why it could not answer is in `lookup_error` too.

        Raises:
            LimitExceeded: the script asks too often, or its time is over.
        """
        self._lookups += 1
        if self._lookups > LOOKUPS:
            raise LimitExceeded(f"script exceeded its limit of {LOOKUPS} lookups")
        asked, key = self.world.tables[table], _encodable(key)
        found = self.inquire(self._patiently, asked, key) if asked.waits else asked.find(key)
        self.lookup_error = found.error
        return found

    def inquire(self, question: Callable[..., T], *arguments: object) -> T:
        """Ask somebody who may take his time, and see to it that the script does not wait for ever in all.

        Raises:
            LimitExceeded: it has waited too long.
            what ``question`` raises.
        """
        started = time.monotonic()
        answer = question(*arguments)
        waited = time.monotonic() - started
        self._away_seconds += waited
        self._waited_seconds += waited
        if self._waited_seconds > self.stage.wait_seconds:
            raise self._waited_too_long()
        return answer

    def _patiently(self, table: Table, key: str) -> Found:
        """For somebody who knows no deadline of his own."""
        try:
            with tasks.timeout(max(self.stage.wait_seconds - self._waited_seconds, 0.001)):
                return table.find(key)
        except TimedOut:
            raise self._waited_too_long() from None

    def _waited_too_long(self) -> LimitExceeded:
        return LimitExceeded(f"script waited longer than its limit of {self.stage.wait_seconds:g} seconds")


def _encodable(text: str) -> str:
    """What comes from the network may hold octets that are no text."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _bounded(key: str) -> str:
    """What comes from the network has no end by itself."""
    key = _encodable(key)
    if len(key) <= _KEY_CHARACTERS:
        return key
    return hashlib.sha256(key.encode()).hexdigest()
