"""Reading: what is short directly in the hub (5 µs), what may be long in threads (some 30 µs more, but never a stall).

No statement is left half done from one call to the next.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol, TypeVar

from stalwart_g.store.backends.sqlite import statements
from stalwart_g.store.backends.sqlite.connections import Work
from stalwart_g.store.backends.sqlite.file import is_busy, translated
from stalwart_g.store.backends.sqlite.paging import Row, first_page, next_page, span_of

R = TypeVar("R")

_DIRECT_KEYS = 64


class Run(Protocol):
    """Does work in a thread, with a connection that sees what the direct one sees."""

    def __call__(self, work: Work[R]) -> R: ...


class SqliteReader:
    """The reading half of the interface.

    Args:
        direct: for the hub.
        check: raises where nothing may be read any more.
    """

    def __init__(self, direct: sqlite3.Connection, run: Run, check: Callable[[], None]) -> None:
        self._direct, self._run, self._check = direct, run, check

    def get(self, key: bytes) -> bytes | None:
        rows = self._short(lambda connection: statements.short_value(connection, key))
        if rows and rows[0][0] is None:
            return self._run(lambda connection: statements.value(connection, key))
        return rows[0][0] if rows else None

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        if len(keys) > _DIRECT_KEYS:
            self._check()
            return self._run(lambda connection: statements.values(connection, keys))
        found = self._short(lambda connection: statements.short_values(connection, keys))
        if long := [key for key, value in found.items() if value is None]:
            found.update(self._run(lambda connection: statements.values(connection, long)))
        return {key: value for key, value in found.items() if value is not None}

    def scan(
        self,
        prefix: bytes,
        *,
        after: bytes | None = None,
        reverse: bool = False,
        limit: int | None = None,
        keys_only: bool = False,
    ) -> Iterator[Row]:
        span = span_of(prefix, after, limit, reverse=reverse, keys_only=keys_only)
        page = self._short(lambda connection: first_page(connection, span))
        yield from page.rows
        while (rest := page.rest) is not None:
            self._check()
            page = self._run(partial(next_page, span=rest))
            yield from page.rows

    def counter(self, key: bytes) -> int:
        return self._short(lambda connection: statements.number(connection, key))

    def counters(self, prefix: bytes) -> dict[bytes, int]:
        self._check()
        return self._run(lambda connection: statements.numbers_under(connection, prefix))

    def _short(self, work: Work[R]) -> R:
        """In the hub; in a thread if it would have to wait."""
        self._check()
        try:
            return work(self._direct)
        except sqlite3.Error as error:
            if not is_busy(error):
                raise translated(error) from error
        return self._run(work)
