"""The store over one SQLite file. Several processes may have it open; each must open it itself, after its fork."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum, auto
from functools import partial
from pathlib import Path
from time import monotonic

from stalwart_g.green import tasks
from stalwart_g.green.threads import BatchThread, Closed
from stalwart_g.observe import metrics
from stalwart_g.store.backends.sqlite import file
from stalwart_g.store.backends.sqlite.connections import Connections
from stalwart_g.store.backends.sqlite.reading import SqliteReader
from stalwart_g.store.backends.sqlite.snapshots import snapshot
from stalwart_g.store.backends.sqlite.upkeep import copied, faults
from stalwart_g.store.backends.sqlite.writing import Outcome, Report, Writer
from stalwart_g.store.batch import Batch
from stalwart_g.store.errors import StoreBusy, StoreUnavailable
from stalwart_g.store.interface import CommitResult, Reader
from stalwart_g.store.limits import check_batch

DEADLINE_SECONDS = 10.0

_READERS = 4
_SNAPSHOTS = 16

_commits = metrics.counter("store_commits", "Transactions that wrote to a database")
_batches = metrics.counter("store_batches", "Batches in these transactions")
_seconds = metrics.histogram("store_commit_seconds", "How long transactions took, waiting for other processes included")
_retries = metrics.counter("store_busy_retries", "Waits for the lock of another process that were not long enough")


def open_sqlite(path: Path, *, force: bool = False, deadline_seconds: float = DEADLINE_SECONDS) -> SqliteStore:
    """Open the file, made if need be; see `stalwart_g.store.open_store`."""
    file.prepare(path, force=force)
    connections = Connections(path, _READERS, deadline_seconds)
    end = monotonic() + deadline_seconds
    while True:
        try:
            connections.run(file.create)
            direct = connections.run(lambda _: file.connect(path, 0))
            return SqliteStore(path, direct, connections, deadline_seconds)
        except StoreBusy:
            if monotonic() > end:
                connections.close()
                raise
            tasks.sleep(random.uniform(0.01, 0.05))  # noqa: S311
        except BaseException:
            connections.close()
            raise


def _note_process() -> None:
    _process[0] = os.getpid()


_process = [os.getpid()]  # asking the system at each access is not for free
os.register_at_fork(after_in_child=_note_process)


class _Order(Enum):
    """What the writer's thread does besides batches."""

    TIDY = auto()
    END = auto()


class SqliteStore(SqliteReader):
    """All of the interface."""

    def __init__(
        self, path: Path, direct: sqlite3.Connection, connections: Connections, deadline_seconds: float
    ) -> None:
        super().__init__(direct, connections.run, self._check_open)
        self._process, self._closed = _process[0], False
        self._connections, self._deadline = connections, deadline_seconds
        self._snapshots = tasks.Semaphore(_SNAPSHOTS)
        busy_seconds = min(file.BUSY_SECONDS, deadline_seconds)
        self._writer = Writer(partial(file.connect, path, busy_seconds), deadline_seconds)
        self._thread: BatchThread[Batch | _Order, Outcome | None] = BatchThread("store writer", self._work)

    def commit(self, batch: Batch) -> CommitResult:
        self._check_open()
        if not batch:
            return CommitResult()
        check_batch(batch)
        outcome = self._hand_over(batch)
        assert outcome is not None, "each batch has an outcome"
        if outcome.report is not None:
            _count(outcome.report)
        if isinstance(outcome.result, Exception):
            raise outcome.result
        return outcome.result

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        self._check_open()
        if not self._snapshots.acquire(self._deadline):
            raise StoreBusy("too many snapshots")
        try:
            with snapshot(self._connections) as reader:
                yield reader
        finally:
            self._snapshots.release()

    def check(self) -> list[str]:
        self._check_open()
        return self._connections.run(faults)

    def backup(self, path: str) -> None:
        self._check_open()
        self._connections.run(lambda connection: copied(connection, Path(path)))

    def tidy(self) -> None:
        self._check_open()
        outcome = self._hand_over(_Order.TIDY)
        if outcome is not None and isinstance(outcome.result, Exception):
            raise outcome.result

    def close(self) -> None:
        if self._closed:
            return
        self._check_open()
        self._closed = True
        self._direct.close()
        self._connections.close()
        try:
            self._thread.call(_Order.END)
        finally:
            self._thread.close()

    def _hand_over(self, item: Batch | _Order) -> Outcome | None:
        try:
            return self._thread.call(item)
        except Closed:
            raise StoreUnavailable("the store is closed") from None

    def _work(self, items: Sequence[Batch | _Order]) -> list[Outcome | None]:
        """In the writer's thread: first the batches, then the orders."""
        batches = [item for item in items if isinstance(item, Batch)]
        outcomes = iter(self._writer.commit(batches) if batches else ())
        return [next(outcomes) if isinstance(item, Batch) else self._obeyed(item) for item in items]

    def _obeyed(self, order: _Order) -> Outcome | None:
        if order is _Order.END:
            self._writer.finish()
            return None
        try:
            self._writer.tidy()
        except sqlite3.Error as error:
            return Outcome(file.translated(error))
        return None

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        if _process[0] != self._process:
            raise RuntimeError("a store that was opened before the fork")


def _count(report: Report) -> None:
    _commits.inc()
    _batches.inc(by=report.batches)
    _seconds.observe(report.seconds)
    if report.retries:
        _retries.inc(by=report.retries)
