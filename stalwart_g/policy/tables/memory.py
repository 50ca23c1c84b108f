"""Tables whose content is in the configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from stalwart_g.policy.tables.interface import MISSING, Found


class MemoryTable:
    """A fixed set of keys and values."""

    waits = False

    def __init__(self, values: Mapping[str, str]) -> None:
        self._found = {key.casefold(): Found(True, value) for key, value in values.items()}

    def find(self, key: str) -> Found:
        return self._found.get(key.casefold(), MISSING)

    def paths(self) -> Iterable[Path]:
        return ()

    def reload(self) -> None:
        """There is nothing that changes."""

    def close(self) -> None:
        """There is nothing to close."""
