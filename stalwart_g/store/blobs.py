"""Blobs: octets that never change, each named by the hash of what is stored, each in a file of its own.

A blob is durable before anybody hears of it: file, rename, folder, synced in this order (SPEC-STORE section 1.8). The
same octets are stored once; storing them again makes the file look new, so that who deletes old ones leaves it alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

from stalwart_g.green.threads import Closed, ThreadPool
from stalwart_g.store.backends import files
from stalwart_g.store.errors import Corrupt, StoreUnavailable

R = TypeVar("R")
P = ParamSpec("P")

HASH_OCTETS = 32

_THREADS = 8


@dataclass(frozen=True, slots=True)
class BlobRef:
    """The name of a blob, and how many octets it has."""

    hash: bytes
    size: int


def hash_of(octets: bytes) -> bytes:
    """The name of these octets: BLAKE2b of 256 bits."""
    return hashlib.blake2b(octets, digest_size=HASH_OCTETS).digest()


class BlobStore:
    """The blobs in a folder, which is made if need be. All calls wait cooperatively.

    Raises:
        StoreUnavailable: from any call; the disk does not work, or is full.
    """

    def __init__(self, folder: Path) -> None:
        self._files = files.HashedFiles(folder)
        self._threads = ThreadPool(_THREADS, "blobs")
        self._run(self._files.prepare)

    def put(self, octets: bytes) -> BlobRef:
        """Keep octets; their name, once they are durable."""
        return self._run(self._put, octets)

    def get(self, blob: bytes) -> bytes:
        """All octets of a blob.

        Raises:
            Corrupt: it is not there, or is not what was stored.
        """
        return self._run(self._get, blob)

    def get_range(self, blob: bytes, start: int, count: int) -> bytes:
        """Some of its octets, fewer where it ends; not verified.

        Raises:
            Corrupt: it is not there.
        """
        return self._run(self._files.read, blob.hex(), start, count)

    def exists(self, blob: bytes) -> bool:
        return self._run(self._files.size, blob.hex()) is not None

    def size(self, blob: bytes) -> int | None:
        """None where there is no such blob."""
        return self._run(self._files.size, blob.hex())

    def delete(self, blob: bytes, *, unless_since: float | None = None) -> int:
        """Remove it: how many octets that frees.

        Args:
            unless_since: leave it alone if it was stored (again) at this time or later.
        """
        return self._run(self._files.delete, blob.hex(), unless_since)

    def iterate(self, older_than: float | None = None) -> Iterator[bytes]:
        """The names of all blobs, or of those that were stored before this time; looks at every file."""
        for part in self._run(self._files.parts):
            yield from map(bytes.fromhex, self._run(self._files.names, part, older_than))

    def tidy(self, older_than: float) -> int:
        """Clear up what crashes before this time have left half done: how many files."""
        return self._run(self._files.tidy, older_than)

    def close(self) -> None:
        """What was begun goes on to its end."""
        self._threads.close()

    def _put(self, octets: bytes) -> BlobRef:
        name = hash_of(octets)
        self._files.write(name.hex(), octets)
        return BlobRef(name, len(octets))

    def _get(self, blob: bytes) -> bytes:
        octets = self._files.read(blob.hex())
        if hash_of(octets) != blob:
            raise Corrupt(f"the blob {blob.hex()} is damaged")
        return octets

    def _run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return self._threads.run(function, *args, **kwargs)
        except Closed:
            raise StoreUnavailable("the blobs are closed") from None
        except files.Missing as error:
            raise Corrupt(f"the blob {error} is not there") from error
        except OSError as error:
            raise StoreUnavailable(f"the blobs are not available: {error}") from error
