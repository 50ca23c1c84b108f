"""The store alone: batches a second with and without group commit, reads of a point, scans, blobs. Prints ratios.

All variants take turns in one run, in the folder that is given (a disk, not memory).
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from stalwart_g.green import tasks
from stalwart_g.store import Batch, Store, open_store
from stalwart_g.store.blobs import BlobStore

HEAD, BODY = os.urandom(250), os.urandom(4500)
Variant = Callable[[int], None]


def message(number: int) -> Batch:
    """As the queue writes one."""
    batch = Batch()
    batch.put(b"h" + number.to_bytes(8, "big"), HEAD)
    batch.put(b"b" + number.to_bytes(8, "big"), BODY)
    return batch


def mail(_: int) -> Batch:
    """As a mailbox gets one: ids, assertions, counters, keys that ids make."""
    batch = Batch()
    place, uid = batch.next_id(b"id"), batch.next_id(b"uid")
    batch.assert_value(b"mailbox", None)
    batch.add(b"octets", len(BODY), limit=1 << 50)
    batch.add(b"messages", 1)
    batch.put(lambda ids: b"e%08d" % ids[place], HEAD)
    batch.put(lambda ids: b"r%08d" % ids[uid], lambda ids: b"%08d" % ids[place] + HEAD)
    return batch


def together(store: Store, greenlets: int, make: Callable[[int], Batch]) -> Variant:
    """So many callers at a time."""

    def run(count: int) -> None:
        numbers = iter(range(count))

        def write() -> None:
            for number in numbers:
                store.commit(make(number))

        for task in [tasks.spawn(write) for _ in range(greenlets)]:
            task.join()

    return run


def one_by_one(path: Path) -> Variant:
    """Plain SQLite with the same settings, a transaction a message, in the hub."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE v (k BLOB PRIMARY KEY NOT NULL, v BLOB NOT NULL) WITHOUT ROWID")

    def run(count: int) -> None:
        for number in range(count):
            connection.execute("BEGIN IMMEDIATE")
            for row in message(number).operations:
                connection.execute("REPLACE INTO v VALUES (?, ?)", (row.key, row.value))  # type: ignore[union-attr]
            connection.execute("COMMIT")

    return run


def points(read: Callable[[bytes], object]) -> Variant:
    def run(count: int) -> None:
        for number in range(count):
            read(b"h" + (number % 500).to_bytes(8, "big"))

    return run


def repeated(act: Callable[[], object]) -> Variant:
    def run(count: int) -> None:
        for _ in range(count):
            act()

    return run


def many_blobs(blobs: BlobStore, greenlets: int) -> Variant:
    def run(count: int) -> None:
        numbers = iter(range(count))

        def write() -> None:
            for _ in numbers:
                blobs.put(os.urandom(15_000))

        for task in [tasks.spawn(write) for _ in range(greenlets)]:
            task.join()

    return run


def compared(title: str, count: int, rounds: int, variants: dict[str, Variant]) -> None:
    """Medians; ratios to the first variant."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, run in variants.items():
            wall, processor = time.perf_counter(), time.process_time()
            run(count)
            times[name].append((time.perf_counter() - wall, time.process_time() - processor))
    print(title)
    first = 0.0
    for name, figures in times.items():
        wall, processor = (statistics.median(column) / count * 1e6 for column in zip(*figures, strict=True))
        first = first or wall
        print(f"  {name:44} {1e6 / wall:9.0f}/s {wall:9.1f} us {processor:8.1f} us CPU   x {first / wall:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--count", type=int, default=1000, help="batches in a round")
    arguments = parser.parse_args()
    sys.setswitchinterval(0.001)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        bench(Path(folder), arguments.count, arguments.rounds)


def bench(folder: Path, count: int, rounds: int) -> None:
    store, blobs = open_store(folder / "store.sqlite3"), BlobStore(folder / "blobs")
    compared(
        "queue messages of 4.5 kB, durable", count, rounds,
        {
            "plain SQLite, one commit each": one_by_one(folder / "plain.sqlite3"),
            "1 caller": together(store, 1, message),
            "20 callers, group commit": together(store, 20, message),
            "100 callers, group commit": together(store, 100, message),
        },
    )  # fmt: skip
    compared(
        "batches with ids, assertions and counters", count, rounds,
        {"1 caller": together(store, 1, mail), "50 callers, group commit": together(store, 50, mail)},
    )  # fmt: skip
    read_bench(store, folder / "store.sqlite3", count, rounds)
    compared(
        "blobs of 15 kB, durable", max(50, count // 10), rounds,
        {"1 caller": many_blobs(blobs, 1), "50 callers": many_blobs(blobs, 50)},
    )  # fmt: skip
    blobs.close()
    store.close()


def read_bench(store: Store, path: Path, count: int, rounds: int) -> None:
    plain = sqlite3.connect(path, isolation_level=None)
    keys = [key for key, _ in store.scan(b"h", limit=20, keys_only=True)]
    get = "SELECT v FROM v WHERE k = ?"
    compared(
        "reads", 5 * count, rounds,
        {
            "plain SQLite, one value": points(lambda key: plain.execute(get, (key,)).fetchone()),
            "get": points(store.get),
            "counter": points(store.counter),
            "get_many of 20": repeated(lambda: store.get_many(keys)),
            "scan of 10 rows": repeated(lambda: list(store.scan(b"h", limit=10))),
        },
    )  # fmt: skip
    compared(
        "scans of 1000 rows", 20, rounds,
        {
            "plain SQLite in the hub": repeated(
                lambda: plain.execute("SELECT k, v FROM v WHERE k >= ? ORDER BY k LIMIT 1000", (b"e",)).fetchall()
            ),
            "scan": repeated(lambda: list(store.scan(b"e", limit=1000))),
        },
    )  # fmt: skip
    plain.close()


if __name__ == "__main__":
    main()
