"""The one storage interface: an ordered map of octets with atomic, durable batches (SPEC-STORE section 1A).

Keys are compared octet by octet. The first octet of a key is its key space: every user of a store has its own letters.
A counter is a signed 64-bit number under a key of its own, apart from the values: `Store.get` does not see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from stalwart_g.store.batch import Batch

KEY_OCTETS = 700
"""The longest key that every backend can index."""
VALUE_OCTETS = 64 << 20
"""The longest value; backends cut long ones into chunks where they must."""
BATCH_ROWS = 2000
"""Operations in one batch; larger work is done in several, with a marker that says how far it came."""
BATCH_OCTETS = 128 << 20
"""Keys and values of one batch; a few large values, or a great many small ones."""


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What an execution made of a batch: the ids, in the order in which they were asked for."""

    ids: tuple[int, ...] = ()


class Reader(Protocol):
    """What can be read. Every call waits cooperatively where it waits at all.

    Raises:
        StoreUnavailable: from any call.
    """

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values of those keys that have one."""

    def scan(
        self,
        prefix: bytes,
        *,
        after: bytes | None = None,
        reverse: bool = False,
        limit: int | None = None,
        keys_only: bool = False,
    ) -> Iterator[tuple[bytes, bytes]]:
        """Keys that start with ``prefix`` and their values (``b""`` with ``keys_only``), in order.

        ``after``: begin behind this key, in the direction of the scan. Read in pages: what is written meanwhile may
        or may not be seen, save in a `Store.snapshot`.
        """

    def counter(self, key: bytes) -> int:
        """The value of a counter; 0 if it was never changed."""

    def counters(self, prefix: bytes) -> dict[bytes, int]:
        """All counters whose key starts with ``prefix``."""


class Store(Reader, Protocol):
    """Values, counters and batches. May be shared by all greenlets of a process."""

    def snapshot(self) -> AbstractContextManager[Reader]:
        """All reads within see the same moment. To be held for milliseconds, not across the network."""

    def commit(self, batch: Batch) -> CommitResult:
        """Execute a batch: all or nothing, durable when this returns, isolated from all other batches.

        Raises:
            AssertionFailed: something the batch relied on is not so.
            StoreBusy, StoreUnavailable: nothing was written.
            TooLarge
        """

    def check(self) -> list[str]:
        """What is damaged, in words; nothing if all is well."""

    def backup(self, path: str) -> None:
        """Write a consistent copy to a new file while others go on.

        Raises:
            OSError: it cannot be written.
        """

    def tidy(self) -> None:
        """Give back space that is not needed, if it is much, and put journals in order; for once in a while.

        Raises:
            StoreUnavailable
        """

    def close(self) -> None:
        """Wait for what is being written, then end."""
