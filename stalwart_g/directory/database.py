"""Connections to SQL databases that belong to an administrator: read-only, bounded, used in native threads.

The driver of each kind of address is a row of `DRIVERS`. An engine gets in with its dialect and a way to connect.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from stalwart_g.directory.statements import SQLITE, Dialect, Row, Rows, Statement, translate
from stalwart_g.green.threads import ThreadPool

T = TypeVar("T")
Watch = Callable[[], object]
"""Tells the version of the data; raises DatabaseError where it cannot."""

_BUSY_SECONDS = 0.25


class DatabaseError(Exception):
    """The database does not answer, or refuses the statement. The text is the driver's."""


class Query:
    """One connection, lent to a function that runs in a thread."""

    def __init__(self, connection: Any, dialect: Dialect) -> None:
        self._connection, self._dialect = connection, dialect

    def __call__(self, statement: str, *values: Any) -> Rows:
        """All rows of the answer.

        Raises:
            DatabaseError: the driver's error.
            StatementError: the statement cannot be translated, or wants another number of values.
        """
        prepared = _translated(statement, self._dialect)
        try:
            cursor = self._connection.execute(prepared.text, prepared.arguments(*values))
            columns = tuple(column[0] for column in cursor.description or ())
            return [Row(columns, row) for row in cursor.fetchall()]
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error


class Database:
    """Runs functions over connections, ``threads`` at a time; a connection is opened when it is first needed.

    Raises:
        ValueError: the address is of no kind that we have a driver for.
    """

    def __init__(self, address: str, threads: int = 4) -> None:
        scheme, separator, rest = address.partition(":")
        if not separator or scheme not in DRIVERS:
            raise ValueError(f"{scheme!r} databases are not known; an address starts with {known_schemes()}")
        self._driver, self._rest = DRIVERS[scheme], rest
        self._pool = ThreadPool(threads, "database")
        self._idle: deque[Any] = deque()
        self._watching: Watch | None = None
        self._can_tell = self._driver.watch is not None

    def run(self, work: Callable[[Query], T]) -> T:
        """Call it in a thread with a connection of its own, and wait cooperatively.

        Raises:
            DatabaseError: no connection, or an error inside ``work``.
        """
        return self._pool.run(self._lend, work)

    def version(self) -> object | None:
        """Another one after each commit of anybody; None where that cannot be told, or not without waiting.

        Called on the hub: takes microseconds.
        """
        if not self._can_tell or self._driver.watch is None:
            return None
        try:
            watching = self._watching = self._watching or self._driver.watch(self._rest)
            self._can_tell = watching is not None
            return watching() if watching is not None else None
        except DatabaseError:
            self._watching = None
            return None  # whoever asks the question itself hears why

    def close(self) -> None:
        """The threads end, idle connections are closed."""
        self._pool.close()
        self._watching = None
        while self._idle:
            self._idle.pop().close()

    def _lend(self, work: Callable[[Query], T]) -> T:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._driver.connect(self._rest)
        try:
            value = work(Query(connection, self._driver.dialect))
        except DatabaseError:
            connection.close()  # whatever is wrong with it, the next one is fresh
            raise
        self._idle.append(connection)
        return value


def known_schemes() -> str:
    """For error messages."""
    return " or ".join(f"{scheme}:" for scheme in DRIVERS)


def sqlite_path(address: str) -> Path:
    """The file of a ``sqlite:`` address: ``sqlite://path``, ``sqlite:path``, with or without ``?options``."""
    return Path(address.removeprefix("sqlite:").removeprefix("//").partition("?")[0])


def _connect_sqlite(rest: str) -> sqlite3.Connection:
    path = sqlite_path(rest)
    try:
        # Not mode=ro: a reader of a WAL database must be able to make its shared-memory file.
        uri = f"file:{quote(str(path))}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: {error}") from error
    return connection


def _watch_sqlite(rest: str) -> Watch | None:
    """With a write-ahead log this waits for no writer; without one it might, so there is none."""
    connection = _connect_sqlite(rest)
    try:
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.close()
            return None
        connection.execute("PRAGMA busy_timeout = 0")
    except sqlite3.Error as error:
        raise DatabaseError(str(error)) from error

    def version() -> object:
        try:
            return connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error

    return version


@lru_cache(maxsize=256)
def _translated(statement: str, dialect: Dialect) -> Statement:
    return translate(statement, dialect)


@dataclass(frozen=True, slots=True)
class Driver:
    """An engine: its dialect, how to connect to what follows the colon of the address, how to watch for changes.

    ``watch`` is None for engines that cannot tell without a trip over the network.
    """

    dialect: Dialect
    connect: Callable[[str], Any]
    watch: Callable[[str], Watch | None] | None = None


DRIVERS: dict[str, Driver] = {"sqlite": Driver(SQLITE, _connect_sqlite, _watch_sqlite)}
