from __future__ import annotations

from stalwart_g.green.state import MemoryState
from stalwart_g.policy.slots import Slots


def test_slots_of_a_scope_are_free_again_when_it_ends():
    state = MemoryState()
    mine, others = Slots(state), Slots(state)
    assert mine.take("txn", "k", 1)
    assert not others.take("txn", "k", 1)
    mine.release("txn")
    assert others.take("txn", "k", 1)


def test_the_end_of_one_scope_leaves_the_others():
    state = MemoryState()
    slots = Slots(state)
    slots.take("session", "k", 1)
    slots.take("txn", "k2", 1)
    slots.release("txn")
    assert len(slots) == 1
    assert not Slots(state).take("session", "k", 1)


def test_a_slot_that_is_held_is_not_taken_twice():
    state = MemoryState()
    slots = Slots(state)
    assert slots.take("session", "k", 2)
    assert slots.take("session", "k", 2)
    assert Slots(state).take("session", "k", 2)


def test_leaving_the_block_releases_all():
    state = MemoryState()
    with Slots(state) as slots:
        slots.take("session", "a", 1)
        slots.take("txn", "b", 1)
    assert not len(slots)
    assert Slots(state).take("txn", "b", 1)
