"""check: every fault of every script, with place, line, caret and hint."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sieve.engine import USER
from sieve.errors import CompileError
from sieve.spec import Dialect
from sieve.tools.answer import Answer, not_valid, unusable
from sieve.tools.files import Unreadable, compiled


def check(paths: Sequence[Path], dialect: Dialect = USER) -> Answer:
    """Compile each file; the answer holds what is wrong with any of them."""
    answers = [_checked(path, dialect) for path in paths]
    value = {"ok": not any(answer.code for answer in answers), "files": [answer.value for answer in answers]}
    return Answer("\n".join(answer.text for answer in answers), value, max(answer.code for answer in answers))


def _checked(path: Path, dialect: Dialect) -> Answer:
    file: dict[str, Any] = {"file": str(path)}
    try:
        compiled(path, dialect)
    except Unreadable as error:
        answer = unusable(error)
    except CompileError as error:
        answer = not_valid(error)
    else:
        answer = Answer(f"{path}: ok", {"ok": True, "findings": []})
    return Answer(answer.text, file | answer.value, answer.code)
