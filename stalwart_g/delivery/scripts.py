"""Where users' scripts are: in files, ``<folder>/<account>/active.sieve``, read again when they change."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

import sieve

ACTIVE = "active.sieve"
_GLOBAL = ".global"


class Scripts(Protocol):
    """The scripts of all accounts."""

    def active(self, account: str) -> sieve.Script | None:
        """The account's active script; None where it has none.

        Raises:
            sieve.CompileError: it is not valid.
            OSError: it cannot be read.
        """

    def source(self, account: str, location: str, name: str) -> tuple[str, str] | None:
        """Full name and text of a script to include: ``personal`` ones of the account, or ``global`` ones."""


class FileScripts:
    """Scripts in a folder; None: nobody has any. Global ones lie in ``<folder>/.global``."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._compiled: dict[str, tuple[tuple[int, int], sieve.Script]] = {}

    def active(self, account: str) -> sieve.Script | None:
        path = self._path(account, ACTIVE)
        if path is None:
            return None
        try:
            state = path.stat()
        except FileNotFoundError:
            self._compiled.pop(account, None)
            return None
        version = (state.st_mtime_ns, state.st_size)
        known = self._compiled.get(account)
        if known is not None and known[0] == version:
            return known[1]
        script = sieve.compile_octets(path.read_bytes(), f"{account}/{ACTIVE}")
        self._compiled[account] = (version, script)
        return script

    def source(self, account: str, location: str, name: str) -> tuple[str, str] | None:
        owner = _GLOBAL if location == "global" else account
        path = self._path(owner, name if name.endswith(".sieve") else f"{name}.sieve")
        if path is None or not path.is_file():
            return None
        return f"{owner}/{path.name}", path.read_text("utf-8", "replace")

    # For who manages them

    def text(self, account: str) -> bytes | None:
        """The account's active script as it is stored; None where it has none.

        Raises:
            OSError: it cannot be read.
        """
        path = self._path(account, ACTIVE)
        return path.read_bytes() if path is not None and path.exists() else None

    def put(self, account: str, octets: bytes) -> Path:
        """Make it the account's active script, whole or not at all.

        Raises:
            sieve.CompileError: it is not valid, and the old one stays.
            OSError: it cannot be written.
            ValueError: there is no folder of scripts, or none can have the account's name.
        """
        sieve.compile_octets(octets, f"{account}/{ACTIVE}")
        path = self._path(account, ACTIVE)
        if path is None:
            raise ValueError(f"there is no folder for scripts of {account}")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, octets)
        return path

    def remove(self, account: str) -> bool:
        """Take the account's active script away; False where it has none.

        Raises:
            OSError: it cannot be removed.
        """
        path = self._path(account, ACTIVE)
        if path is None or not path.exists():
            return False
        path.unlink()
        return True

    def _path(self, owner: str, name: str) -> Path | None:
        """None where the names are none of a folder and a file in it."""
        if self._folder is None or not all(map(_is_file_name, (owner, name))):
            return None
        return self._folder / owner / name


def _is_file_name(name: str) -> bool:
    return bool(name) and "/" not in name and "\0" not in name and name not in (".", "..")


def _write(path: Path, octets: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
