"""Where the labelled real mail lies, if it is on this machine: it is data for tests and never part of the project."""

from __future__ import annotations

import os
from pathlib import Path


def corpus_folder() -> Path | None:
    """The folder that STALWART_G_CORPUS names, or ``shared/corpus`` beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "corpus"
    folder = Path(os.environ.get("STALWART_G_CORPUS", beside))
    return folder if folder.is_dir() else None
