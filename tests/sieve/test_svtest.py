"""All tests that are written in Sieve, each file a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from sieve.tools import run_tests

FILES = sorted((Path(__file__).parents[1] / "svtest").rglob("*.svtest"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_all_tests_of_the_file_succeed(path: Path) -> None:
    answer = run_tests([path], quiet=True)
    assert answer.code == 0, answer.text
