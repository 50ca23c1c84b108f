"""Blobs in files: named by their content, durable, whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stalwart_g.green import tasks
from stalwart_g.store import Corrupt, StoreUnavailable
from stalwart_g.store.blobs import BlobRef, BlobStore, hash_of

OLD = 1_000_000_000.0


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[BlobStore]:
    opened = BlobStore(tmp_path / "blobs")
    yield opened
    opened.close()


def file_of(folder: Path, blob: bytes) -> Path:
    name = blob.hex()
    return folder / "blobs" / name[:2] / name[2:4] / name


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("octets", [b"", b"x", bytes(range(256)) * 5000], ids=len)
def test_octets_come_back(blobs: BlobStore, octets: bytes) -> None:
    ref = blobs.put(octets)
    assert ref == BlobRef(hash_of(octets), len(octets))
    assert (blobs.get(ref.hash), blobs.exists(ref.hash), blobs.size(ref.hash)) == (octets, True, len(octets))


@pytest.mark.parametrize(("start", "count"), [(0, 3), (2, 3), (5, 100), (6, 0), (100, 5), (0, 0)])
def test_a_part_is_a_slice(blobs: BlobStore, start: int, count: int) -> None:
    ref = blobs.put(b"0123456789")
    assert blobs.get_range(ref.hash, start, count) == b"0123456789"[start : start + count]


def test_the_same_octets_are_one_file(blobs: BlobStore, tmp_path: Path) -> None:
    assert blobs.put(b"x") == blobs.put(b"x")
    assert len(files(tmp_path)) == 1


def test_octets_that_are_stored_again_are_not_written_but_new(blobs: BlobStore, tmp_path: Path) -> None:
    ref = blobs.put(b"x")
    path = file_of(tmp_path, ref.hash)
    os.utime(path, (OLD, OLD))
    before = path.stat().st_ino
    blobs.put(b"x")
    assert (path.stat().st_ino, path.stat().st_mtime > OLD) == (before, True)


def test_a_file_that_is_cut_off_is_written_again(blobs: BlobStore, tmp_path: Path) -> None:
    ref = blobs.put(b"octets")
    file_of(tmp_path, ref.hash).write_bytes(b"oct")
    assert blobs.put(b"octets") == ref
    assert blobs.get(ref.hash) == b"octets"


@pytest.mark.parametrize("damaged", [b"oct", b"octetx", b""])
def test_damage_is_noticed(blobs: BlobStore, tmp_path: Path, damaged: bytes) -> None:
    ref = blobs.put(b"octets")
    file_of(tmp_path, ref.hash).write_bytes(damaged)
    with pytest.raises(Corrupt, match="damaged"):
        blobs.get(ref.hash)


def test_what_is_not_there_is_told(blobs: BlobStore) -> None:
    missing = hash_of(b"missing")
    with pytest.raises(Corrupt, match="not there"):
        blobs.get(missing)
    assert (blobs.exists(missing), blobs.size(missing), blobs.delete(missing)) == (False, None, 0)


def test_a_deleted_blob_is_gone(blobs: BlobStore, tmp_path: Path) -> None:
    ref = blobs.put(b"octets")
    assert blobs.delete(ref.hash) == 6
    assert (blobs.exists(ref.hash), files(tmp_path)) == (False, [])


def test_a_blob_that_was_stored_since_is_not_deleted(blobs: BlobStore, tmp_path: Path) -> None:
    ref = blobs.put(b"octets")
    assert blobs.delete(ref.hash, unless_since=OLD) == 0
    assert blobs.get(ref.hash) == b"octets"
    os.utime(file_of(tmp_path, ref.hash), (OLD - 1, OLD - 1))
    assert blobs.delete(ref.hash, unless_since=OLD) == 6


def test_a_blob_that_is_being_deleted_can_still_be_read(blobs: BlobStore, tmp_path: Path) -> None:
    ref = blobs.put(b"octets")
    file_of(tmp_path, ref.hash).rename(tmp_path / "blobs" / "tmp" / f"old-{ref.hash.hex()}-1")
    assert (blobs.get(ref.hash), blobs.exists(ref.hash)) == (b"octets", True)


def test_all_are_found_or_those_that_are_old(blobs: BlobStore, tmp_path: Path) -> None:
    refs = [blobs.put(b"%d" % number) for number in range(50)]
    for ref in refs[:20]:
        os.utime(file_of(tmp_path, ref.hash), (OLD, OLD))
    assert list(blobs.iterate()) == sorted(ref.hash for ref in refs)
    assert list(blobs.iterate(older_than=OLD + 1)) == sorted(ref.hash for ref in refs[:20])


def test_many_are_stored_at_a_time(blobs: BlobStore) -> None:
    storing = [tasks.spawn(blobs.put, b"%d" % (number % 40)) for number in range(120)]
    assert all(task.join(30) for task in storing)
    assert {task.result for task in storing} == {blobs.put(b"%d" % number) for number in range(40)}


def test_who_stores_while_others_delete_has_it_stored(blobs: BlobStore) -> None:
    def store() -> None:
        for _ in range(20):
            since = blobs.put(b"octets")
            assert blobs.get(since.hash) == b"octets"

    def delete() -> None:
        for _ in range(60):
            blobs.delete(hash_of(b"octets"), unless_since=OLD)

    running = [tasks.spawn(store), tasks.spawn(delete), tasks.spawn(store), tasks.spawn(delete)]
    assert all(task.join(30) for task in running)
    assert [task.error for task in running] == [None] * 4


def test_what_crashes_left_half_done_is_cleared_up(blobs: BlobStore, tmp_path: Path) -> None:
    ref = blobs.put(b"octets")
    aside = tmp_path / "blobs" / "tmp"
    file_of(tmp_path, ref.hash).rename(aside / f"old-{ref.hash.hex()}-1")
    (aside / "new-1").write_bytes(b"oct")
    assert blobs.tidy(OLD) == 0
    assert blobs.tidy(1e11) == 2
    assert files(tmp_path) == [file_of(tmp_path, ref.hash)]


def test_files_and_folders_are_for_their_owner_alone(blobs: BlobStore, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        blobs.put(b"octets")
    finally:
        os.umask(before)
    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in (tmp_path / "blobs").rglob("*")}
    assert modes == {True: 0o700, False: 0o600}


def test_a_disk_that_fails_is_temporary(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        BlobStore(tmp_path / "blobs")


def test_a_put_that_fails_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    path = file_of(tmp_path, hash_of(b"octets"))
    path.parents[1].write_bytes(b"in the way")
    with pytest.raises(StoreUnavailable):
        blobs.put(b"octets")
    assert files(tmp_path) == [path.parents[1]]


def test_closed_blobs_are_not_available(blobs: BlobStore) -> None:
    blobs.close()
    with pytest.raises(StoreUnavailable):
        blobs.put(b"x")
