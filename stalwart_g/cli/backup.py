"""A copy of a home, made while its server runs: another home, which can be served as it is (SPEC-STORE section 5.6).

Databases come first and the octets of messages after them, so that all that a database refers to is there.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from stalwart_g.cli.folders import private_folder
from stalwart_g.config import Settings
from stalwart_g.directory.database import sqlite_path
from stalwart_g.directory.settings import SqlSettings
from stalwart_g.model.errors import MailError
from stalwart_g.queue import partitions
from stalwart_g.store import Corrupt, open_store
from stalwart_g.store.blobs import BlobStore

_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database
_PASSING = ("run", "data/compiled")  # made anew at each start


class CannotBackUp(MailError):
    """The text says why; what was written so far is left where it is."""


@dataclass(slots=True)
class Copied:
    """What a backup has copied; ``missing``: blobs that were collected meanwhile."""

    databases: int = 0
    blobs: int = 0
    files: int = 0
    octets: int = 0
    missing: int = 0


def back_up(settings: Settings, target: Path) -> Copied:
    """Copy the home into a new folder.

    Raises:
        CannotBackUp: the folder holds something, or a part of the home lies elsewhere.
        OSError, StoreUnavailable, Corrupt
    """
    _prepare(target)
    return _Backup(settings, target).run()


def _prepare(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CannotBackUp(f"{target} is there already, and not an empty folder")
    private_folder(target)


class _Backup:
    def __init__(self, settings: Settings, target: Path) -> None:
        self._settings, self._home, self._target = settings, settings.home, target
        self._done = Copied()
        self._databases = [settings.store.path, *partitions.databases(settings.queue_folder), *_directories(settings)]

    def run(self) -> Copied:
        self._check_inside()
        self._bodies()  # what is delivered and gone in a moment
        for path in self._databases:
            if path.exists():
                self._database(path)
        self._blobs()
        for path in self._files(self._home):
            self._file(path)
        return self._done

    def _check_inside(self) -> None:
        settings = self._settings
        places = [*self._databases, settings.store.blobs, settings.queue_folder, settings.policy.folder]
        for path in [*places, *filter(None, [settings.local.scripts])]:
            if not path.is_relative_to(self._home):
                raise CannotBackUp(f"{path} is outside of {self._home}; copy it by other means")

    def _place(self, path: Path) -> Path:
        place = self._target / path.relative_to(self._home)
        private_folder(place.parent)
        return place

    def _database(self, path: Path) -> None:
        place = self._place(path)
        if path in _directories(self._settings):
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(place)) as copy:
                source.backup(copy)
        else:
            with closing(open_store(path)) as store:
                store.backup(str(place))
        place.chmod(0o600)
        self._count(place)
        self._done.databases += 1

    def _blobs(self) -> None:
        folder = self._settings.store.blobs
        private_folder(self._place(folder))
        with closing(BlobStore(folder)) as source, closing(BlobStore(self._place(folder))) as copy:
            for blob in source.iterate():
                self._blob(source, copy, blob)

    def _blob(self, source: BlobStore, copy: BlobStore, blob: bytes) -> None:
        try:
            octets = source.get(blob)
        except Corrupt:
            if source.exists(blob):
                raise
            self._done.missing += 1
            return
        copy.put(octets)
        self._done.blobs += 1
        self._done.octets += len(octets)

    def _bodies(self) -> None:
        folder = self._settings.queue_folder
        for path in sorted(folder.glob("*.bodies")) if folder.is_dir() else ():
            for file in self._files(path):
                self._file(file)

    def _files(self, folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if self._is_left_out(path):
                continue
            if path.is_dir() and not path.is_symlink():
                yield from self._files(path)
            else:
                yield path

    def _is_left_out(self, path: Path) -> bool:
        settings = self._settings
        passing = [*(self._home / name for name in _PASSING), settings.metrics.folder, settings.log.path]
        if path in (*self._databases, settings.store.blobs, *passing, self._target):
            return True
        return any(path.name == database.name + end for database in self._databases for end in _BESIDE)

    def _file(self, path: Path) -> None:
        try:
            state = path.lstat()
            if not (stat.S_ISREG(state.st_mode) or stat.S_ISLNK(state.st_mode)):
                return
            place = self._place(path)
            if place.exists() or place.is_symlink():
                return
            shutil.copy2(path, place, follow_symlinks=False)
        except FileNotFoundError:
            return  # gone meanwhile
        self._count(place)
        self._done.files += 1

    def _count(self, path: Path) -> None:
        self._done.octets += os.lstat(path).st_size


def _directories(settings: Settings) -> list[Path]:
    """The databases of directories that are files."""
    chosen = (each for each in settings.directories.values() if isinstance(each, SqlSettings))
    return [sqlite_path(each.address) for each in chosen if each.address.startswith("sqlite")]
