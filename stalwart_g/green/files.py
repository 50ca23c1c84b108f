"""Notices changed files by looking at them: works on every file system, and a rename over a file is seen too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from stalwart_g.green.tasks import Repeated, every

log = logging.getLogger(__name__)

Signature = tuple[int, int, int] | None
"""Modification time in ns, size, inode; None: there is no such file."""


def signatures(paths: Iterable[Path]) -> dict[Path, Signature]:
    """How the files look now."""
    return {path: _signature(path) for path in paths}


def differences(before: Mapping[Path, Signature], after: Mapping[Path, Signature]) -> list[Path]:
    """Paths that changed, came or went, sorted."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def watch(
    paths: Callable[[], Iterable[Path]], changed: Callable[[list[Path]], object], interval_seconds: float = 1.0
) -> Repeated:
    """Call ``changed`` with the paths that differ from the last look.

    Args:
        paths: asked at each look, so files may join. A file that is still being written is reported once it has
            stayed the same from one look to the next.
    """
    return every(interval_seconds, _Watch(paths, changed).look)


class _Watch:
    def __init__(self, paths: Callable[[], Iterable[Path]], changed: Callable[[list[Path]], object]) -> None:
        self._paths, self._changed = paths, changed
        self._reported = self._seen = signatures(paths())

    def look(self) -> None:
        now = signatures(self._paths())
        settled = now == self._seen
        self._seen = now
        if settled and (different := differences(self._reported, now)):
            self._reported = now
            log.info("changed: %s", ", ".join(map(str, different)))
            self._changed(different)


def _signature(path: Path) -> Signature:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
