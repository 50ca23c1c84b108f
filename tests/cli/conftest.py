"""Runs commands on a home of its own, made by the real ``init``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stalwart_g.cli.app import cli
from stalwart_g.cli.home import initialise

Run = Callable[..., Result]


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Shipped files."""
    policy = tmp_path / "etc" / "policy"
    policy.mkdir(parents=True)
    (tmp_path / "etc" / "spamfilter" / "maps").mkdir(parents=True)
    (policy / "rcpt.sieve").write_text("keep;\n")
    (policy / "README.md").write_text("for readers")
    (tmp_path / "etc" / "spamfilter" / "maps" / "words.txt").write_text("a\n")
    return tmp_path / "etc"


@pytest.fixture
def home(tmp_path: Path, etc: Path) -> Path:
    home = tmp_path / "home"
    initialise(home, {"server.hostname": "mail.example.org"}, etc=etc)
    return home


@pytest.fixture
def run(home: Path) -> Run:
    """Runs a command; it must succeed unless another exit code is expected."""

    def run(*arguments: str, code: int = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(cli, ["--home", str(home), *arguments], input=stdin)
        assert result.exit_code == code, result.output
        return result

    return run


@pytest.fixture
def ask(run: Run) -> Callable[..., Any]:
    """The JSON answer of a command."""
    return lambda *arguments, **options: json.loads(run("--json", *arguments, **options).stdout)


@pytest.fixture
def domain(run: Run) -> str:
    run("domain", "create", "example.org")
    return "example.org"
