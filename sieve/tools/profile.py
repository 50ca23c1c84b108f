"""profile: how often each line was reached, and how long it took, over many messages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sieve.engine import USER
from sieve.errors import CompileError
from sieve.host import Host
from sieve.message import parse
from sieve.spec import Dialect
from sieve.testing.world import NoMailbox
from sieve.tools.answer import FAILED, OK, Answer, not_valid, printable, unusable
from sieve.tools.files import Unreadable, compiled
from sieve.tools.mailboxes import mails
from sieve.tools.simulate import NOTHING_SAID, Circumstances, world

_WIDEST = 100
_LISTED = 10


@dataclass(slots=True)
class _Line:
    hits: int = 0
    nanoseconds: int = 0


@dataclass(slots=True)
class _Stopwatch:
    """A probe: the time until it is called again belongs to the line where it was called."""

    lines: dict[tuple[str, int], _Line] = field(default_factory=dict)
    _current: _Line = field(default_factory=_Line)
    _since: int = 0

    def __call__(self, what: str, place: tuple[str, int, int]) -> None:
        self.stop()
        key = place[0], place[1]
        if key not in self.lines:
            self.lines[key] = _Line()
        self._current = self.lines[key]
        self._current.hits += what != "taken"
        self._since = time.perf_counter_ns()

    def start(self) -> None:
        """What comes before the first line belongs to none."""
        self._current, self._since = _Line(), time.perf_counter_ns()

    def stop(self) -> None:
        self._current.nanoseconds += time.perf_counter_ns() - self._since


def profile(
    script: Path,
    messages: Path | Sequence[Path],
    circumstances: Circumstances = NOTHING_SAID,
    dialect: Dialect = USER,
    host: Host | None = None,
) -> Answer:
    """The script with hits and time beside its lines, and the slowest lines of all scripts that took part."""
    watch, counts, errors = _Stopwatch(), 0, 0
    try:
        code = compiled(script, dialect)
        code.variant(traced=False, probed=True)  # compiled before the clock runs
        for mail in mails([messages] if isinstance(messages, Path) else messages):
            message = parse(mail.octets)
            place = host or world(script.parent, message, circumstances)
            watch.start()
            errors += code.run(message, place, probe=watch).error is not None
            watch.stop()
            counts += 1
    except (Unreadable, NoMailbox) as error:
        return unusable(error)
    except CompileError as error:
        return not_valid(error)
    rows = _rows(watch)
    value = {"ok": not errors, "script": code.name, "messages": counts, "errors": errors, "lines": rows}
    text = "\n".join([*_listing(code.name, code.source, rows), "", *_summary(rows, counts, errors)])
    return Answer(printable(text), value, FAILED if errors else OK)


def _rows(watch: _Stopwatch) -> list[dict[str, Any]]:
    total = sum(line.nanoseconds for line in watch.lines.values()) or 1
    return [
        {
            "script": name,
            "line": number,
            "hits": line.hits,
            "milliseconds": round(line.nanoseconds / 1e6, 6),
            "percent": round(100 * line.nanoseconds / total, 2),
        }
        for (name, number), line in sorted(watch.lines.items())
    ]


def _listing(name: str, source: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The script itself; lines of others are in the summary."""
    seen = {row["line"]: row for row in rows if row["script"] == name}
    lines = [f"{'hits':>8} {'ms':>10} {'%':>6}  line"]
    for number, text in enumerate(source.splitlines(), 1):
        row = seen.get(number)
        counts = f"{row['hits']:>8} {row['milliseconds']:>10.3f} {row['percent']:>6.1f}" if row else " " * 26
        lines.append(f"{counts}  {number:>4}  {text[:_WIDEST]}".rstrip())
    return lines


def _summary(rows: Sequence[dict[str, Any]], messages: int, errors: int) -> list[str]:
    slowest = sorted(rows, key=lambda row: -row["milliseconds"])[:_LISTED]
    lines = [f"{row['percent']:>6.1f}%  {row['script']}:{row['line']}" for row in slowest]
    spent = sum(row["milliseconds"] for row in rows)
    failed = f", {errors} of them failed" if errors else ""
    each = f"{spent / messages:.4f} ms each" if messages else "none"
    return ["the slowest:", *lines, f"{messages} messages{failed}, {spent:.3f} ms in the script, {each}"]
