"""What came out of a test file, and the lines that tell it (SPEC-SIEVE section 5.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sieve.errors import NOWHERE, Finding, Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test; ``reason`` says why it failed, and is empty if it did not."""

    number: int
    name: str
    reason: str = ""
    place: Place = NOWHERE

    def __str__(self) -> str:
        end = f"FAILED: {self.reason}{_at(self.place)}" if self.reason else "SUCCEEDED"
        return f"{self.number}: Test '{self.name}' {end}"


@dataclass(frozen=True, slots=True)
class Report:
    """One test file.

    ``aborted`` says why the file did not come to its end; that counts as one more failure. ``findings`` are there if
    it is no valid script. ``errors`` are what the scripts under test complained of, whether that was expected or not.
    """

    name: str
    outcomes: tuple[Outcome, ...] = ()
    aborted: str = ""
    findings: tuple[Finding, ...] = ()
    printed: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def passed(self) -> int:
        return sum(not outcome.reason for outcome in self.outcomes)

    @property
    def failed(self) -> int:
        return len(self.outcomes) - self.passed + bool(self.aborted)

    def lines(self, *, quiet: bool = False) -> list[str]:
        """One line a test, or one a failure; and what stopped the file."""
        told = [str(outcome) for outcome in self.outcomes if outcome.reason or not quiet]
        if self.aborted:
            told.append(f"XX: Test CASE FAILED: {self.aborted}")
        told += [line for finding in self.findings for line in finding.shown().split("\n")]
        return told if quiet else [*self.printed, *told]

    def as_dict(self) -> dict[str, Any]:
        """The form for programs."""
        return {
            "file": self.name,
            "passed": self.passed,
            "failed": self.failed,
            "aborted": self.aborted,
            "findings": [finding_as_dict(finding) for finding in self.findings],
            "printed": list(self.printed),
            "errors": list(self.errors),
            "tests": [
                {"number": each.number, "name": each.name, "passed": not each.reason, "reason": each.reason}
                | ({"line": each.place.line} if each.place.line else {})
                for each in self.outcomes
            ],
        }


def as_expected(report: Report, *, failing: bool = False) -> bool:
    """Did all tests succeed; or, with ``failing``, did each of them fail?"""
    return bool(report.outcomes) and not report.passed if failing else not report.failed


def shown(reports: Sequence[Report], *, quiet: bool = False, errors: bool = False) -> list[str]:
    """All lines of a run over some files, the verdict and the count last."""
    several = len(reports) > 1
    told: list[str] = []
    for report in reports:
        lines = report.lines(quiet=quiet) + [f"error: {error}" for error in report.errors if errors]
        if several and not quiet:
            told += [f"{report.name}:", *lines, verdict([report]), ""]
        elif lines:
            told += [f"{report.name}:", *lines]
    count = f"{sum(r.passed for r in reports)} passed, {sum(r.failed for r in reports)} failed"
    return [*told, verdict(reports), count]


def verdict(reports: Iterable[Report]) -> str:
    passed, failed = (sum(counts) for counts in zip(*((r.passed, r.failed) for r in reports), strict=True))
    if failed:
        return f"FAIL: {failed} of {passed + failed} tests failed."
    return f"PASS: {passed} tests succeeded."


def finding_as_dict(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.name,
        "line": finding.position.line,
        "column": finding.position.column,
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "hint": finding.hint,
        "reference": finding.reference,
        "source": finding.source_line,
    }


def _at(place: Place) -> str:
    return f" (line {place.line})" if place.line else ""
