"""Opening a store."""

from __future__ import annotations

from pathlib import Path

from stalwart_g.store.backends.sqlite import open_sqlite
from stalwart_g.store.backends.sqlite.store import DEADLINE_SECONDS
from stalwart_g.store.interface import Store


def open_store(path: Path, *, force: bool = False, deadline_seconds: float = DEADLINE_SECONDS) -> Store:
    """Open a database file, made if need be, for its owner alone. To be called in the process that uses it.

    Args:
        force: also on a network file system, where locks are not to be trusted.
        deadline_seconds: how long to wait for other processes that have it.

    Raises:
        OSError: the folder is not there, or not ours to write in; or it is on a network file system.
        Corrupt: the file is no store, or one of a newer version of the program.
        StoreUnavailable: it cannot be opened now.
    """
    return open_sqlite(path, force=force, deadline_seconds=deadline_seconds)
