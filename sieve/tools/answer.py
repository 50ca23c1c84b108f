"""What a tool has to say: to people, to programs, and to the shell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sieve.errors import CompileError, Finding
from sieve.testing.reporting import finding_as_dict

OK, FAILED, UNUSABLE = 0, 1, 2  # exit codes; the last says that there was nothing to work with

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MOST_FINDINGS = 100
_WIDEST = 160


@dataclass(frozen=True, slots=True)
class Answer:
    """``text`` for people, ``value`` for programs (JSON), ``code`` for the shell."""

    text: str
    value: Any
    code: int = OK


def unusable(reason: object) -> Answer:
    """A file that cannot be read, said in one line."""
    return Answer(printable(str(reason)), {"ok": False, "error": str(reason)}, UNUSABLE)


def not_valid(error: CompileError) -> Answer:
    """A script that cannot be compiled."""
    value = {"ok": False, "findings": [finding_as_dict(finding) for finding in error.findings]}
    return Answer("\n".join([*shown(error.findings), error.summary]), value, FAILED)


def shown(findings: Iterable[Finding]) -> list[str]:
    """Each finding with its line and a caret; a long list is cut, and a line that no screen can hold."""
    every = list(findings)
    lines = [printable(_short(finding)) for finding in every[:_MOST_FINDINGS]]
    rest = len(every) - len(lines)
    return [*lines, f"... and {rest} more"] if rest else lines


def printable(text: str) -> str:
    """No character that a terminal would obey."""
    return _CONTROL.sub("\ufffd", text)


def _short(finding: Finding) -> str:
    return finding.shown() if len(finding.source_line) <= _WIDEST else str(finding)
