"""From settings to a directory."""

from __future__ import annotations

from stalwart_g.directory.cache import CachedDirectory
from stalwart_g.directory.interface import Directory
from stalwart_g.directory.memory import MemoryDirectory
from stalwart_g.directory.passwords import PasswordChecker
from stalwart_g.directory.settings import DirectorySettings, SqlSettings
from stalwart_g.directory.sql import SqlDirectory


def open_directory(settings: DirectorySettings, passwords: PasswordChecker | None = None) -> Directory:
    """The directory that the settings describe. Open it after the fork; several may share one password checker.

    Raises:
        ValueError: the settings are of no use; the text names the directory and the key.
    """
    passwords = passwords or PasswordChecker()
    directory: Directory = (
        SqlDirectory(settings, passwords) if isinstance(settings, SqlSettings) else MemoryDirectory(settings, passwords)
    )
    return CachedDirectory(directory, settings.cache) if settings.cache.entries else directory
