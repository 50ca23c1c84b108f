"""What every backend must do with batches: all or nothing, whatever others do at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest

from stalwart_g.green import tasks
from stalwart_g.store import AssertionFailed, Batch, Store, TooLarge
from stalwart_g.store.interface import BATCH_ROWS, KEY_OCTETS, VALUE_OCTETS


def put(store: Store, **values: bytes) -> None:
    batch = Batch()
    for key, value in values.items():
        batch.put(key.encode(), value)
    store.commit(batch)


def keys_of(store: Any, prefix: bytes) -> list[bytes]:
    return [key for key, _ in store.scan(prefix)]


def holds(store: Store, batch: Batch) -> bool:
    """Commit; do its assertions hold?"""
    try:
        store.commit(batch)
    except AssertionFailed:
        return False
    return True


def together(function: Callable[[int], Any], count: int) -> list[Any]:
    """What it comes to for each number, at the same time."""
    running = [tasks.spawn(function, number) for number in range(count)]
    assert all(task.join(10) for task in running)
    return [task.result for task in running]


# Assertions


@pytest.mark.parametrize("expected", [None, b"", b"old "])
def test_a_failed_assertion_writes_nothing(store: Store, expected: bytes | None) -> None:
    put(store, k=b"old")
    batch = Batch()
    batch.put(b"other", b"x")
    batch.next_id(b"n")
    batch.delete_prefix(b"k")
    batch.put(b"k", b"old")
    batch.delete(b"k")
    batch.put(b"k", b"old")
    batch.assert_value(b"k", expected)
    with pytest.raises(AssertionFailed) as raised:
        store.commit(batch)
    assert raised.value.key == b"k"
    assert (store.get(b"other"), store.get(b"k"), store.counter(b"n")) == (None, b"old", 0)


def test_assertions_that_hold_let_the_batch_through(store: Store) -> None:
    put(store, k=b"old")
    batch = Batch()
    batch.assert_value(b"k", b"old")
    batch.assert_value(b"other", None)
    batch.put(b"k", b"new")
    store.commit(batch)
    assert store.get(b"k") == b"new"


def test_of_many_who_rely_on_the_same_only_one_succeeds(store: Store) -> None:
    def claim(number: int) -> bool:
        batch = Batch()
        batch.assert_value(b"k", None)
        batch.put(b"k", b"%d" % number)
        return holds(store, batch)

    claims = together(claim, 50)
    assert claims.count(True) == 1
    assert store.get(b"k") == b"%d" % claims.index(True)


def test_a_batch_that_fails_does_not_hurt_those_beside_it(store: Store) -> None:
    def write(number: int) -> bool:
        batch = Batch()
        batch.put(b"k%02d" % number, b"")
        batch.assert_value(b"missing", None if number % 2 else b"x")
        return holds(store, batch)

    assert together(write, 40) == [False, True] * 20
    assert keys_of(store, b"k") == [b"k%02d" % number for number in range(1, 40, 2)]


# Counters


def test_a_counter_begins_at_zero_and_adds_up(store: Store) -> None:
    assert store.counter(b"n") == 0
    for amount in (5, -7, 1 << 40):
        batch = Batch()
        batch.add(b"n", amount)
        store.commit(batch)
    assert store.counter(b"n") == (1 << 40) - 2
    assert store.get(b"n") is None


def test_counters_are_apart_from_values(store: Store) -> None:
    batch = Batch()
    batch.add(b"k", 3)
    batch.put(b"k", b"v")
    batch.delete_prefix(b"k")
    store.commit(batch)
    assert (store.get(b"k"), store.counter(b"k"), keys_of(store, b"")) == (None, 3, [])


def test_counters_under_a_prefix_are_found_together(store: Store) -> None:
    batch = Batch()
    for key in (b"a", b"n", b"n1", b"n\xff", b"o"):
        batch.add(key, -len(key))
    store.commit(batch)
    assert store.counters(b"n") == {b"n": -1, b"n1": -2, b"n\xff": -2}
    assert store.counters(b"x") == {}


def test_a_limit_may_be_reached_but_not_passed(store: Store) -> None:
    for amount, fits in ((60, True), (40, True), (1, False), (-1, True)):
        batch = Batch()
        batch.add(b"n", amount, limit=100)
        batch.put(b"k", b"%d" % amount)
        if fits:
            store.commit(batch)
        else:
            with pytest.raises(AssertionFailed) as raised:
                store.commit(batch)
            assert raised.value.key == b"n"
    assert (store.counter(b"n"), store.get(b"k")) == (99, b"-1")


def test_a_limit_holds_for_many_at_a_time(store: Store) -> None:
    def reserve(_: int) -> bool:
        batch = Batch()
        batch.add(b"n", 3, limit=100)
        return holds(store, batch)

    assert together(reserve, 60).count(True) == 33
    assert store.counter(b"n") == 99


def test_a_counter_does_not_run_over(store: Store) -> None:
    batch = Batch()
    batch.add(b"n", (1 << 63) - 1)
    store.commit(batch)
    batch = Batch()
    batch.add(b"n", 1)
    with pytest.raises(TooLarge):
        store.commit(batch)
    assert store.counter(b"n") == (1 << 63) - 1


# Ids


def test_ids_begin_with_one_and_come_in_the_order_of_asking(store: Store) -> None:
    batch = Batch()
    assert [batch.next_id(b"a"), batch.next_id(b"b", 10), batch.next_id(b"b"), batch.next_id(b"a")] == [0, 1, 2, 3]
    assert store.commit(batch).ids == (1, 1, 11, 2)
    assert (store.counter(b"a"), store.counter(b"b")) == (2, 11)


def test_ids_are_unique_and_grow_for_many_at_a_time(store: Store) -> None:
    def ask(_: int) -> list[int]:
        return [ask_once() for _ in range(5)]

    def ask_once() -> int:
        batch = Batch()
        place = batch.next_id(b"n")
        batch.put(lambda ids: b"k%03d" % ids[place], b"")
        return store.commit(batch).ids[place]

    given = together(ask, 30)
    assert all(ids == sorted(ids) for ids in given)
    assert sorted(chain.from_iterable(given)) == list(range(1, 151))
    assert keys_of(store, b"k") == [b"k%03d" % number for number in range(1, 151)]


def test_a_failed_batch_takes_no_id(store: Store) -> None:
    batch = Batch()
    batch.next_id(b"n")
    batch.assert_value(b"k", b"x")
    with pytest.raises(AssertionFailed):
        store.commit(batch)
    batch = Batch()
    batch.next_id(b"n")
    assert store.commit(batch).ids == (1,)


def test_keys_and_values_are_made_of_ids(store: Store) -> None:
    batch = Batch()
    first, second = batch.next_id(b"a"), batch.next_id(b"b", 5)
    batch.put(lambda ids: b"k%d" % ids[first], lambda ids: b"v%d" % ids[second])
    batch.put(b"k9", b"v")
    batch.delete(lambda ids: b"k%d" % (ids[second] + 8))
    store.commit(batch)
    assert list(store.scan(b"k")) == [(b"k1", b"v1")]


def test_a_batch_may_be_executed_again(store: Store) -> None:
    batch = Batch()
    place = batch.next_id(b"n")
    batch.put(lambda ids: b"k%d" % ids[place], b"")
    assert [store.commit(batch).ids for _ in range(3)] == [(1,), (2,), (3,)]
    assert keys_of(store, b"k") == [b"k1", b"k2", b"k3"]


def test_a_function_that_fails_fails_alone(store: Store) -> None:
    def write(number: int) -> str:
        batch = Batch()
        batch.next_id(b"n")
        batch.put(b"k%d" % number, lambda ids: b"%d" % (1 // number))
        try:
            store.commit(batch)
        except ZeroDivisionError:
            return "failed"
        return "written"

    assert together(write, 3) == ["failed", "written", "written"]
    assert (keys_of(store, b"k"), store.counter(b"n")) == ([b"k1", b"k2"], 2)


# Limits


def oversized() -> Iterator[Any]:
    batch = Batch()
    batch.put(b"k" * (KEY_OCTETS + 1), b"")
    yield pytest.param(batch, id="key")
    batch = Batch()
    batch.put(b"k", bytes(VALUE_OCTETS + 1))
    yield pytest.param(batch, id="value")
    batch = Batch()
    for number in range(3):
        batch.put(b"k%d" % number, bytes(VALUE_OCTETS))
    yield pytest.param(batch, id="octets")
    batch = Batch()
    for _ in range(BATCH_ROWS + 1):
        batch.put(b"k", b"")
    yield pytest.param(batch, id="rows")
    batch = Batch()
    batch.put(lambda ids: b"k" * (KEY_OCTETS + 1), b"")
    yield pytest.param(batch, id="late key")
    batch = Batch()
    batch.put(b"k", lambda ids: bytes(VALUE_OCTETS + 1))
    yield pytest.param(batch, id="late value")
    batch = Batch()
    batch.add(b"k", 1 << 63)
    yield pytest.param(batch, id="number")


@pytest.mark.parametrize("batch", list(oversized()))
def test_what_is_too_large_is_refused_whole(store: Store, batch: Batch) -> None:
    batch.operations.insert(0, _put(b"first"))
    with pytest.raises(TooLarge):
        store.commit(batch)
    assert (keys_of(store, b""), store.counters(b"k")) == ([], {})


def _put(key: bytes) -> Any:
    batch = Batch()
    batch.put(key, b"")
    return batch.operations[0]


def test_the_longest_key_and_the_largest_batch_are_taken(store: Store) -> None:
    batch = Batch()
    for number in range(BATCH_ROWS):
        batch.put(number.to_bytes(2, "big") * (KEY_OCTETS // 2), b"v")
    store.commit(batch)
    assert len(keys_of(store, b"")) == BATCH_ROWS


@pytest.mark.parametrize(
    "spoil", [lambda b: b.put(b"", b""), lambda b: b.delete_prefix(b""), lambda b: b.next_id(b"n", 0)]
)
def test_a_batch_that_cannot_be_meant_is_a_mistake(store: Store, spoil: Any) -> None:
    put(store, k=b"v")
    batch = Batch()
    spoil(batch)
    with pytest.raises(ValueError, match=r"empty|ids"):
        store.commit(batch)
    assert store.get(b"k") == b"v"
