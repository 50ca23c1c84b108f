"""Copies of the scripts that were live last: for a worker that starts while the administrator's scripts have errors."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable
from pathlib import Path

from stalwart_g.policy.sources import Source, Sources

log = logging.getLogger(__name__)


class KeptScripts:
    """One folder a stage, below ``folder``; all workers write the same into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, stage: str, sources: Iterable[Source]) -> None:
        """These are live now. What cannot be written is told in the log: it is only missed when something breaks."""
        for source in sources:
            path = self._folder / stage / source.name
            try:
                if not path.exists() or path.read_bytes() != source.octets:
                    _write(path, source.octets)
            except OSError as error:
                log.error("a copy of script %s cannot be kept: %s", source.path, error)

    def sources(self, stage: str) -> Sources:
        return Sources((self._folder / stage,))


def _write(path: Path, octets: bytes) -> None:
    """Whole or not at all: other workers look at the same time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".new", delete=False) as file:
        file.write(octets)
    Path(file.name).replace(path)
