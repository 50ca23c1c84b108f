"""coverage: what was counted while tests ran, put beside the scripts; saved, and shown again."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sieve import checker, parser
from sieve.errors import CompileError
from sieve.limits import TRUSTED_LIMITS
from sieve.spec import Dialect
from sieve.testing.coverage import Covered, Hits, covered, of_dict, percent, shown
from sieve.testing.suite import testing_dialect
from sieve.tools.answer import Answer, printable, unusable
from sieve.tools.files import Unreadable, read

SAVED = Path("sieve-coverage.json")
_STYLE = (
    "body{font:14px sans-serif;margin:2em;color:#222;background:#fff}pre{margin:0}"
    "table{border-collapse:collapse}td,th{padding:1px 8px;text-align:left;vertical-align:top}"
    ".n{text-align:right;color:#888}.hit{background:#dfd}.miss{background:#fdd}.part{background:#ffc}"
    ".note{color:#a50}"
)


def measured(runs: Iterable[tuple[str, Hits]], base: Dialect) -> list[Covered]:
    """The scripts that have run, each under its path: ``runs`` are folders, and what was counted beside their tests.

    Raises:
        Unreadable: a script is no file, or no longer what has run.
    """
    together: dict[str, Hits] = {}
    for folder, hits in runs:
        for (what, name, line, column), count in hits.items():
            path = os.path.normpath(os.path.join(folder, name))
            together.setdefault(path, Hits())[what, path, line, column] += count
    dialect = testing_dialect(base, TRUSTED_LIMITS)
    return [_covered(path, hits, dialect) for path, hits in sorted(together.items())]


def _covered(path: str, hits: Hits, dialect: Dialect) -> Covered:
    try:
        source = read(Path(path)).decode("utf-8").removeprefix("\ufeff")
        statements = checker.check(parser.parse(source, controls=dialect.trusted), dialect)
    except (UnicodeDecodeError, CompileError) as error:
        raise Unreadable(f"{path}: this is not the script that has run: {error}") from error
    return covered(path, source, statements, hits)


def saved(value: Sequence[dict[str, Any]]) -> str:
    """What ``show`` reads again."""
    return json.dumps({"sieve-coverage": 1, "scripts": value}, ensure_ascii=False, indent=1) + "\n"


def show(path: Path = SAVED) -> Answer:
    """A coverage that was saved. ``value`` is the list of scripts."""
    try:
        stored = json.loads(read(path))
        files = [of_dict(each) for each in stored["scripts"]]
    except Unreadable as error:
        return unusable(error)
    except (ValueError, KeyError, TypeError, AttributeError):
        return unusable(f"{path}: this is no saved coverage")
    return Answer(printable("\n".join(shown(files))), {"ok": True, "scripts": [each.as_dict() for each in files]})


def page(scripts: Sequence[dict[str, Any]]) -> str:
    """The same as one page of HTML, which needs nothing else."""
    files = [of_dict(each) for each in scripts]
    rows = "".join(_summary(number, file) for number, file in enumerate(files))
    head = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Coverage</title>'
    table = f"<table><tr><th>script<th>lines<th>branches</tr>{rows}</table>"
    bodies = "".join(_listing(number, file) for number, file in enumerate(files))
    return f"{head}<style>{_STYLE}</style></head><body><h1>Coverage</h1>{table}{bodies}</body></html>\n"


def _summary(number: int, file: Covered) -> str:
    lines = percent(len(file.lines) - len(file.missed_lines), len(file.lines))
    ways = percent(len(file.ways) - len(file.missed_ways), len(file.ways))
    link = f'<a href="#s{number}">{html.escape(file.name)}</a>'
    return f'<tr><td>{link}<td class="n">{lines:.1f}%<td class="n">{ways:.1f}%</tr>\n'


def _listing(number: int, file: Covered) -> str:
    rows = "".join(_line(place, text, file) for place, text in enumerate(file.source.splitlines(), 1))
    return f'<h2 id="s{number}">{html.escape(file.name)}</h2><table>{rows}</table>\n'


def _line(number: int, text: str, file: Covered) -> str:
    hits = file.lines.get(number)
    missed = [way.name for way in file.missed_ways if way.line == number] if hits else []
    kind = "" if hits is None else "miss" if not hits else "part" if missed else "hit"
    note = f"never: {', '.join(missed)}" if missed else ""
    count = "" if hits is None else f"{hits}×"
    code = f'<td class="{kind}"><pre>{html.escape(text) or " "}</pre>'
    return f'<tr><td class="n">{number}<td class="n">{count}{code}<td class="note">{note}</tr>\n'
