"""Connections for reading, each lent to one thread or one snapshot at a time, and the threads."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import ParamSpec, TypeVar

from stalwart_g.green.threads import Closed, ThreadPool
from stalwart_g.store.backends.sqlite.file import connect, is_busy, translated
from stalwart_g.store.errors import StoreUnavailable

P = ParamSpec("P")
R = TypeVar("R")
Work = Callable[[sqlite3.Connection], R]


class Connections:
    """As many as are needed at a time; idle ones are kept.

    Args:
        deadline_seconds: how long to wait for others. A reader waits only while they recover or end the journal.
    """

    def __init__(self, path: Path, threads: int, deadline_seconds: float) -> None:
        self._path, self._deadline = path, deadline_seconds
        self._threads = ThreadPool(threads, "store")
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    def run(self, work: Work[R]) -> R:
        """In a thread, with any connection; waits cooperatively.

        Raises:
            StoreUnavailable, Corrupt
        """
        return self._in_thread(self._with_any, work)

    def run_with(self, connection: sqlite3.Connection, work: Work[R]) -> R:
        """In a thread, with this connection, which nobody else may use meanwhile."""
        return self._in_thread(self._patiently, connection, work)

    def take(self) -> sqlite3.Connection:
        """One for a while: `give_back` it, or forget it where a thread may still be using it.

        Raises:
            sqlite3.Error
        """
        try:
            return self._idle.pop()
        except IndexError:
            return connect(self._path)

    def give_back(self, connection: sqlite3.Connection) -> None:
        self._idle.append(connection)
        if self._closed:
            self._end_idle()

    def close(self) -> None:
        """What threads are doing goes on to its end."""
        self._closed = True
        self._threads.close()
        self._end_idle()

    def _end_idle(self) -> None:
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return

    def _in_thread(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return self._threads.run(function, *args, **kwargs)
        except Closed:
            raise StoreUnavailable("the store is closed") from None
        except sqlite3.Error as error:
            raise translated(error) from error

    def _with_any(self, work: Work[R]) -> R:
        connection = self.take()
        try:
            return self._patiently(connection, work)
        finally:
            self.give_back(connection)

    def _patiently(self, connection: sqlite3.Connection, work: Work[R]) -> R:
        end = monotonic() + self._deadline
        while True:
            try:
                return work(connection)
            except sqlite3.OperationalError as error:
                if not is_busy(error) or monotonic() > end:
                    raise
