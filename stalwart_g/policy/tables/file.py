"""Tables in text files: one key a line, or key and value; an editor and ``reload`` are all they need."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path

from stalwart_g.green.files import Signature, signatures
from stalwart_g.policy.tables.interface import MISSING, Found, TableSettings

log = logging.getLogger(__name__)


class FileTable:
    """The content of a file, as it was when it was last read."""

    waits = False

    def __init__(self, settings: TableSettings) -> None:
        assert settings.path is not None
        self._settings, self._path = settings, settings.path
        self._found: dict[str, Found] = {}
        self._error = ""
        self._signature: Signature = None
        self._read()

    def find(self, key: str) -> Found:
        found = self._found.get(key.casefold())
        if found is None:
            return Found(False, error=self._error) if self._error else MISSING
        return found

    def paths(self) -> Iterable[Path]:
        return (self._path,)

    def reload(self) -> None:
        """Read the file again if it changed. One that cannot be read leaves the old content, and is an error."""
        if self._error or signatures([self._path])[self._path] != self._signature:
            self._read()

    def close(self) -> None:
        """Nothing is open."""

    def _read(self) -> None:
        self._signature = signatures([self._path])[self._path]
        try:
            text = self._path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self._error = f"{self._path}: {error}"
            log.error("table=%s cannot be read: %s", self._settings.id, self._error)
            return
        self._found = dict(self._lines(text))
        self._error = ""

    def _lines(self, text: str) -> Iterator[tuple[str, Found]]:
        """Keys and values; of a key that is there twice, the last counts."""
        comment, separator = self._settings.comment, self._settings.separator.strip() or None
        for line in text.removeprefix("\ufeff").splitlines():
            line = line.strip()
            if line and not (comment and line.startswith(comment)):
                key, *value = line.split(separator, 1)
                yield key.strip().casefold(), Found(True, value[0].strip() if value else "")
