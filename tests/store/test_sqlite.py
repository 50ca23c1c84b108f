"""The SQLite file itself: shared by processes, locked by others, killed in the middle, not ours at all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut
from stalwart_g.observe import metrics
from stalwart_g.store import Batch, Corrupt, Store, StoreBusy, StoreUnavailable, open_store
from stalwart_g.store.backends.sqlite import file

WRITER = Path(__file__).parent / "programs" / "writer.py"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(path)
    yield opened
    opened.close()


def put(store: Store, *keys: bytes, value: bytes = b"v") -> None:
    batch = Batch()
    for key in keys:
        batch.put(key, value)
    store.commit(batch)


def writer(path: Path, prefix: str, *count: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, WRITER, path, prefix, *count], stdout=subprocess.PIPE, text=True)


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else who writes and takes his time."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


# Processes


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    processes = [writer(path, prefix, "20") for prefix in ("a", "b", "c")]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    ids = sorted(int(line) for output in outputs for line in output.splitlines())
    store = open_store(path)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert ids == list(range(1, 601))
    assert store.counter(b"sum") == 1200
    assert [key for key, _ in store.scan(b"k")] == [b"k%08d" % number for number in ids]
    store.close()


def test_what_was_acknowledged_is_there_after_a_sudden_death(path: Path) -> None:
    for number, prefix in enumerate(("a", "b", "c")):
        process = writer(path, prefix)
        assert process.stdout
        acknowledged = [process.stdout.readline() for _ in range(40 + 35 * number)]
        process.kill()
        acknowledged += process.stdout.readlines()
        process.wait(10)
        process.stdout.close()
        store = open_store(path)
        ids = [int(line) for line in acknowledged if line.endswith("\n")]
        assert all(store.get(b"k%08d" % number) == prefix.encode() for number in ids)
        rows = [key[1:] for key, _ in store.scan(b"k")]
        assert rows == [key[1:] for key, _ in store.scan(b"l")]
        assert (len(rows), store.counter(b"sum"), store.check()) == (store.counter(b"n"), 2 * len(rows), [])
        store.close()


def test_a_change_of_one_process_is_seen_by_the_other(store: Store, path: Path) -> None:
    put(store, b"k")
    assert store.get(b"new") is None
    other = open_store(path)
    put(other, b"new")
    other.close()
    assert store.get(b"new") == b"v"


def test_a_store_is_of_no_use_after_a_fork(store: Store) -> None:
    child = os.fork()
    if not child:
        try:
            store.get(b"k")
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_many_who_write_at_the_same_time_share_a_transaction(store: Store) -> None:
    before = counted("store_commits_total"), counted("store_batches_total")
    writing = [tasks.spawn(put, store, b"k%d" % number) for number in range(200)]
    assert all(task.join(10) for task in writing)
    commits, batches = counted("store_commits_total") - before[0], counted("store_batches_total") - before[1]
    assert (batches, commits < 20) == (200, True)


def counted(name: str) -> float:
    lines = metrics.render().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(metrics.PREFIX + name))


# Locks


def test_who_waits_for_the_lock_gets_it_when_it_is_free(store: Store, path: Path) -> None:
    with locked(path):
        writing = tasks.spawn(put, store, b"k")
        assert not writing.join(0.4)
    assert writing.join(5)
    assert store.get(b"k") == b"v"


def test_nobody_waits_for_ever(path: Path) -> None:
    store = open_store(path, deadline_seconds=0.3)
    with locked(path):
        start = monotonic()
        with pytest.raises(StoreBusy):
            put(store, b"k")
        assert monotonic() - start > 0.25
    put(store, b"k")
    assert store.get(b"k") == b"v"
    store.close()


def test_nobody_waits_for_ever_to_open_it(path: Path) -> None:
    with locked(path), pytest.raises(StoreBusy):
        open_store(path, deadline_seconds=0.2)
    open_store(path).close()


def test_reading_waits_for_no_writer(store: Store, path: Path) -> None:
    put(store, b"k")
    with locked(path) as other, tasks.timeout(2):
        other.execute("DELETE FROM v")
        assert store.get(b"k") == b"v"
        assert list(store.scan(b"")) == [(b"k", b"v")]


def test_the_hub_goes_on_while_a_writer_waits(store: Store, path: Path) -> None:
    with locked(path):
        writing = tasks.spawn(put, store, b"k")
        assert _worst_stall(lambda: writing.join(0.6)) < 0.4
    assert writing.join(5)


def test_the_hub_goes_on_while_much_is_written_and_read(store: Store) -> None:
    def work() -> None:
        for part in range(5):
            put(store, *(b"k%d-%d" % (part, number) for number in range(2000)), value=b"v" * 1000)
        assert len(list(store.scan(b"k"))) == 10_000
        assert store.check() == []

    assert _worst_stall(work) < 0.5


def _worst_stall(run: object) -> float:
    """How late a greenlet was that wanted to run every millisecond."""
    worst = [0.0]

    def tick() -> None:
        last = monotonic()
        while True:
            tasks.sleep(0.001)
            now = monotonic()
            worst[0], last = max(worst[0], now - last - 0.001), now

    ticking = tasks.spawn(tick)
    tasks.sleep(0)
    assert callable(run)
    run()
    ticking.kill()
    return worst[0]


def test_what_is_killed_while_it_waits_hurts_nobody(store: Store, path: Path) -> None:
    with locked(path):
        first, second, third = (tasks.spawn(put, store, key) for key in (b"1", b"2", b"3"))
        tasks.sleep(0.02)
        second.kill()
    assert first.join(5) and third.join(5)
    assert (store.get(b"1"), store.get(b"3")) == (b"v", b"v")


def test_a_scan_that_takes_too_long_leaves_its_snapshot_behind(store: Store) -> None:
    for part in range(10):
        put(store, *(b"k%d-%d" % (part, number) for number in range(1000)), value=b"v" * 1000)
    for _ in range(20):
        with pytest.raises(TimedOut), tasks.timeout(0.002), store.snapshot() as reader:
            while True:
                list(reader.scan(b"k"))
    with store.snapshot() as reader:
        assert len(list(reader.scan(b"k"))) == 10_000


# The file


def test_files_are_for_their_owner_alone(store: Store, path: Path) -> None:
    put(store, b"k")
    before = os.umask(0)
    try:
        other = open_store(path.with_name("other.sqlite3"))
        put(other, b"k")
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        other.close()
    finally:
        os.umask(before)
    assert set(modes) == {f"{name}.sqlite3{more}" for name in ("store", "other") for more in ("", "-wal", "-shm")}
    assert set(modes.values()) == {0o600}


def test_a_closed_store_is_one_file(store: Store, path: Path) -> None:
    put(store, b"k")
    store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_space_that_is_not_needed_is_given_back(store: Store, path: Path) -> None:
    put(store, *(b"k%d" % number for number in range(1000)), value=bytes(5000))
    store.tidy()
    before = path.stat().st_size
    batch = Batch()
    batch.delete_prefix(b"k")
    store.commit(batch)
    store.tidy()
    assert path.stat().st_size < before / 10
    assert path.with_name(path.name + "-wal").stat().st_size == 0


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path / "folder" / "store.sqlite3")


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(Corrupt, match="not a database"):
        open_store(path)
    assert path.read_bytes() == b"Dear diary, " * 1000


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE diary (day)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(Corrupt, match="not one of this program"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused(store: Store, path: Path) -> None:
    store.close()
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version = {file.VERSION + 1}")
    other.close()
    with pytest.raises(Corrupt, match="newer version"):
        open_store(path)


def test_a_damaged_file_is_noticed_by_a_check(store: Store, path: Path) -> None:
    put(store, *(b"k%d" % number for number in range(1000)), value=b"v" * 100)
    store.close()
    with path.open("r+b") as damaged:
        damaged.seek(3 * 4096)
        damaged.write(b"\xff" * 4096 * 8)
    store = open_store(path)
    assert store.check()
    store.close()


def test_a_full_disk_writes_nothing_and_is_over_when_it_is_over(store: Store) -> None:
    put(store, b"k")
    limit_pages(store, 10)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="full") as caught:
            put(store, b"k", b"big", value=bytes(100_000))
        assert caught.value.enhanced_code == "4.3.1"
    assert (store.get(b"k"), store.get(b"big")) == (b"v", None)
    limit_pages(store, 10_000)
    put(store, b"big", value=bytes(100_000))
    assert store.get(b"big") == bytes(100_000)


def limit_pages(store: Store, count: int) -> None:
    """SQLite answers as on a full disk when a file would come to more pages."""
    writer = store._writer  # type: ignore[attr-defined]
    connect = writer._connect

    def limited() -> sqlite3.Connection:
        connection: sqlite3.Connection = connect()
        connection.execute(f"PRAGMA max_page_count = {count}")
        return connection

    writer._connect = limited
    writer.close()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/srv/mail", "nfs4"),
        ("/srv/mail/data", "nfs4"),
        ("/srv/mailman", "ext4"),
        ("/mnt/with space/x", "xfs"),
    ],
)
def test_the_file_system_of_a_folder_is_known(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "30 22 0:50 / /srv/mail rw shared:2 - ext4 /dev/sdb1 rw\n"
        "31 22 0:51 / /srv/mail rw shared:2 master:3 - nfs4 host:/mail rw,vers=4.2\n"
        "32 22 0:52 / /mnt/with\\040space rw - xfs /dev/sdc1 rw\n"
    )
    assert file.file_system(Path(folder), mounts) == kind
    assert file.file_system(Path(folder), tmp_path / "none") is None


def test_a_network_file_system_is_refused_unless_forced(path: Path) -> None:
    mounts = path.with_name("mountinfo")
    mounts.write_text(f"31 22 0:51 / {path.parent.resolve()} rw - nfs4 host:/mail rw\n")
    with pytest.raises(OSError, match="network file system"):
        file.prepare(path, force=False, mounts=mounts)
    assert not path.exists()
    file.prepare(path, force=True, mounts=mounts)
    assert path.exists()
