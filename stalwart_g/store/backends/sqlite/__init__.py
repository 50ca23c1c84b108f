"""One SQLite file, shared by all processes of a host (SPEC-STORE sections 1.6 and 1A.3)."""

from stalwart_g.store.backends.sqlite.store import SqliteStore, open_sqlite

__all__ = ["SqliteStore", "open_sqlite"]
