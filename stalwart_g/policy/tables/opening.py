"""From settings to tables. A type of table is a row of `_OPENERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from stalwart_g.directory.database import Database
from stalwart_g.policy.tables.file import FileTable
from stalwart_g.policy.tables.interface import Table, TableSettings
from stalwart_g.policy.tables.memory import MemoryTable
from stalwart_g.policy.tables.sql import SqlTable


class Tables(Mapping[str, Table]):
    """All tables by id."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def paths(self) -> list[Path]:
        """Files on which tables rest."""
        return [path for table in self._tables.values() for path in table.paths()]

    def reload(self) -> None:
        for table in self._tables.values():
            table.reload()

    def close(self) -> None:
        for table in self._tables.values():
            table.close()


def open_tables(settings: Iterable[TableSettings]) -> Tables:
    """Open them.

    Raises:
        ValueError: an SQL table's database is of a kind that there is no driver for.
    """
    return Tables({each.id: _OPENERS[each.type](each) for each in settings})


_OPENERS: Mapping[str, Callable[[TableSettings], Table]] = {
    "memory": lambda settings: MemoryTable(settings.values),
    "file": FileTable,
    "sql": lambda settings: SqlTable(Database(settings.database), settings.query),
}
