"""What one native thread does with all batches that wait: one transaction for them together (group commit).

Runs in the thread, so nothing in here waits cooperatively, logs or counts: what there is to tell goes back with the
outcomes.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace

from stalwart_g.store.backends.sqlite import statements
from stalwart_g.store.backends.sqlite.file import BUSY_SECONDS, is_busy, translated
from stalwart_g.store.backends.sqlite.upkeep import tidied
from stalwart_g.store.batch import Add, AssertValue, Batch, NextId
from stalwart_g.store.interface import CommitResult
from stalwart_g.store.staging import Stage, perform


class Report(Struct, frozen=True):
    """One transaction, for the metrics."""

    batches: int
    seconds: float
    retries: int


class Outcome(Struct, frozen=True):
    """What became of one batch. The first one of a transaction brings the report."""

    result: CommitResult | Exception
    report: Report | None = None


class Writer:
    """The only connection of this process that writes.

    Args:
        connect: called again after an error: a connection that ends leaves nothing of a broken transaction behind.
        deadline_seconds: how long to wait for other processes.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], deadline_seconds: float) -> None:
        self._connect, self._deadline = connect, deadline_seconds
        self._connection: sqlite3.Connection | None = None
        self._retries = 0

    def commit(self, batches: Sequence[Batch]) -> list[Outcome]:
        """Each batch is executed or fails by itself; an error of the database means that none has been executed."""
        started, self._retries = perf_counter(), 0
        try:
            outcomes = self._transaction(batches, started + self._deadline)
        except sqlite3.Error as error:
            self.close()
            outcomes = [Outcome(translated(error)) for _ in batches]
        except BaseException:
            self.close()
            raise
        report = Report(len(batches), perf_counter() - started, self._retries)
        outcomes[0] = replace(outcomes[0], report=report)
        return outcomes

    def close(self) -> None:
        """Whatever is not committed is undone."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def tidy(self) -> None:
        """Raises: sqlite3.Error"""
        tidied(self._connected())

    def finish(self) -> None:
        """The end. If we wrote, the journal goes into the database as far as others let us; it is as good without."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                tidied(self._connection)
        self.close()

    def _transaction(self, batches: Sequence[Batch], deadline: float) -> list[Outcome]:
        connection = self._begun(deadline)
        stage = Stage(Stored(connection, batches))
        outcomes = [Outcome(_performed(batch, stage)) for batch in batches]
        statements.write(connection, stage)
        connection.execute("COMMIT")
        return outcomes

    def _begun(self, deadline: float) -> sqlite3.Connection:
        while True:
            connection = self._connected()
            try:
                connection.execute("BEGIN IMMEDIATE")
                return connection
            except sqlite3.OperationalError as error:
                left = deadline - perf_counter()
                if left <= 0 or not is_busy(error):
                    raise
                self._retries += 1
                wait = min(left, BUSY_SECONDS * random.uniform(0.2, 1))  # noqa: S311
                connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000) + 1}")

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection


class Stored:
    """What a stage stands on: what the batches ask for, read all at once."""

    def __init__(self, connection: sqlite3.Connection, batches: Sequence[Batch]) -> None:
        operations = list(chain.from_iterable(batch.operations for batch in batches))
        keys = {operation.key for operation in operations if isinstance(operation, AssertValue)}
        counters = {operation.counter for operation in operations if isinstance(operation, (NextId, Add))}
        self._values = statements.values(connection, list(keys))
        self._numbers = statements.numbers(connection, list(counters))

    def value(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def number(self, key: bytes) -> int:
        return self._numbers.get(key, 0)


def _performed(batch: Batch, stage: Stage) -> CommitResult | Exception:
    """An exception is for who gave us this batch alone."""
    try:
        return perform(batch, stage)
    except Exception as error:  # noqa: BLE001  # a function of this batch may raise anything
        return error
