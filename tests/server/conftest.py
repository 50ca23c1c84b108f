"""A server of one's own for the tests of a module, spoken to over loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peers.ours import Ours


@pytest.fixture(scope="module")
def server() -> Iterator[Ours]:
    with Ours("--workers", "2") as ours:
        yield ours
