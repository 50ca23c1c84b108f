"""Any operations in any order: SQLite does what the store in memory does."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stalwart_g.store import AssertionFailed, Batch, Store, open_store
from stalwart_g.store.backends.memory import MemoryStore

KEYS = st.sampled_from([b"a", b"b", b"b\0", b"ba", b"b\xff", b"b\xff\xff", b"c", b"\xff", b"\xff\xff"])
PREFIXES = st.sampled_from([b"a", b"b", b"b\xff", b"\xff", b"\xff\xff", b"z"])
VALUES = {
    "none": b"",
    "nul": b"\0",
    "word": b"value",
    "no text": b"\xc3(",
    "long": b"v" * 20_000,
    "longer": b"w" * 300_000,
}
NAMES = st.sampled_from(list(VALUES))
COUNTERS = st.sampled_from([b"b", b"n"])

OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, NAMES),
        st.tuples(st.just("delete"), KEYS),
        st.tuples(st.just("delete_prefix"), PREFIXES),
        st.tuples(st.just("assert_value"), KEYS, st.none() | NAMES),
        st.tuples(st.just("next_id"), COUNTERS, st.integers(1, 3)),
        st.tuples(st.just("add"), COUNTERS, st.integers(-9, 9), st.none() | st.integers(-5, 30)),
        st.tuples(st.just("late"), KEYS),
    ),
    max_size=8,
)


def batch_of(operations: list[tuple[Any, ...]]) -> Batch:
    batch = Batch()
    for name, *values in operations:
        if name == "late":
            key = values[0]
            batch.put(lambda ids, key=key: key + b"%d" % sum(ids), lambda ids: b"%d" % len(ids))
        elif name == "add":
            batch.add(values[0], values[1], limit=values[2])
        elif name == "put":
            batch.put(values[0], VALUES[values[1]])
        elif name == "assert_value":
            batch.assert_value(values[0], VALUES.get(values[1]))
        else:
            getattr(batch, name)(*values)
    return batch


def committed(store: Store, batch: Batch) -> tuple[int, ...] | bytes:
    try:
        return store.commit(batch).ids
    except AssertionFailed as error:
        return error.key


class Stores(RuleBasedStateMachine):
    """Two stores that get the same."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.memory: Store = MemoryStore()
        self.sqlite = open_store(self.folder / "store.sqlite3")

    def teardown(self) -> None:
        self.sqlite.close()
        shutil.rmtree(self.folder)

    @rule(operations=OPERATIONS)
    def commit(self, operations: list[tuple[Any, ...]]) -> None:
        batch = batch_of(operations)
        assert committed(self.sqlite, batch) == committed(self.memory, batch)

    @rule(prefix=PREFIXES, after=st.none() | KEYS, reverse=st.booleans(), limit=st.none() | st.integers(0, 4))
    def scan(self, prefix: bytes, after: bytes | None, reverse: bool, limit: int | None) -> None:
        for keys_only in (False, True):
            found, expected = (
                list(store.scan(prefix, after=after, reverse=reverse, limit=limit, keys_only=keys_only))
                for store in (self.sqlite, self.memory)
            )
            assert found == expected

    @rule(keys=st.lists(KEYS))
    def get(self, keys: list[bytes]) -> None:
        assert self.sqlite.get_many(keys) == self.memory.get_many(keys)
        assert [self.sqlite.get(key) for key in keys] == [self.memory.get(key) for key in keys]

    @rule()
    def open_again(self) -> None:
        self.sqlite.close()
        self.sqlite = open_store(self.folder / "store.sqlite3")

    @invariant()
    def all_is_the_same(self) -> None:
        assert list(self.sqlite.scan(b"")) == list(self.memory.scan(b""))
        for prefix in (b"b", b"n", b"z"):
            assert self.sqlite.counters(prefix) == self.memory.counters(prefix)
            assert self.sqlite.counter(prefix) == self.memory.counter(prefix)


TestStores = Stores.TestCase
TestStores.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
