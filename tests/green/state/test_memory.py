"""The algorithms of the state, with a clock that stands still until it is moved."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.green.state.expiring import ExpiringTable
from stalwart_g.green.state.memory import MemoryState


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_half_of_the_last_period_counts_in_the_middle_of_this_one() -> None:
    clock = Clock(1000.0)
    state = MemoryState(clock)
    assert all(state.limit("k", 10, 100) for _ in range(10))
    clock.now = 1150.0
    assert [state.limit("k", 10, 100) for _ in range(6)] == [True] * 5 + [False]


def test_after_two_periods_nothing_counts() -> None:
    clock = Clock(1000.0)
    state = MemoryState(clock)
    assert state.limit("k", 10, 100, 10)
    clock.now = 1200.0
    assert state.limit("k", 10, 100, 10)


@given(steps=st.lists(st.tuples(st.floats(0, 30), st.integers(1, 4)), max_size=60), count=st.integers(1, 20))
def test_no_period_ever_sees_more_than_twice_the_limit(steps: list[tuple[float, int]], count: int) -> None:
    clock = Clock()
    state = MemoryState(clock)
    admitted: list[tuple[float, int]] = []
    for pause, cost in steps:
        clock.now += pause
        if state.limit("k", count, 10, cost):
            admitted.append((clock.now, cost))
            assert sum(cost for when, cost in admitted if when > clock.now - 10) <= 2 * count


@given(times=st.lists(st.integers(0, 5), max_size=50), maximum=st.integers(1, 3))
def test_never_more_slots_than_the_maximum(times: list[int], maximum: int) -> None:
    clock = Clock()
    state = MemoryState(clock)
    held: list[float] = []
    for pause in times:
        clock.now += pause
        held = [end for end in held if end > clock.now]
        token = state.slot("k", maximum, 5)
        assert (token is not None) == (len(held) < maximum)
        if token is not None:
            held.append(clock.now + 5)


def test_the_age_is_counted_from_the_first_time() -> None:
    clock = Clock()
    state = MemoryState(clock)
    assert state.remember("grey", "a", 100) is None
    clock.now += 60
    assert state.remember("grey", "a", 100) == 60
    clock.now += 50
    assert state.remember("grey", "a", 100) is None


def test_remembered_keys_survive_a_dump_and_ended_ones_do_not() -> None:
    clock = Clock()
    before, after = MemoryState(clock), MemoryState(clock)
    before.remember("grey", "short", 10)
    before.remember("grey", "long", 100)
    dumped = before.dump()
    clock.now += 20
    after.load(dumped)
    assert after.remember("grey", "short", 10) is None
    assert after.remember("grey", "long", 100) == 20


def test_memory_is_bounded() -> None:
    clock = Clock()
    state = MemoryState(clock, capacity=100)
    for number in range(1000):
        state.remember("t", str(number), 1000 + number)
        state.limit(str(number), 1, 3600)
    assert len(state.dump()) <= 110
    assert state.remember("t", "999", 1, peek=True) is not None


def test_ended_entries_leave_the_memory() -> None:
    clock = Clock()
    state = MemoryState(clock)
    for number in range(500):
        state.remember("t", str(number), 1)
    clock.now += 10
    for number in range(200):
        state.remember("u", str(number), 1000)
    assert len(state._known) == 200


def test_slots_taken_and_given_back_leave_nothing() -> None:
    state = MemoryState(Clock())
    for _ in range(20_000):
        token = state.slot("k", 5, 3600)
        assert token is not None
        state.release(token)
    assert len(state._leases) == 0
    assert len(state._leases._ends) < 2000
    assert len(state._holders._ends) < 2000


operations = st.tuples(st.integers(0, 5), st.integers(0, 4), st.one_of(st.none(), st.integers(0, 9)))


@given(steps=st.lists(operations, max_size=200))
def test_a_table_is_a_dictionary_that_forgets(steps: list[tuple[int, int, int | None]]) -> None:
    table, model, now = ExpiringTable[int, int](1000), dict[int, tuple[int, int]](), 0
    for pause, key, lifetime in steps:
        now += pause
        if lifetime is None:
            table.remove(key)
            model.pop(key, None)
        else:
            table.put(key, now, now + lifetime, now)
            model[key] = (now + lifetime, now)
        for candidate in range(5):
            end, value = model.get(candidate, (0, 0))
            assert table.get(candidate, now) == (value if end > now else None)
