"""Who holds a blob, and what becomes of one that nobody holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalwart_g.store import Batch, Corrupt, Store
from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.blobs import BlobStore, hash_of
from stalwart_g.store.references import Collected, collect, holders, is_linked, keep, link, missing, sweep, unlink

NOW, GRACE = 1_000_000_000.0, 100.0
OCTETS = b"octets"
BLOB = hash_of(OCTETS)


class Yard:
    """A store and blobs; each `collect` at a time that is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store: Store = MemoryStore()
        self.blobs = BlobStore(folder)

    def keep(self, now: float = NOW) -> None:
        keep(self.store, self.blobs, OCTETS, now)
        self.age(now)

    def age(self, when: float) -> None:
        """As if the file had been written then."""
        for path in self.folder.rglob(BLOB.hex()):
            os.utime(path, (when, when))

    def link(self, holder: bytes = b"h") -> None:
        batch = Batch()
        link(batch, BLOB, holder)
        self.store.commit(batch)

    def unlink(self, holder: bytes = b"h") -> None:
        batch = Batch()
        unlink(batch, BLOB, holder)
        self.store.commit(batch)

    def collect(self, now: float) -> Collected:
        return collect(self.store, self.blobs, GRACE, now)


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    opened = Yard(tmp_path)
    yield opened
    opened.blobs.close()


def test_what_is_kept_stays_for_the_grace_period(yard: Yard) -> None:
    yard.keep()
    assert yard.collect(NOW + GRACE - 1) == Collected()
    assert yard.blobs.get(BLOB) == OCTETS


def test_what_is_never_linked_goes_after_it(yard: Yard) -> None:
    yard.keep()
    assert yard.collect(NOW + GRACE + 1) == Collected(1, len(OCTETS))
    assert (yard.blobs.exists(BLOB), list(yard.store.scan(b""))) == (False, [])


def test_what_is_linked_stays(yard: Yard) -> None:
    yard.keep()
    yard.link()
    assert is_linked(yard.store, BLOB)
    assert yard.collect(NOW + 10 * GRACE) == Collected()
    assert yard.blobs.exists(BLOB)


def test_what_was_unlinked_goes_a_grace_period_after_it_was_noticed(yard: Yard) -> None:
    yard.keep()
    yard.link()
    yard.unlink()
    freed = [yard.collect(NOW + GRACE * factor).blobs for factor in (5, 5.9, 6.1)]
    assert (freed, yard.blobs.exists(BLOB), list(yard.store.scan(b""))) == ([0, 0, 1], False, [])


def test_a_blob_stays_for_its_last_holder(yard: Yard) -> None:
    yard.keep()
    yard.link(b"1")
    yard.link(b"2")
    yard.link(b"2")
    yard.unlink(b"2")
    assert holders(yard.store, BLOB) == [b"1"]
    for factor in (5, 10, 15):
        assert yard.collect(NOW + GRACE * factor) == Collected()
    yard.unlink(b"1")
    assert [yard.collect(NOW + GRACE * factor).blobs for factor in (20, 25)] == [0, 1]


def test_a_holder_may_be_made_of_ids(yard: Yard) -> None:
    yard.keep()
    batch = Batch()
    batch.next_id(b"n")
    link(batch, BLOB, lambda ids: b"h%d" % ids[0])
    yard.store.commit(batch)
    assert holders(yard.store, BLOB) == [b"h1"]


def test_what_is_kept_again_begins_a_new_grace_period(yard: Yard) -> None:
    yard.keep()
    yard.keep(NOW + GRACE)
    assert yard.collect(NOW + 1.5 * GRACE) == Collected()
    assert yard.blobs.exists(BLOB)


def test_what_is_put_again_unannounced_is_not_deleted(yard: Yard) -> None:
    yard.keep()
    yard.blobs.put(OCTETS)
    yard.age(NOW + GRACE)
    assert yard.collect(NOW + 1.5 * GRACE) == Collected()
    assert yard.blobs.exists(BLOB)
    assert yard.collect(NOW + 3 * GRACE).blobs == 1


def test_a_collection_that_died_is_finished_by_the_next(yard: Yard) -> None:
    yard.keep()
    yard.blobs.delete(BLOB)
    assert yard.collect(NOW + 2 * GRACE) == Collected(1, 0)
    assert list(yard.store.scan(b"")) == []


def test_blobs_that_no_row_tells_of_are_found(yard: Yard) -> None:
    yard.blobs.put(OCTETS)
    yard.age(NOW)
    assert yard.collect(NOW + 2 * GRACE) == Collected()
    assert [sweep(yard.store, yard.blobs, GRACE, NOW + factor * GRACE) for factor in (0.5, 2, 2)] == [0, 1, 0]
    assert [yard.collect(NOW + factor * GRACE).blobs for factor in (2, 4)] == [0, 1]


def test_blobs_that_are_held_are_not_found(yard: Yard) -> None:
    yard.keep()
    yard.link()
    assert sweep(yard.store, yard.blobs, GRACE, NOW + 2 * GRACE) == 0


def test_a_link_to_what_is_not_there_is_damage(yard: Yard) -> None:
    yard.keep()
    yard.link(b"1")
    yard.link(b"2")
    assert list(missing(yard.store, yard.blobs)) == []
    yard.blobs.delete(BLOB)
    assert list(missing(yard.store, yard.blobs)) == [BLOB]


def test_a_row_of_a_newer_version_is_not_guessed_at(yard: Yard) -> None:
    yard.keep()
    batch = Batch()
    batch.put(b"Bp" + BLOB, b"\x09" + bytes(8))
    yard.store.commit(batch)
    with pytest.raises(Corrupt):
        yard.collect(NOW)
