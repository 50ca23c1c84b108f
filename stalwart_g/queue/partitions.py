"""The queue's folder: one database, one lock and one folder of long messages for each worker.

A lock is held by a living process only, so a partition whose owner died is free at once. Operators' commands read the
databases of all partitions, and leave requests for their owners.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stalwart_g.green import tasks
from stalwart_g.model.errors import Deferred
from stalwart_g.queue import rows
from stalwart_g.queue.bodies import BodyFiles
from stalwart_g.queue.entry import Entry
from stalwart_g.queue.requests import Request
from stalwart_g.queue.settings import QueueSettings
from stalwart_g.queue.spool import Spool
from stalwart_g.store import Batch, Store, open_store

_DATABASE = re.compile(r"queue-(\d+)\.sqlite3")
_TRY_SECONDS = 0.1


class PartitionTaken(Deferred):
    """Another living process owns it."""


class Partition:
    """A partition that this process owns."""

    def __init__(self, spool: Spool, store: Store, bodies: BodyFiles, lock: int) -> None:
        self.spool = spool
        self._store, self._bodies, self._lock = store, bodies, lock

    def close(self) -> None:
        """Give it up; nothing may be going on in it any more."""
        self._store.close()
        self._bodies.close()
        os.close(self._lock)


def open_partition(
    folder: Path,
    index: int,
    settings: QueueSettings,
    *,
    node: int = 0,
    clock: Callable[[], float] = time.time,
    wait_seconds: float = 0.0,
) -> Partition:
    """Own a partition, made if need be, with everything that its last owner left.

    Args:
        wait_seconds: for an owner that is about to end.

    Raises:
        PartitionTaken
        OSError: the folder cannot be used.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as undo:
        lock = _locked(folder / f"queue-{index}.lock", wait_seconds)
        undo.callback(os.close, lock)
        store = open_store(_database(folder, index))
        undo.callback(store.close)
        bodies = BodyFiles(folder / f"queue-{index}.bodies")
        undo.callback(bodies.close)
        spool = Spool(store, bodies, settings, node=node, partition=index, clock=clock)
        spool.recover()
        undo.pop_all()
    return Partition(spool, store, bodies, lock)


def indexes(folder: Path) -> list[int]:
    """Of all partitions in the folder."""
    return sorted(int(match[1]) for path in folder.glob("queue-*") if (match := _DATABASE.fullmatch(path.name)))


def databases(folder: Path) -> list[Path]:
    """The databases of all partitions."""
    return [_database(folder, index) for index in indexes(folder)]


def adopted(folder: Path, worker: int, workers: int) -> list[int]:
    """The partitions of workers that are no more, which this worker is to look after, besides its own."""
    return [index for index in indexes(folder) if index >= workers and index % workers == worker]


# For operators, in any process


def entries(folder: Path) -> Iterator[tuple[int, Entry]]:
    """All messages of all partitions, oldest first in each, with the number of their partition."""
    for index in indexes(folder):
        with _reading(folder, index) as store:
            for entry in rows.entries(store):
                yield index, entry


def show(folder: Path, number: int) -> Entry | None:
    """The message with this id, wherever it is."""
    for index in indexes(folder):
        with _reading(folder, index) as store:
            if (entry := rows.load(store, number)) is not None:
                return entry
    return None


def octets(folder: Path, number: int) -> bytes | None:
    """The message with this id, as it was queued.

    Raises:
        OSError: it cannot be read.
    """
    for index in indexes(folder):
        with _reading(folder, index) as store:
            entry = rows.load(store, number)
            if entry is not None:
                return _body(folder, index, entry.body) if entry.body else rows.body(store, number)
    return None


def _body(folder: Path, index: int, name: str) -> bytes:
    bodies = BodyFiles(folder / f"queue-{index}.bodies")
    try:
        return bodies.read(name)
    finally:
        bodies.close()


def ask(folder: Path, request: Request, settings: QueueSettings) -> None:
    """Have a request carried out: by the owners of the partitions, or at once where there is no owner."""
    for index in indexes(folder):
        with _reading(folder, index) as store:
            batch = Batch()
            rows.put_request(batch, request)
            store.commit(batch)
        try:
            partition = open_partition(folder, index, settings)
        except PartitionTaken:
            continue  # its owner looks for requests all the time
        try:
            partition.spool.obey()
        finally:
            partition.close()


def check(folder: Path) -> list[str]:
    """What is damaged, in words; nothing if all is well."""
    return [f"queue-{index}: {problem}" for index in indexes(folder) for problem in _problems(folder, index)]


def _problems(folder: Path, index: int) -> Iterator[str]:
    with _reading(folder, index) as store:
        yield from store.check()
        try:
            for entry in rows.entries(store):
                if not _has_octets(folder, index, store, entry) and rows.load(store, entry.id) is not None:
                    yield f"message {entry.queue_id} has no octets"
        except ValueError as error:  # msgspec's errors are
            yield f"a message cannot be read: {error}"


def _has_octets(folder: Path, index: int, store: Store, entry: Entry) -> bool:
    if not entry.body:
        return rows.body(store, entry.id) is not None
    return bool(list((folder / f"queue-{index}.bodies").glob(f"??/{entry.body}")))


@contextmanager
def _reading(folder: Path, index: int) -> Iterator[Store]:
    store = open_store(_database(folder, index))
    try:
        yield store
    finally:
        store.close()


def _database(folder: Path, index: int) -> Path:
    return folder / f"queue-{index}.sqlite3"


def _locked(path: Path, wait_seconds: float) -> int:
    """The descriptor of a file that we have locked; the lock ends with the descriptor, or with this process."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    end = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                os.close(descriptor)
                raise PartitionTaken(f"{path.name} is locked by another process", "4.3.0") from None
            tasks.sleep(_TRY_SECONDS)
        else:
            return descriptor
