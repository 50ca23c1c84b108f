"""What a table is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class TableSettings:
    """``policy.table.<id>.*``.

    A file has one key a line; what follows the first ``separator`` is its value, empty: any blanks are one.
    ``comment`` starts a line that is none. ``query`` has one parameter, the key (``?``, ``:1`` or ``$1``); the first
    column of its first row is the value. Keys of memory and file tables are compared without regard to case.
    """

    id: str
    type: Literal["memory", "file", "sql"]
    values: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    separator: str = ","
    comment: str = "#"
    query: str = ""
    database: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: the key is there, it is not, or nobody knows, because of the ``error``."""

    present: bool
    value: str = ""
    error: str = ""


MISSING = Found(False)


class Table(Protocol):
    """``waits``: an answer may take time; other greenlets run meanwhile."""

    @property
    def waits(self) -> bool: ...

    def find(self, key: str) -> Found:
        """Look a key up. Raises nothing: what goes wrong is in the answer."""

    def paths(self) -> Iterable[Path]:
        """Files on which it rests, for those who watch."""

    def reload(self) -> None:
        """Read its files again, if they changed; what cannot be read leaves the old content."""

    def close(self) -> None: ...
