"""The database file: made, recognised, opened; and what SQLite's errors mean to us.

Two tables: ``v`` the values, ``n`` the counters. The file tells that it is ours by its application id, and how its
tables look by its user version.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from stalwart_g.model.errors import MailError
from stalwart_g.store.errors import Corrupt, StoreBusy, StoreUnavailable

APPLICATION = 0x73_74_77_67
VERSION = 1
MOUNTS = Path("/proc/self/mountinfo")
BUSY_SECONDS = 0.25
"""How long a thread waits in SQLite for a lock before it looks at the clock again."""

_JOURNAL_OCTETS = 64 << 20
_SCHEMA = (
    "CREATE TABLE v (k BLOB PRIMARY KEY NOT NULL, v BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE n (k BLOB PRIMARY KEY NOT NULL, n INTEGER NOT NULL) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
_REMOTE = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs", "gfs", "gfs2"}
    | {"glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb3", "smbfs"}
)


def prepare(path: Path, *, force: bool, mounts: Path = MOUNTS) -> None:
    """Make the file, for its owner alone, if it is not there.

    Raises:
        OSError: the folder is not there or not ours to write in, or it is on a network file system and not ``force``.
    """
    kind = file_system(path.parent.resolve(strict=True), mounts)
    if kind in _REMOTE and not force:
        raise OSError(errno.ENOTSUP, f"a database on a network file system ({kind}) is not safe", str(path))
    # Never open and close a file that SQLite may have open already: this process would lose its locks.
    if not path.exists():
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return  # made by another process at the same moment


def file_system(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the file system that a folder is on; None where the system does not tell."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    best, found = -1, None
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        if len(point) >= best and folder.is_relative_to(point):  # the later one hides the earlier one
            best, found = len(point), after.split()[0]
    return found


def connect(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection without implicit transactions, for one thread at a time, whichever it is.

    Raises:
        sqlite3.Error
    """
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=128
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_OCTETS}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file; an old one is checked.

    Raises:
        Corrupt: it is not a store, or one of a newer version of the program.
        sqlite3.Error
    """
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_new(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    if _text(connection, "journal_mode") != "wal":
        connection.execute("PRAGMA journal_mode = WAL")


def version_faults(connection: sqlite3.Connection) -> list[str]:
    """Why this cannot be our file."""
    if int(_text(connection, "application_id")) != APPLICATION:
        return ["it is a database, but not one of this program"]
    version = int(_text(connection, "user_version"))
    if version > VERSION:
        return [f"it was written by a newer version of the program (its schema is {version}, ours is {VERSION})"]
    return []


def _is_new(connection: sqlite3.Connection) -> bool:
    if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return True
    for fault in version_faults(connection):
        raise Corrupt(fault)
    return False


def _text(connection: sqlite3.Connection, pragma: str) -> str:
    return str(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def is_busy(error: sqlite3.Error) -> bool:
    """Another connection has the lock; it will be free again."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def translated(error: sqlite3.Error) -> MailError:
    """What our callers get instead. Nothing was written."""
    if is_busy(error):
        return StoreBusy("the database is in use by others")
    if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Corrupt(f"the database cannot be read: {error}")
    if _code(error) == sqlite3.SQLITE_FULL:
        return StoreUnavailable(f"the database has no space: {error}", "4.3.1")
    return StoreUnavailable(f"the database does not work: {error}")


def _code(error: sqlite3.Error) -> int:
    """Without the details; 0 where the error is not SQLite's but Python's (a closed connection)."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
