"""What every kind of shared state must do; runs over the one in memory and over a broker process."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.state import BrokerState, MemoryState, State


@pytest.fixture(params=["memory", "broker"])
def state(request: pytest.FixtureRequest) -> Iterator[State]:
    if request.param == "memory":
        yield MemoryState()
        return
    client = BrokerState(request.getfixturevalue("broker").path)
    client.start()
    assert client.connected
    yield client
    client.close()


def test_a_limit_admits_so_many(state: State) -> None:
    assert [state.limit("k", 3, 3600) for _ in range(5)] == [True, True, True, False, False]


def test_limits_of_other_keys_are_their_own(state: State) -> None:
    assert state.limit("a", 1, 3600)
    assert state.limit("b", 1, 3600)
    assert not state.limit("a", 1, 3600)


def test_the_same_key_over_another_period_is_another_limit(state: State) -> None:
    assert state.limit("a", 1, 3600)
    assert state.limit("a", 1, 86400)


def test_a_cost_counts_as_a_whole_or_not_at_all(state: State) -> None:
    assert state.limit("k", 10, 3600, 7)
    assert not state.limit("k", 10, 3600, 4)
    assert state.limit("k", 10, 3600, 3)


def test_peeking_at_a_limit_uses_nothing(state: State) -> None:
    assert all(state.limit("k", 1, 3600, peek=True) for _ in range(3))
    assert state.limit("k", 1, 3600)
    assert not state.limit("k", 1, 3600, peek=True)


def test_a_limit_comes_back(state: State) -> None:
    deadline = monotonic() + 5
    assert state.limit("k", 1, 0.1)
    while not state.limit("k", 1, 0.1) and monotonic() < deadline:
        tasks.breathe()
    assert monotonic() < deadline


def test_slots_are_taken_and_given_back(state: State) -> None:
    one, two = state.slot("k", 2, 60), state.slot("k", 2, 60)
    assert one is not None and two is not None and one != two
    assert state.slot("k", 2, 60) is None
    state.release(one)
    assert state.slot("k", 2, 60) is not None


def test_releasing_twice_or_what_is_not_ours_is_no_error(state: State) -> None:
    token = state.slot("k", 1, 60)
    assert token is not None
    state.release(token)
    state.release(token)
    state.release(12345)
    assert state.slot("k", 1, 60) is not None
    assert state.slot("k", 1, 60) is None


def test_a_lease_ends(state: State) -> None:
    assert state.slot("k", 1, 0.05) is not None
    deadline = monotonic() + 5
    while state.slot("k", 1, 60) is None and monotonic() < deadline:
        tasks.breathe()
    assert monotonic() < deadline


def test_a_renewed_lease_lasts(state: State) -> None:
    token = state.slot("k", 1, 0.2)
    assert token is not None
    assert state.renew(token, 60)
    tasks.sleep(0.25)
    assert state.slot("k", 1, 60) is None


def test_a_lost_lease_cannot_be_renewed(state: State) -> None:
    token = state.slot("k", 1, 60)
    assert token is not None
    state.release(token)
    assert not state.renew(token, 60)


def test_a_new_key_is_remembered_with_its_age(state: State) -> None:
    assert state.remember("grey", "a", 60) is None
    age = state.remember("grey", "a", 60)
    assert age is not None and 0 <= age < 5
    assert state.remember("other", "a", 60) is None


def test_peeking_remembers_nothing(state: State) -> None:
    assert state.remember("grey", "a", 60, peek=True) is None
    assert state.remember("grey", "a", 60) is None
    assert state.remember("grey", "a", 60, peek=True) is not None


def test_a_forgotten_key_is_new(state: State) -> None:
    state.remember("ban", "192.0.2.1", 60)
    state.forget("ban", "192.0.2.1")
    assert state.remember("ban", "192.0.2.1", 60) is None


def test_a_remembered_key_ends(state: State) -> None:
    state.remember("grey", "a", 0.05)
    deadline = monotonic() + 5
    while state.remember("grey", "a", 60, peek=True) is not None and monotonic() < deadline:
        tasks.breathe()
    assert monotonic() < deadline


def test_subscribers_hear_their_channel(state: State) -> None:
    heard = tasks.Queue[bytes]()
    cancel = state.subscribe("changes", heard.put)
    state.publish("other", b"not this")
    state.publish("changes", b"\x00\xff")
    assert heard.get(5) == b"\x00\xff"
    cancel()
    state.publish("changes", b"too late")
    assert state.remember("a", "round trip", 1) is None
    assert heard.get_all() == []


def test_a_subscriber_that_fails_does_not_disturb_the_others(state: State, caplog: pytest.LogCaptureFixture) -> None:
    heard = tasks.Queue[bytes]()
    state.subscribe("changes", lambda payload: 1 / 0)
    state.subscribe("changes", heard.put)
    state.publish("changes", b"x")
    assert heard.get(5) == b"x"
    assert "ZeroDivisionError" in caplog.text


def test_many_greenlets_never_get_more_than_the_limit(state: State) -> None:
    def ask() -> int:
        return sum(state.limit("k", 1000, 3600) for _ in range(50))

    asking = [tasks.spawn(ask) for _ in range(100)]
    assert all(task.join(20) for task in asking)
    assert sum(task.result or 0 for task in asking) == 1000
