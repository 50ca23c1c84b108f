"""Changes that are not written yet, one over the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.batch import Batch
from stalwart_g.store.staging import Stage, end_of, perform

OCTETS = st.lists(st.sampled_from([0, 1, 0x61, 0xFE, 0xFF]), max_size=4).map(bytes)


@given(prefix=OCTETS, key=OCTETS)
def test_what_starts_with_a_prefix_lies_between_it_and_its_end(prefix: bytes, key: bytes) -> None:
    assert (prefix <= key < end_of(prefix)) == key.startswith(prefix)


def test_a_batch_sees_what_the_one_before_it_left_on_the_stage() -> None:
    stage, first, second = Stage(MemoryStore()), Batch(), Batch()
    first.put(b"k", b"v")
    first.next_id(b"n")
    second.assert_value(b"k", b"v")
    second.next_id(b"n")
    assert [perform(batch, stage).ids for batch in (first, second)] == [(1,), (2,)]
    assert (stage.values, stage.numbers) == ({b"k": b"v"}, {b"n": 2})


def test_what_is_cleared_is_gone_until_it_is_put_again() -> None:
    store, batch = MemoryStore(), Batch()
    batch.put(b"ka", b"old")
    batch.put(b"kb", b"old")
    store.commit(batch)
    stage, batch = Stage(store), Batch()
    batch.put(b"kc", b"new")
    batch.delete_prefix(b"k")
    batch.put(b"ka", b"new")
    perform(batch, stage)
    assert [stage.value(key) for key in (b"ka", b"kb", b"kc")] == [b"new", None, None]
    assert (stage.cleared, stage.values) == ([b"k"], {b"ka": b"new"})
