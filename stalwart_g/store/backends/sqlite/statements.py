"""The statements.

After every step of a statement a native thread waits for the GIL, up to a millisecond while the hub computes. So in
threads many rows come as one: keys and values one behind the other, and their lengths (1000 rows beside a busy hub:
6 instead of 40 to 400 ms). For the same reason many rows are written by one statement. Their number is rounded up to a
power of two and the rest is filled with NULL, so that there are few statements and SQLite keeps them prepared.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Literal, TypeVar

from stalwart_g.store.staging import Stage, end_of

T = TypeVar("T")
Table = Literal["v", "n"]
Row = tuple[bytes, bytes]

SHORT_OCTETS = 1 << 18
"""A longer value is None in `short_value` and `short_values`."""

_CHUNK = 512
_SHORT = f"CASE WHEN length(v) <= {SHORT_OCTETS} THEN v END"
_SHORT_VALUE = f"SELECT {_SHORT} FROM v WHERE k = ?"  # noqa: S608


# In the hub


def short_value(connection: sqlite3.Connection, key: bytes) -> list[tuple[bytes | None]]:
    """One row, or none."""
    return connection.execute(_SHORT_VALUE, (key,)).fetchall()


def short_values(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes | None]:
    return dict(connection.execute(_select_short(_width(keys)), _filled(keys, 1)).fetchall())


def number(connection: sqlite3.Connection, key: bytes) -> int:
    """The value of a counter."""
    rows = connection.execute("SELECT n FROM n WHERE k = ?", (key,)).fetchall()
    return int(rows[0][0]) if rows else 0


# In threads


def value(connection: sqlite3.Connection, key: bytes) -> bytes | None:
    rows = connection.execute("SELECT v FROM v WHERE k = ?", (key,)).fetchall()
    found: bytes | None = rows[0][0] if rows else None
    return found


def values(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, bytes]:
    """Those that are there."""
    return dict(row for some in _chunks(keys) for row in rows(connection, _select("v", _width(some)), _filled(some, 1)))


def numbers(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Those that were ever changed."""
    found = (rows(connection, _select("n", _width(some)), _filled(some, 1)) for some in _chunks(keys))
    return {key: int(digits) for some in found for key, digits in some}


def numbers_under(connection: sqlite3.Connection, prefix: bytes) -> dict[bytes, int]:
    """All counters whose key starts so."""
    found = rows(connection, "SELECT k, n AS v FROM n WHERE k >= ? AND k < ? ORDER BY k", (prefix, end_of(prefix)))
    return {key: int(digits) for key, digits in found}


def rows(connection: sqlite3.Connection, select: str, parameters: Sequence[object]) -> list[Row]:
    """All rows ``k, v`` of a query, in one step."""
    ((keys, key_lengths, values, value_lengths),) = connection.execute(_at_once(select), parameters).fetchall()
    if keys is None:
        return []
    return list(zip(_cut(keys, key_lengths), _cut(values, value_lengths), strict=True))


def write(connection: sqlite3.Connection, stage: Stage) -> None:
    """All changes of a stage, in the transaction that is open."""
    for prefix in stage.cleared:
        connection.execute("DELETE FROM v WHERE k >= ? AND k < ?", (prefix, end_of(prefix)))
    _put(connection, "v", [(key, value) for key, value in stage.values.items() if value is not None])
    _delete(connection, [key for key, value in stage.values.items() if value is None])
    _put(connection, "n", list(stage.numbers.items()))


def _put(connection: sqlite3.Connection, table: Table, rows: Sequence[tuple[bytes, Any]]) -> None:
    for some in _chunks(rows):
        flat = [column for row in some for column in row]
        connection.execute(_replace(table, _width(some)), _filled(flat, 2))


def _delete(connection: sqlite3.Connection, keys: Sequence[bytes]) -> None:
    for some in _chunks(keys):
        connection.execute(_remove(_width(some)), _filled(some, 1))


@cache
def _replace(table: Table, width: int) -> str:
    rows = ",".join(["(?,?)"] * width)
    return f"REPLACE INTO {table} SELECT column1, column2 FROM (VALUES {rows}) WHERE column1 IS NOT NULL"  # noqa: S608


@cache
def _remove(width: int) -> str:
    return f"DELETE FROM v WHERE k IN ({_marks(width)})"  # noqa: S608


@cache
def _select(table: Table, width: int) -> str:
    return f"SELECT k, {table} AS v FROM {table} WHERE k IN ({_marks(width)})"  # noqa: S608


@cache
def _select_short(width: int) -> str:
    return f"SELECT k, {_SHORT} FROM v WHERE k IN ({_marks(width)})"  # noqa: S608


@cache
def _at_once(select: str) -> str:
    joined = "CAST(group_concat({0}, '') AS BLOB), group_concat(length({0}))"
    return f"SELECT {joined.format('k')}, {joined.format('v')} FROM ({select})"  # noqa: S608


def _cut(octets: bytes, lengths: str) -> Iterator[bytes]:
    ends = accumulate(map(int, lengths.split(",")), initial=0)
    return (octets[start:end] for start, end in pairwise(ends))


def _marks(width: int) -> str:
    return ",".join("?" * width)


def _width(rows: Sequence[object]) -> int:
    return 1 << max(0, len(rows) - 1).bit_length()


def _filled(flat: Sequence[Any], columns: int) -> list[Any]:
    """Up to the width of the statement."""
    rows = len(flat) // columns
    return [*flat, *[None] * (columns * ((1 << max(0, rows - 1).bit_length()) - rows))]


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
