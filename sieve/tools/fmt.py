"""fmt: bring scripts into their one shape, see ``format``; or tell which are not in it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sieve.errors import CompileError
from sieve.tools.answer import FAILED, OK, Answer, not_valid, printable, unusable
from sieve.tools.check import together
from sieve.tools.files import Unreadable, read_script, text_of, write
from sieve.tools.format import formatted


def fmt(paths: Sequence[Path], *, check: bool = False, diff: bool = False) -> Answer:
    """Rewrite the files that are not in shape; with ``check`` or ``diff`` none, and the code says if there were any."""
    return together({str(path): _one(path, keep=check or diff, diff=diff) for path in paths})


def fmt_text(octets: bytes, *, check: bool = False, diff: bool = False) -> Answer:
    """The same for what came in on the standard input: the answer is the script."""
    try:
        source = text_of(octets, "-")
        result = formatted(source)
    except CompileError as error:
        return not_valid(error.quoting("-", octets.decode("utf-8", "replace")))
    if check or diff:
        return _told("-", source, result, diff=diff)
    return Answer(result.removesuffix("\n"), {"ok": True, "script": result})


def _one(path: Path, *, keep: bool, diff: bool) -> Answer:
    try:
        octets = read_script(path)
        source = text_of(octets, str(path))
        result = formatted(source)
        if keep:
            return _told(str(path), source, result, diff=diff)
        if result != source:
            write(path, result.encode())
    except Unreadable as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(error.quoting(str(path), octets.decode("utf-8", "replace")))
    changed = result != source
    text = f"{path}: {'formatted' if changed else 'unchanged'}"
    return Answer(printable(text), {"ok": True, "changed": changed})


def _told(name: str, source: str, result: str, *, diff: bool) -> Answer:
    """What would change."""
    changed = result != source
    value: dict[str, Any] = {"ok": not changed, "changed": changed}
    text = f"{name}: {'would be formatted' if changed else 'unchanged'}"
    if diff:
        value["diff"] = _diff(name, source, result)
        text = value["diff"].removesuffix("\n") or text
    return Answer(printable(text), value, FAILED if changed else OK)


def _diff(name: str, source: str, result: str) -> str:
    before, after = source.splitlines(keepends=True), result.splitlines(keepends=True)
    lines = difflib.unified_diff(before, after, name, f"{name} (formatted)")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
