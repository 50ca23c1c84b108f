"""A snapshot: a transaction that only reads, on a connection of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from stalwart_g.store.backends.sqlite.connections import Connections, Work
from stalwart_g.store.backends.sqlite.file import translated
from stalwart_g.store.backends.sqlite.reading import SqliteReader
from stalwart_g.store.errors import StoreUnavailable

R = TypeVar("R")


@contextmanager
def snapshot(connections: Connections) -> Iterator[SqliteReader]:
    """Everything that is read within is of the moment at which it begins."""
    own = _Own(connections)
    try:
        own.begin()
        yield SqliteReader(own.connection, own.run, own.check)
    finally:
        own.end()


class _Own:
    """The connection of one snapshot."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        try:
            self.connection = connections.take()
        except sqlite3.Error as error:
            raise translated(error) from error
        self._ended = self._left_behind = False

    def begin(self) -> None:
        self.connection.execute("BEGIN")
        self.run(_first_read)

    def run(self, work: Work[R]) -> R:
        try:
            return self._connections.run_with(self.connection, work)
        except Exception:
            raise
        except BaseException:  # we are killed, or too slow: a thread may go on with our connection
            self._left_behind = True
            raise

    def check(self) -> None:
        if self._ended:
            raise StoreUnavailable("the snapshot is over")

    def end(self) -> None:
        self._ended = True
        if self._left_behind:
            return  # the connection ends when the thread lets go of it
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self._connections.give_back(self.connection)


def _first_read(connection: sqlite3.Connection) -> None:
    """Only now the transaction has its moment."""
    connection.execute("SELECT 1 FROM v LIMIT 1").fetchall()
