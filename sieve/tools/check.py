"""check: every fault of every script, with place, line, caret and hint; and what is valid, but hardly meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sieve.engine import USER, Script
from sieve.errors import CompileError
from sieve.spec import Dialect
from sieve.testing.reporting import finding_as_dict
from sieve.tools.answer import FAILED, OK, Answer, not_valid, printable, shown, unusable
from sieve.tools.files import Unreadable, compiled
from sieve.tools.lint import lint


def check(paths: Sequence[Path], dialect: Dialect = USER, *, strict: bool = False) -> Answer:
    """Compile each file; the answer holds what is wrong with any of them. ``strict``: a warning is wrong too."""
    return together({str(path): _checked(path, dialect, strict=strict) for path in paths})


def together(answers: dict[str, Answer]) -> Answer:
    """One answer of those of several files, the worst code with it."""
    files: list[dict[str, Any]] = [{"file": name} | answer.value for name, answer in answers.items()]
    code = max(answer.code for answer in answers.values())
    return Answer("\n".join(answer.text for answer in answers.values()), {"ok": not code, "files": files}, code)


def warned(script: Script, *, strict: bool = False) -> Answer:
    """What ``lint`` has to say of a valid script."""
    findings = lint(script.source, script.dialect, script.name)
    count = f"{len(findings)} warning{'s' * (len(findings) != 1)}"
    verdict = "ok" if not findings else count if strict else f"ok, {count}"
    value = {"ok": not (strict and findings), "findings": [finding_as_dict(finding) for finding in findings]}
    text = "\n".join([*shown(findings), printable(f"{script.name}: {verdict}")])
    return Answer(text, value, OK if value["ok"] else FAILED)


def _checked(path: Path, dialect: Dialect, *, strict: bool) -> Answer:
    try:
        return warned(compiled(path, dialect), strict=strict)
    except Unreadable as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(error)
