"""The one storage interface, its backends, blobs, and on top of them mailboxes and messages (SPEC-STORE section 1A)."""

from stalwart_g.store.batch import Batch, Ids, Octets
from stalwart_g.store.errors import AssertionFailed, Corrupt, StoreBusy, StoreUnavailable, TooLarge
from stalwart_g.store.interface import CommitResult, Reader, Store
from stalwart_g.store.opening import open_store

__all__ = [
    "AssertionFailed", "Batch", "CommitResult", "Corrupt", "Ids", "Octets", "Reader", "Store", "StoreBusy",
    "StoreUnavailable", "TooLarge", "open_store",
]  # fmt: skip
