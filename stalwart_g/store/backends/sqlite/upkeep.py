"""Looking for damage, copies, giving back space. Runs in threads."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from stalwart_g.store.backends.sqlite.file import version_faults

_FAULTS = 100
_MANY = 4  # a fourth of all; some are good to have
_PARTS, _PART_PAGES = 16, 256


def faults(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the file, some of it if it is much."""
    try:
        found = connection.execute(f"PRAGMA integrity_check({_FAULTS})").fetchall()
        return [str(text) for (text,) in found if text != "ok"] + version_faults(connection)
    except sqlite3.DatabaseError as error:
        return [f"it cannot be read: {error}"]


def copied(connection: sqlite3.Connection, path: Path) -> None:
    """All of it as of one moment. Readers and writers go on: the copy is one transaction that only reads.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    fresh = path.with_name(path.name + ".new")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # it is ours, or somebody else's
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _copy(connection, fresh)
        fresh.replace(path)
        _sync(path.parent)
    except (OSError, sqlite3.Error) as error:
        fresh.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise OSError(f"cannot write {path}: {error}") from error


def tidied(connection: sqlite3.Connection) -> None:
    """Some free pages go back to the file system, if many are free; the journal goes into the database.

    Raises:
        sqlite3.Error
    """
    ((pages,),), ((free,),) = (connection.execute(f"PRAGMA {name}_count").fetchall() for name in ("page", "freelist"))
    if free * _MANY > pages:
        for _ in range(_PARTS):  # each is a transaction, and a step a page: only a script makes all its steps
            connection.executescript(f"PRAGMA incremental_vacuum({_PART_PAGES})")
    connection.execute("PRAGMA optimize").fetchall()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _copy(connection: sqlite3.Connection, path: Path) -> None:
    target = sqlite3.connect(path, isolation_level=None)
    try:
        connection.backup(target)
    finally:
        target.close()
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
