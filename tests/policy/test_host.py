from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sieve import LimitExceeded
from stalwart_g.green import tasks
from stalwart_g.green.state import MemoryState
from stalwart_g.policy.facts import Facts
from stalwart_g.policy.host import PolicyHost, World
from stalwart_g.policy.notes import Notes
from stalwart_g.policy.schemas import STAGES
from stalwart_g.policy.slots import Slots
from stalwart_g.policy.tables import Found, Table


class SilentTable:
    """A database that never answers."""

    waits = True

    def find(self, key: str) -> Found:
        tasks.Event().wait()
        return Found(True)

    def paths(self) -> Iterable[Path]:
        return ()

    def reload(self) -> None:
        """Nothing to read."""

    def close(self) -> None:
        """Nothing to close."""


def host(
    wait_seconds: float = 5.0, facts: Facts | None = None, tables: Mapping[str, Table] | None = None
) -> PolicyHost:
    state = MemoryState(lambda: 1000.0)
    stage = replace(STAGES["rcpt"], wait_seconds=wait_seconds)
    return PolicyHost(stage, World(tables or {}, state), facts or Facts({}), Notes(), Slots(state))


def test_a_table_that_never_answers_is_waited_for_so_long():
    with pytest.raises(LimitExceeded, match=r"longer than its limit of 0\.02 seconds"):
        host(0.02, tables={"t": SilentTable()}).look_up("t", "x")


def test_what_a_script_waits_for_facts_adds_up():
    facts = Facts({"rcpt.exists": lambda: tasks.breathe() or "yes", "rcpt": "a@b"})
    asked = host(0.0, facts)
    assert asked.texts("rcpt") == ("a@b",)
    with pytest.raises(LimitExceeded):
        asked.texts("rcpt.exists")


def test_time_spent_elsewhere_is_not_the_scripts_own():
    def compute() -> str:
        return str(sum(range(200_000)))

    asked = host(facts=Facts({"rcpt.exists": compute}))
    before = asked.cpu_seconds()
    asked.texts("rcpt.exists")
    asked.breathe()
    assert asked.cpu_seconds() - before < 0.002


def test_keys_from_the_network_are_bounded():
    asked = host()
    assert asked.limit("x" * 100_000, 1, 60, 1, peek=False)
    assert not asked.limit("x" * 100_000, 1, 60, 1, peek=False)
    assert asked.limit("x" * 100_001, 1, 60, 1, peek=False)


def test_keys_of_slots_limits_and_memories_do_not_meet_those_of_the_server():
    asked = host()
    asked.remember("seen", "k", 60, peek=False)
    state = asked.world.state
    assert state.remember("seen", "k", 60, peek=True) is None
    assert state.remember("policy:seen", "k", 60, peek=True) == 0.0


def test_the_envelope_is_made_of_facts():
    asked = host(facts=Facts({"sender": "a@x", "rcpt": "b@y", "auth.account": ""}))
    assert [list(asked.envelope(part)) for part in ("from", "to", "auth", "other")] == [["a@x"], ["b@y"], [""], []]
