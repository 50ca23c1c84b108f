"""Compiled scripts on disk: code of the server's own making, in a folder that nobody else may write to."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from sieve import Dialect, Script, cache_key, compile_text, load_script

log = logging.getLogger(__name__)

_OLDEST_FIRST = 512  # so many are kept


class CodeCache:
    """Takes compiled code from its folder, or puts it there. Without a folder, each process compiles for itself."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def compile(self, source: str, name: str, dialect: Dialect) -> Script:
        """Raises: CompileError"""
        path = self._folder / f"{cache_key(source, name, dialect)}.code" if self._folder else None
        return (path and self._load(path, source, name, dialect)) or self._make(path, source, name, dialect)

    def _load(self, path: Path, source: str, name: str, dialect: Dialect) -> Script | None:
        """What lies there; nothing, if it is not ours alone."""
        try:
            state = path.stat()
            if state.st_uid != os.geteuid() or state.st_mode & 0o022:
                log.warning("compiled script %s belongs to somebody else, it is not used", path)
                return None
            return load_script(path.read_bytes(), source, name, dialect)
        except OSError:
            return None

    def _make(self, path: Path | None, source: str, name: str, dialect: Dialect) -> Script:
        script = compile_text(source, name, dialect)
        if path is not None:
            try:
                self._store(path, script.marshal())
            except OSError as error:
                log.warning("compiled script %s cannot be stored: %s", path, error)
        return script

    def _store(self, path: Path, octets: bytes) -> None:
        """Whole or not at all: other workers look at the same time."""
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".new", delete=False) as file:
            file.write(octets)
        Path(file.name).replace(path)
        known = sorted(path.parent.glob("*.code"), key=lambda each: each.stat().st_mtime)
        for old in known[:-_OLDEST_FIRST]:
            old.unlink(missing_ok=True)
