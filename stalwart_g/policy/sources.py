"""Where scripts are: in the administrator's folder, or else among the defaults that came with the server."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".sieve"
LIBRARY = "lib"
_PLACES = (Path(__file__).parents[2] / "etc" / "policy", Path(sys.prefix) / "share" / "stalwart_g" / "etc" / "policy")


def packaged() -> Path:
    """The folder of the default scripts: beside the sources, or where the package was installed."""
    return next((place for place in _PLACES if place.is_dir()), _PLACES[0])


@dataclass(frozen=True, slots=True)
class Source:
    """A script as text. ``name`` is short, as in log lines; ``path`` is where it was found."""

    name: str
    path: Path
    octets: bytes


class Sources:
    """Finds scripts in folders, the first of which wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def stage(self, stage: str) -> Source | None:
        """The script of a stage; None if it is nowhere."""
        return self._find(stage + SUFFIX)

    def library(self, name: str) -> Source | None:
        """A script to include, by the name that ``include`` gives it."""
        return self._find(library_name(name))

    def places(self, name: str) -> Iterable[Path]:
        """All places where a file of this name would count: a new one in front takes over."""
        return (folder / name for folder in self._folders)

    def _find(self, name: str) -> Source | None:
        for path in self.places(name):
            try:
                return Source(name, path, path.read_bytes())
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
        return None


def library_name(name: str) -> str:
    """The file of an included script, below a folder of scripts."""
    return f"{LIBRARY}/{name.removesuffix(SUFFIX)}{SUFFIX}"
