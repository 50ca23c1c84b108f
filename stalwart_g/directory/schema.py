"""The tables of the directory that `init` makes (SPEC-STORE section 2.4), as migrations through sqlite-utils.

accounts: individuals and groups. emails: an address of an account; ``list`` rows make a mailing list, a ``@domain``
address is a catch-all. domains: what is local. group_members: who belongs to which group.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import sqlite_utils
from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("stalwart_g.directory")


@MIGRATIONS(name="0001_tables")
def _tables(db: sqlite_utils.Database) -> None:
    db.table("accounts").create(
        {"name": str, "secret": str, "description": str, "type": str, "quota": int, "active": int},
        pk="name",
        not_null={"type", "quota", "active"},
        defaults={"type": "individual", "quota": 0, "active": 1},
    )
    db.table("group_members").create({"name": str, "member_of": str}, pk=("name", "member_of"))
    db.table("group_members").create_index(["member_of"])
    db.table("emails").create({"name": str, "address": str, "type": str}, pk=("name", "address"), not_null={"type"})
    db.table("emails").create_index(["address"])
    db.table("domains").create({"name": str, "description": str}, pk="name")


def create(path: Path) -> bool:
    """Make the database, or bring an older one up to date. True if something was done.

    Raises:
        OSError, sqlite3.Error: the file cannot be written, or is no database.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))  # SQLite gives -wal and -shm the same mode
    db = connect(path)
    try:
        pending = MIGRATIONS.pending(db)
        db.enable_wal()  # the file remembers it
        MIGRATIONS.apply(db)
        return bool(pending)
    finally:
        db.close()


def connect(path: Path) -> sqlite_utils.Database:
    """The database through sqlite-utils, for schema and administration; the server itself reads through `sql`."""
    connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=10)
    return sqlite_utils.Database(connection)
