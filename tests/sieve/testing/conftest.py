"""Test files in a line: the world is made of what the test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from sieve.testing import Report, run_suite

HEAD = 'require ["vnd.dovecot.testsuite", "variables"];\n'


class Scripts:
    """Files out of a dictionary."""

    path = "/here"

    def __init__(self, scripts: Mapping[str, bytes]) -> None:
        self._scripts = scripts

    def read(self, path: str) -> bytes | None:
        return self._scripts.get(path)


Suite = Callable[..., Report]


@pytest.fixture
def suite() -> Suite:
    """Run a test file: ``suite(source, scripts)``."""

    def run(source: str | bytes, scripts: Mapping[str, bytes] | None = None) -> Report:
        octets = source if isinstance(source, bytes) else (HEAD + source).encode()
        files = Scripts(scripts or {})
        return run_suite(octets, "x.svtest", files, now=(1248097000.0, 60), cpu_seconds=lambda: 0.0)

    return run
