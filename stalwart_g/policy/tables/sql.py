"""Tables in SQL databases: one statement, whose parameter is the key."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stalwart_g.directory.database import Database, DatabaseError
from stalwart_g.directory.statements import StatementError
from stalwart_g.policy.tables.interface import MISSING, Found


class SqlTable:
    """Any row means that the key is there; the first column of the first is its value."""

    waits = True

    def __init__(self, database: Database, query: str) -> None:
        self._database, self._query = database, query

    def find(self, key: str) -> Found:
        """Asks in a native thread, while others run."""
        try:
            rows = self._database.run(lambda query: query(self._query, key))
        except (DatabaseError, StatementError) as error:
            return Found(False, error=str(error))
        if not rows:
            return MISSING
        value = rows[0].values[0]
        return Found(True, "" if value is None else str(value))

    def paths(self) -> Iterable[Path]:
        return ()

    def reload(self) -> None:
        """Each look-up sees the database as it is."""

    def close(self) -> None:
        self._database.close()
