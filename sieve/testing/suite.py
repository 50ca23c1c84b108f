"""Runs a test file: a Sieve script whose dialect has the commands of the test suite (SPEC-SIEVE section 5)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from sieve import nodes, parser
from sieve.engine import USER, Script, compile_octets
from sieve.errors import CompileError
from sieve.limits import Limits
from sieve.message import Overlay, parse
from sieve.runtime import Probe
from sieve.spec import Dialect
from sieve.testing import commands
from sieve.testing.reporting import Report
from sieve.testing.session import Session
from sieve.testing.settings import enlarged
from sieve.testing.world import DEFAULT_MESSAGE, Files, World


def run_suite(
    octets: bytes,
    name: str,
    files: Files,
    *,
    now: tuple[float, int],
    cpu_seconds: Callable[[], float],
    base: Dialect = USER,
    probe: Probe | None = None,
) -> Report:
    """Run one file.

    Args:
        octets: the file itself.
        files: its folder, where the scripts under test are.
        now: what ``currentdate`` tells.
        cpu_seconds: the clock against which scripts are limited.
        base: the language in which tests and scripts are written, to which the commands of the suite are added.
        probe: sees what the scripts under test do, see ``coverage``.
    """

    def dialect(limits: Limits, lists: frozenset[str] | None = None) -> Dialect:
        return testing_dialect(base, limits, lists)

    try:
        script = compile_octets(octets, name, dialect(base.limits))
    except CompileError as error:
        return Report(name, aborted=error.summary, findings=tuple(error.findings))
    session = Session(World(files, now, cpu_seconds), base.limits, dialect)
    session.probe = probe
    aborted = _run(script, session)
    return Report(
        name,
        tuple(session.outcomes),
        aborted or _left(script, session),
        printed=tuple(session.printed),
        errors=tuple(session.complaints),
    )


def _run(script: Script, session: Session) -> str:
    """Run to the end; returns why it did not come there."""
    run = script.prepare(Overlay(parse(DEFAULT_MESSAGE)), session.world, limits=enlarged(script.dialect.limits))
    run.data[Session] = session
    error = script.execute(run)
    return "" if error is None else f"{error.message} (line {error.place.line})"


def _left(script: Script, session: Session) -> str:
    """Why nothing is proven although nothing failed: tests that did not run, or none at all."""
    declared = sum(isinstance(each, nodes.Command) and each.name == "test" for each in parser.parse(script.source))
    if not declared:
        return "there is no test in the file"
    left = declared - len(session.outcomes)
    return f"the file stopped early: {left} of {declared} tests did not run" if left else ""


@lru_cache(maxsize=64)
def testing_dialect(base: Dialect, limits: Limits, lists: frozenset[str] | None = None) -> Dialect:
    """A dialect with the commands of the test suite. ``lists``: the external ones that there are, if that is known."""
    return Dialect(
        f"{base.name} under test",
        (*base.extensions, commands.extension, commands.alias),
        limits=limits,
        trusted=base.trusted,
        requires_optional=base.requires_optional,
        settings=base.settings if lists is None else {**base.settings, "lists": lists},
        include=base.include,
    )
