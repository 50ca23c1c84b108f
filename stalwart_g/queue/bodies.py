"""Octets of long messages in files: written once, durable before anybody hears of them (SPEC-SMTP section 5.1)."""

from __future__ import annotations

import os
import time
from collections.abc import Container, Iterator
from pathlib import Path

from stalwart_g.green.threads import ThreadPool

_ORPHAN_SECONDS = 3600.0
_THREADS = 4


class BodyFiles:
    """The files of one partition. Disk work is done in native threads, whoever calls waits cooperatively."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPool(_THREADS, "bodies")

    def write(self, name: str, octets: bytes) -> None:
        """Durable when it returns: the file, and its entry in the folder.

        Raises:
            OSError: no space, no permission; nothing is left behind.
        """
        self._threads.run(_write, self._path(name), octets)

    def read(self, name: str) -> bytes:
        """Raises: OSError"""
        return self._threads.run(self._path(name).read_bytes)

    def delete(self, name: str) -> None:
        """What is not there is no error."""
        self._threads.run(self._path(name).unlink, missing_ok=True)

    def sweep(self, wanted: Container[str], now: float | None = None) -> int:
        """Delete files that no entry names, left by a crash: how many. Young ones may still get their entry."""
        before = (time.time() if now is None else now) - _ORPHAN_SECONDS
        orphans = [path for path in self._all() if path.name not in wanted and path.stat().st_mtime < before]
        for path in orphans:
            path.unlink(missing_ok=True)
        return len(orphans)

    def close(self) -> None:
        self._threads.close()

    def _path(self, name: str) -> Path:
        return self._folder / name[-8:-6] / name  # digits of an id that differ most

    def _all(self) -> Iterator[Path]:
        return self._folder.glob("??/*")


def _write(path: Path, octets: bytes) -> None:
    fresh = path.with_suffix(".new")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
