"""Files under hashed names, ``<aa>/<bb>/<name>`` in a folder, written so that a crash leaves all of a file or nothing.

Blocks: called in native threads. Several processes may share the folder.
"""

from __future__ import annotations

import os
import secrets
from itertools import chain
from pathlib import Path
from typing import BinaryIO

_UNFINISHED, _DOOMED = "new-", "old-"
_TRIES = 5


class Missing(Exception):
    """There is no such file."""


class HashedFiles:
    """A file never changes, but may be written again with the same octets, and deleted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / "tmp"
        """Files that are being written or deleted."""
        self._known: set[Path] = set()
        """Folders that are there, and durable."""

    def prepare(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._aside.mkdir(mode=0o700, exist_ok=True)

    def write(self, name: str, octets: bytes) -> None:
        """Durable when it returns: the file, and its entry in the folder. If it is there, it is new again."""
        path = self._path(name)
        self._make(path.parent)
        if not _touched(path, len(octets)):
            fresh = self._aside / (_UNFINISHED + secrets.token_hex(8))
            try:
                _write(fresh, octets)
                fresh.replace(path)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
        _sync(path.parent)  # also where another process has just put it and has not come so far yet

    def read(self, name: str, start: int = 0, count: int = -1) -> bytes:
        """Raises: Missing"""
        with self._open(name) as file:
            file.seek(start)
            return file.read(count)

    def size(self, name: str) -> int | None:
        """None where there is no such file."""
        try:
            with self._open(name) as file:
                return os.fstat(file.fileno()).st_size
        except Missing:
            return None

    def delete(self, name: str, unless_since: float | None) -> int:
        """How many octets that frees; see `tidy` for what a crash in the middle leaves.

        It is put aside first: who writes it meanwhile either finds it gone and writes it anew, or has made it look
        new before, and we see that.
        """
        path, aside = self._path(name), self._aside / f"{_DOOMED}{name}-{secrets.token_hex(8)}"
        try:
            path.rename(aside)
        except FileNotFoundError:
            return 0
        found = aside.stat()
        if unless_since is not None and found.st_mtime >= unless_since:
            aside.rename(path)
            return 0
        aside.unlink()
        return found.st_size

    def parts(self) -> list[str]:
        """What `names` is to be asked for."""
        return sorted(entry.name for entry in os.scandir(self._folder) if len(entry.name) == 2 and entry.is_dir())

    def names(self, part: str, older_than: float | None) -> list[str]:
        """The files of one part."""
        folders = sorted(Path(entry) for entry in os.scandir(self._folder / part))
        paths = (path for folder in folders for path in sorted(folder.iterdir()))
        return [
            path.name for path in paths if (found := _look(path)) and (not older_than or found.st_mtime < older_than)
        ]

    def tidy(self, older_than: float) -> int:
        """Delete what was never finished; put back what was not deleted after all: how many files."""
        left = [path for path in self._aside.iterdir() if (found := _look(path)) and found.st_ctime < older_than]
        for path in left:
            if path.name.startswith(_DOOMED):
                path.replace(self._path(path.name.split("-")[1]))
            else:
                path.unlink(missing_ok=True)
        return len(left)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name[2:4] / name

    def _open(self, name: str) -> BinaryIO:
        """Also one that is put aside for a moment, again and again."""
        for _ in range(_TRIES):
            for path in chain((self._path(name),), self._aside.glob(f"{_DOOMED}{name}-*")):
                try:
                    return path.open("rb")
                except FileNotFoundError:
                    continue
        raise Missing(name)

    def _make(self, folder: Path) -> None:
        for one in (folder.parent, folder):
            if one not in self._known:
                one.mkdir(mode=0o700, exist_ok=True)
                _sync(one.parent)  # also if another process made it, which may not have come so far yet
                self._known.add(one)


def _look(path: Path) -> os.stat_result | None:
    """None where it is gone meanwhile."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _touched(path: Path, size: int) -> bool:
    """It is there, whole; from now on it looks new."""
    try:
        if path.stat().st_size != size:
            return False
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _write(path: Path, octets: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb", buffering=0) as file:
        left = memoryview(octets)
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
