"""Folders for what is nobody else's business."""

from __future__ import annotations

from pathlib import Path


def private_folder(path: Path) -> None:
    """Make it, and those above it that are missing, for their owner alone; one that is there stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
