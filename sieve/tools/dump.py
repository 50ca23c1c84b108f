"""dump: the Python code that a script becomes."""

from __future__ import annotations

from pathlib import Path

from sieve.engine import USER
from sieve.errors import CompileError
from sieve.spec import Dialect
from sieve.tools.answer import Answer, not_valid, unusable
from sieve.tools.files import Unreadable, compiled


def dump(path: Path, dialect: Dialect = USER, *, traced: bool = False) -> Answer:
    """The generated code as text; ``traced`` is the variant that reports each step."""
    try:
        code = compiled(path, dialect).dump(traced=traced)
    except Unreadable as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(error)
    return Answer(code, {"ok": True, "file": str(path), "code": code})
