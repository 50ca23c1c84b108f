"""The trusted dialect in a test: what an expression comes to, what a script decides, and tables of cases in files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from sieve import TRUSTED, CompileError, Dialect, Host, Limits, compile_text
from sieve.coercion import Typed
from sieve.errors import Finding, ScriptError
from sieve.message import Overlay, parse
from sieve.runtime import Run

HERE = Path(__file__).parent
MESSAGE = (HERE / "message.eml").read_bytes()


class World(Host):
    """Answers from what the test gave it."""

    def __init__(
        self,
        items: Mapping[str, object] | None = None,
        envelope: Mapping[str, Sequence[str]] | None = None,
        scripts: Mapping[str, str] | None = None,
    ) -> None:
        self.items, self.parts, self.scripts = items or {}, envelope or {}, scripts or {}
        self.clock = 0.0

    def environment(self, name: str) -> str | Sequence[str] | None:
        return self.items.get(name)  # type: ignore[return-value]

    def envelope(self, part: str) -> Sequence[str]:
        return self.parts.get(part, ())

    def include(self, location: str, name: str) -> tuple[str, str] | None:
        return (name, self.scripts[name]) if name in self.scripts else None

    def now(self) -> tuple[float, int]:
        return 1_700_000_000.0, 0

    def cpu_seconds(self) -> float:
        return self.clock


WORLD = World(
    {"remote_ip": "192.0.2.1", "spf.result": "pass", "dkim.domains": ("example.org", "example.net"), "stage": "data"},
    {"from": ["Ann@Example.org"], "to": ["bob@example.net", "carol@example.com"], "bytimerelative": ["3600"],
     "notify": ["SUCCESS", "DELAY"]},
)  # fmt: skip


def quoted(text: str) -> str:
    """An expression as a string of a script."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Ran:
    """A run that is over: its variables, and what went wrong."""

    def __init__(self, run: Run, error: ScriptError | None) -> None:
        self.run, self.error = run, error
        self.variables, self.tags = run.frame.variables, run.globals
        self.actions = [str(action) for action in run.decided()]


def execute(
    source: str,
    *,
    octets: bytes = MESSAGE,
    world: Host = WORLD,
    dialect: Dialect = TRUSTED,
    limits: Limits | None = None,
    traced: bool = False,
) -> Ran:
    script = compile_text(source, "test", dialect)
    run = script.prepare(Overlay(parse(octets)), world, traced=traced, limits=limits)
    return Ran(run, script.execute(run, traced=traced))


def evaluate(expression: str, before: str = "", **more: object) -> Typed:
    """What an expression comes to, in both variants, which must agree."""
    source = f'{before}let "t.result" {quoted(expression)};'
    plain, traced = execute(source, **more), execute(source, traced=True, **more)  # type: ignore[arg-type]
    assert plain.error is None, plain.error
    assert (type(plain.tags["result"]), repr(plain.tags["result"])) == (
        type(traced.tags["result"]),
        repr(traced.tags["result"]),
    )
    return plain.tags["result"]


def findings(source: str, dialect: Dialect = TRUSTED) -> list[Finding]:
    try:
        compile_text(source, "test", dialect)
    except CompileError as error:
        return error.findings
    return []


def cases(path: Path) -> Iterator[object]:
    """Lines of a table: an expression, a tab, its value as Python writes it; ``#`` begins a comment."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("# "):
            expression, _, value = line.rpartition("\t")
            yield pytest.param(expression.rstrip("\t"), ast.literal_eval(value), id=f"{path.stem}:{number}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes ``expression`` and ``value`` runs once for each line of its module's ``TABLES``."""
    if {"expression", "value"} <= set(metafunc.fixturenames):
        tables = [HERE / name for name in metafunc.module.TABLES]
        metafunc.parametrize("expression, value", [case for table in tables for case in cases(table)])


@pytest.fixture(scope="session")
def value_of() -> Callable[..., Typed]:
    return evaluate


@pytest.fixture(scope="session")
def run() -> Callable[..., Ran]:
    return execute


@pytest.fixture(scope="session")
def faults() -> Callable[..., list[Finding]]:
    return findings


@pytest.fixture(scope="session")
def world() -> type[World]:
    return World
