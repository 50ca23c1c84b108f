"""What every backend of the store must do, the same for all of them (SPEC-STORE section 1A.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stalwart_g.green import tasks
from stalwart_g.store import Batch, Store, StoreUnavailable, open_store
from stalwart_g.store.interface import BATCH_ROWS, KEY_OCTETS

LONG = (b"\0\xff\xc3" * (1 << 19))[: (1 << 20) + 7]
"""More than any backend reads at a time."""


def put(store: Store, **values: bytes) -> None:
    batch = Batch()
    for key, value in values.items():
        batch.put(key.encode(), value)
    store.commit(batch)


def fill(store: Store, count: int, prefix: bytes = b"k", value: bytes = b"v") -> list[bytes]:
    keys = [prefix + number.to_bytes(4, "big") for number in range(count)]
    for start in range(0, count, BATCH_ROWS):
        batch = Batch()
        for key in keys[start : start + BATCH_ROWS]:
            batch.put(key, value)
        store.commit(batch)
    return keys


def keys_of(store: Any, prefix: bytes, **how: Any) -> list[bytes]:
    return [key for key, _ in store.scan(prefix, **how)]


# Values


@pytest.mark.parametrize("value", [b"", b"\0", b"\0\xff\xc3(\0", LONG], ids=["none", "nul", "no text", "long"])
def test_a_value_comes_back_by_every_way(store: Store, value: bytes) -> None:
    put(store, k=value)
    assert store.get(b"k") == value
    assert store.get_many([b"k", b"other"]) == {b"k": value}
    assert list(store.scan(b"k")) == [(b"k", value)]
    with store.snapshot() as reader:
        assert (reader.get(b"k"), list(reader.scan(b"k"))) == (value, [(b"k", value)])


def test_what_was_never_stored_is_none(store: Store) -> None:
    assert store.get(b"k") is None


def test_a_put_replaces(store: Store) -> None:
    put(store, k=b"old")
    put(store, k=b"new")
    assert store.get(b"k") == b"new"


def test_a_delete_removes_and_may_find_nothing(store: Store) -> None:
    put(store, k=b"v")
    batch = Batch()
    batch.delete(b"k")
    batch.delete(b"other")
    store.commit(batch)
    assert store.get(b"k") is None


def test_many_keys_are_read_at_once(store: Store) -> None:
    keys = fill(store, 1200)
    assert store.get_many([*keys, b"other"]) == dict.fromkeys(keys, b"v")
    assert store.get_many([]) == {}


def test_operations_of_a_batch_come_in_their_order(store: Store) -> None:
    batch = Batch()
    batch.put(b"a", b"1")
    batch.delete(b"a")
    batch.delete(b"b")
    batch.put(b"b", b"2")
    batch.assert_value(b"a", None)
    batch.assert_value(b"b", b"2")
    store.commit(batch)
    assert (store.get(b"a"), store.get(b"b")) == (None, b"2")


def test_an_empty_batch_is_nothing(store: Store) -> None:
    assert store.commit(Batch()).ids == ()


# Scans


ROWS = {"a": b"1", "b": b"2", "ba": b"3", "bb": b"4", "c": b"5"}


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, [b"b", b"ba", b"bb"]),
        ({"reverse": True}, [b"bb", b"ba", b"b"]),
        ({"after": b"b"}, [b"ba", b"bb"]),
        ({"after": b"ba", "reverse": True}, [b"b"]),
        ({"after": b"a"}, [b"b", b"ba", b"bb"]),
        ({"after": b"z", "reverse": True}, [b"bb", b"ba", b"b"]),
        ({"after": b"z"}, []),
        ({"after": b"a", "reverse": True}, []),
        ({"limit": 2}, [b"b", b"ba"]),
        ({"limit": 2, "reverse": True}, [b"bb", b"ba"]),
        ({"limit": 0}, []),
        ({"limit": 1, "after": b"b"}, [b"ba"]),
    ],
    ids=str,
)
def test_a_scan_yields_keys_of_a_prefix_in_order(store: Store, how: dict[str, Any], expected: list[bytes]) -> None:
    put(store, **ROWS)
    assert keys_of(store, b"b", **how) == expected


def test_an_empty_prefix_is_everything(store: Store) -> None:
    put(store, **ROWS)
    assert keys_of(store, b"") == [key.encode() for key in ROWS]


def test_a_scan_may_leave_out_the_values(store: Store) -> None:
    put(store, **ROWS)
    assert list(store.scan(b"b", keys_only=True, limit=1)) == [(b"b", b"")]


def test_keys_are_compared_as_octets(store: Store) -> None:
    keys = [b"\0", b"\0\0", b"a", b"a\0", b"a\xff", b"\xff", b"\xff\xff", b"\xff\xff\0", b"\xff" * KEY_OCTETS]
    batch = Batch()
    for key in reversed(keys):
        batch.put(key, b"")
    store.commit(batch)
    assert keys_of(store, b"") == keys
    assert keys_of(store, b"\xff") == keys[5:]
    assert keys_of(store, b"\xff\xff", reverse=True) == keys[:5:-1]
    assert keys_of(store, b"a\xff") == [b"a\xff"]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("keys_only", [False, True])
def test_a_scan_over_many_pages_misses_nothing(store: Store, reverse: bool, keys_only: bool) -> None:
    keys = fill(store, 3333)
    expected = keys[::-1] if reverse else keys
    assert keys_of(store, b"k", reverse=reverse, keys_only=keys_only) == expected
    assert keys_of(store, b"k", reverse=reverse, keys_only=keys_only, limit=2222) == expected[:2222]


@pytest.mark.parametrize("reverse", [False, True])
def test_short_and_long_values_are_scanned_alike(store: Store, reverse: bool) -> None:
    values = [b"short", LONG, b"", LONG[:20_000], LONG[:700_000], LONG[:500_000], b"short"]
    rows = [(b"k%d" % number, value) for number, value in enumerate(values)]
    put(store, **{key.decode(): value for key, value in rows})
    assert list(store.scan(b"k", reverse=reverse)) == (rows[::-1] if reverse else rows)


def test_what_was_there_all_the_time_is_seen_once_while_others_write(store: Store) -> None:
    keys = fill(store, 2500)
    seen = []
    for number, (key, _) in enumerate(store.scan(b"k")):
        seen.append(key)
        if number % 300 == 0:
            put(store, **{f"kx{number:04}": b"more", f"a{number}": b"more"})
    assert [key for key in seen if len(key) == 5] == keys


def test_what_a_scan_reads_may_be_deleted_meanwhile(store: Store) -> None:
    fill(store, 1500)
    for key, _ in store.scan(b"k"):
        batch = Batch()
        batch.delete(key)
        if key[-1] == 0:
            batch.delete_prefix(b"k")
        store.commit(batch)
    assert keys_of(store, b"k") == []


def test_a_prefix_is_deleted_in_the_order_of_the_batch(store: Store) -> None:
    put(store, **ROWS)
    batch = Batch()
    batch.put(b"bz", b"before")
    batch.delete_prefix(b"b")
    batch.assert_value(b"ba", None)
    batch.assert_value(b"bz", None)
    batch.put(b"ba", b"after")
    store.commit(batch)
    assert list(store.scan(b"")) == [(b"a", b"1"), (b"ba", b"after"), (b"c", b"5")]


# Snapshots


def test_a_snapshot_sees_one_moment(store: Store) -> None:
    keys = fill(store, 2100)
    batch = Batch()
    batch.add(b"n", 1)
    store.commit(batch)
    with store.snapshot() as reader:
        batch = Batch()
        batch.delete_prefix(b"k")
        batch.put(b"k", b"new")
        batch.add(b"n", 1)
        store.commit(batch)
        assert keys_of(reader, b"k") == keys
        assert (reader.get(keys[0]), reader.get(b"k"), reader.get_many([keys[7]])) == (b"v", None, {keys[7]: b"v"})
        assert (reader.counter(b"n"), reader.counters(b"n")) == (1, {b"n": 1})
    assert (keys_of(store, b"k"), store.counter(b"n")) == ([b"k"], 2)


def test_a_snapshot_ends_with_its_block(store: Store) -> None:
    with store.snapshot() as reader:
        pass
    with pytest.raises(StoreUnavailable):
        reader.get(b"k")


def test_many_snapshots_may_be_open_one_after_the_other(store: Store) -> None:
    for number in range(40):
        put(store, k=b"%d" % number)
        with store.snapshot() as reader:
            assert reader.get(b"k") == b"%d" % number


def test_two_snapshots_have_a_moment_each(store: Store) -> None:
    put(store, k=b"1")
    with store.snapshot() as first:
        put(store, k=b"2")
        with store.snapshot() as second:
            put(store, k=b"3")
            assert (first.get(b"k"), second.get(b"k"), store.get(b"k")) == (b"1", b"2", b"3")


# The whole store


def test_a_sound_store_has_no_faults(store: Store) -> None:
    fill(store, 100)
    assert store.check() == []


def test_a_backup_is_a_store_with_the_same_contents(store: Store, tmp_path: Path) -> None:
    put(store, **ROWS, long=LONG)
    batch = Batch()
    batch.add(b"n", -4)
    store.commit(batch)
    path = tmp_path / "copy.sqlite3"
    store.backup(str(path))
    put(store, later=b"")
    copy = open_store(path)
    assert (dict(copy.scan(b"")), copy.counters(b"")) == (
        {key.encode(): value for key, value in (ROWS | {"long": LONG}).items()},
        {b"n": -4},
    )
    copy.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_written_over_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(FileExistsError):
        store.backup(str(tmp_path / "mine"))
    with pytest.raises(OSError, match="folder"):
        store.backup(str(tmp_path / "no folder" / "copy"))
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_closed_store_is_not_available(store: Store) -> None:
    put(store, k=b"v")
    store.close()
    batch = Batch()
    batch.put(b"k", b"")
    for use in (
        lambda: store.get(b"k"), lambda: store.get_many([b"k"]), lambda: list(store.scan(b"k")),
        lambda: store.counter(b"k"), lambda: store.counters(b"k"), lambda: store.commit(batch), lambda: store.check(),
        lambda: store.snapshot().__enter__(),
    ):  # fmt: skip
        with pytest.raises(StoreUnavailable):
            use()
    store.close()


def test_what_is_being_written_is_written_before_the_end(store: Store) -> None:
    writing = [tasks.spawn(fill, store, 1, b"k%d" % number) for number in range(20)]
    tasks.sleep(0)
    store.close()
    assert all(task.join(10) for task in writing)
    assert [task.error for task in writing] == [None] * 20
