"""test: test files, and all of them in a folder."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sieve.engine import USER
from sieve.spec import Dialect
from sieve.testing import coverage
from sieve.testing.reporting import Report, as_expected, shown
from sieve.testing.selection import matcher, selected
from sieve.testing.suite import run_suite
from sieve.tools.answer import FAILED, OK, Answer, printable, unusable
from sieve.tools.covering import measured
from sieve.tools.files import Folder, Unreadable, read_script
from sieve.tools.parallel import spread

SUFFIX = ".svtest"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tests to run, and how.

    Args:
        pattern: tests whose name has it, and all tests of files whose name has it.
        jobs: how many processes.
        cover: count what the scripts under test do; ``value`` has it then under ``coverage``.
    """

    pattern: str = ""
    jobs: int = 1
    cover: bool = False


class _Done(NamedTuple):
    folder: str
    report: Report
    hits: coverage.Hits


def run_tests(
    paths: Sequence[Path],
    base: Dialect = USER,
    selection: Selection = Selection(),
    *,
    quiet: bool = False,
    errors: bool = False,
    failing: bool = False,
) -> Answer:
    """Run the files, and those in folders.

    Args:
        base: the language of the scripts under test.
        quiet: tell failures only, and the summary.
        errors: tell what the scripts under test complained of.
        failing: each test is expected to fail.
    """
    try:
        files = [(path, octets) for path in _files(paths) if (octets := _chosen(path, selection.pattern))]
    except Unreadable as error:
        return unusable(error)
    if not files:
        return unusable(f"no test has '{selection.pattern}' in its name")
    done = spread(_runner(base, selection), files, selection.jobs)
    reports = [each.report for each in done]
    answer = _told(reports, shown(reports, quiet=quiet, errors=errors), failing=failing)
    return _covering(answer, done, base) if selection.cover else answer


def _told(reports: Sequence[Report], lines: Sequence[str], *, failing: bool) -> Answer:
    ok = all(as_expected(report, failing=failing) for report in reports)
    value = {
        "ok": ok,
        "passed": sum(report.passed for report in reports),
        "failed": sum(report.failed for report in reports),
        "files": [report.as_dict() for report in reports],
    }
    return Answer(printable("\n".join(lines)), value, OK if ok else FAILED)


def _covering(answer: Answer, done: Sequence[_Done], base: Dialect) -> Answer:
    """The answer with what was counted."""
    try:
        scripts = measured(((each.folder, each.hits) for each in done), base)
    except Unreadable as error:
        return unusable(error)
    text = printable("\n".join([*coverage.shown(scripts), "", ""])) + answer.text
    return Answer(text, answer.value | {"coverage": [each.as_dict() for each in scripts]}, answer.code)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not found:
            raise Unreadable(f"{path}: there is no {SUFFIX} file in this folder")
        yield from found


def _chosen(path: Path, pattern: str) -> bytes:
    """The file with the tests that are meant; nothing if there are none in it."""
    octets, wanted = read_script(path), matcher(pattern)
    if not pattern or wanted(path.name):
        return octets or b"\n"
    text, count = selected(octets.decode("utf-8", "surrogateescape"), wanted)
    return text.encode("utf-8", "surrogateescape") if count else b""


def _runner(base: Dialect, selection: Selection) -> Callable[[tuple[Path, bytes]], _Done]:
    def run(file: tuple[Path, bytes]) -> _Done:
        path, octets = file
        hits = coverage.Hits()
        report = _report(path, octets, base, coverage.Counted(hits) if selection.cover else None)
        return _Done(str(path.parent), report, hits)

    return run


def _report(path: Path, octets: bytes, base: Dialect, probe: coverage.Counted | None) -> Report:
    now = time.time()
    try:
        return run_suite(
            octets,
            str(path),
            Folder(path.parent),
            now=(now, time.localtime(now).tm_gmtoff // 60),
            cpu_seconds=time.process_time,
            base=base,
            probe=probe,
        )
    except Exception as error:  # noqa: BLE001  a defect of an extension: that file has failed, the others go on
        return Report(str(path), aborted=_defect(error), printed=tuple(traceback.format_exception(error)))


def _defect(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}: {error}"
