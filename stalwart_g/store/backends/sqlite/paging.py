"""Scans in pages: each is a statement of its own, which begins where the last one ended."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile

from stalwart_g.store.backends.sqlite import statements
from stalwart_g.store.staging import end_of

Row = tuple[bytes, bytes]

_ENDLESS = 1 << 62
_FIRST_ROWS, _FIRST_OCTETS = 50, 1 << 14
_PAGE_ROWS, _PAGE_OCTETS = 1000, 1 << 20
_SELECT = "SELECT {} FROM v WHERE k >= ? AND k < ? ORDER BY k {} LIMIT ?"
_KEYS, _ROWS = "k, x'' AS v", "k, v"
_SHORT = f"k, CASE WHEN length(v) <= {_FIRST_OCTETS} THEN v END"


@dataclass(frozen=True, slots=True)
class Span:
    """What is left of a scan: keys from ``low`` up to ``high``, which is not one of them."""

    low: bytes
    high: bytes
    reverse: bool
    keys_only: bool
    limit: int

    def after(self, rows: list[Row]) -> Span:
        """What is left behind these rows."""
        limit, last = self.limit - len(rows), rows[-1][0]
        return replace(self, high=last, limit=limit) if self.reverse else replace(self, low=last + b"\0", limit=limit)


@dataclass(frozen=True, slots=True)
class Page:
    """``rest`` None: there is no more."""

    rows: list[Row]
    rest: Span | None


def span_of(prefix: bytes, after: bytes | None, limit: int | None, *, reverse: bool, keys_only: bool) -> Span:
    low, high = prefix, end_of(prefix)
    if after is not None:
        low, high = (low, min(high, after)) if reverse else (max(low, after + b"\0"), high)
    return Span(low, high, reverse, keys_only, _ENDLESS if limit is None else max(0, limit))


def first_page(connection: sqlite3.Connection, span: Span) -> Page:
    """For the hub: some rows up to the first long value, which is often all there is."""
    count = min(_FIRST_ROWS, span.limit)
    statement = _statement(span, _KEYS if span.keys_only else _SHORT)
    found = connection.execute(statement, (span.low, span.high, count)).fetchall()
    rows = list(takewhile(lambda row: row[1] is not None, found))
    return _page(span, rows, complete=len(rows) == len(found) < _FIRST_ROWS)


def next_page(connection: sqlite3.Connection, span: Span) -> Page:
    """For a thread: as much as is good to have at a time, and at least one row if there is one."""
    count = min(_PAGE_ROWS, span.limit)
    if not span.keys_only:
        count = _fitting(connection, span, count)
    statement = _statement(span, _KEYS if span.keys_only else _ROWS)
    rows = statements.rows(connection, statement, (span.low, span.high, count))
    return _page(span, rows, complete=len(rows) < count)


def _fitting(connection: sqlite3.Connection, span: Span, count: int) -> int:
    """How many rows may be read at a time. SQLite knows the length of a value without reading it."""
    select = f"SELECT group_concat(n) FROM ({_statement(span, 'length(v) AS n')})"  # noqa: S608
    ((lengths,),) = connection.execute(select, (span.low, span.high, count)).fetchall()
    sums = accumulate(map(int, lengths.split(","))) if lengths else ()
    fitting = sum(octets <= _PAGE_OCTETS for octets in sums)
    return count if lengths is None or fitting == lengths.count(",") + 1 else max(1, fitting)


def _page(span: Span, rows: list[Row], *, complete: bool) -> Page:
    rest = span.after(rows) if rows else span
    return Page(rows, None if complete or not rest.limit else rest)


def _statement(span: Span, columns: str) -> str:
    return _SELECT.format(columns, "DESC" if span.reverse else "ASC")
