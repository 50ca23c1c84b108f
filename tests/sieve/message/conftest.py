"""Real mail where it is on this machine, or else the golden messages."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from peers.corpus import corpus_folder

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def golden() -> Sequence[bytes]:
    return [path.read_bytes() for path in sorted(GOLDEN.glob("*.eml"))]


@pytest.fixture(scope="session")
def mails(golden: Sequence[bytes]) -> Sequence[bytes]:
    """Every message there is."""
    folder = corpus_folder()
    found = [] if folder is None else [octets for path in sorted(folder.glob("*.tar.gz")) for octets in members(path)]
    return [*golden, *found]


def members(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                yield file.read()
