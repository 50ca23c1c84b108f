"""test: test files, and all of them in a folder."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from sieve.engine import USER
from sieve.spec import Dialect
from sieve.testing.reporting import Report, as_expected, shown
from sieve.testing.suite import run_suite
from sieve.tools.answer import FAILED, OK, Answer, printable, unusable
from sieve.tools.files import Folder, Unreadable, read_script

SUFFIX = ".svtest"


def run_tests(
    paths: Sequence[Path],
    base: Dialect = USER,
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
        reports = [_report(path, base) for path in _files(paths)]
    except Unreadable as error:
        return unusable(error)
    ok = all(as_expected(report, failing=failing) for report in reports)
    value = {
        "ok": ok,
        "passed": sum(report.passed for report in reports),
        "failed": sum(report.failed for report in reports),
        "files": [report.as_dict() for report in reports],
    }
    lines = shown(reports, quiet=quiet, errors=errors)
    return Answer(printable("\n".join(lines)), value, OK if ok else FAILED)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
        if not found:
            raise Unreadable(f"{path}: there is no {SUFFIX} file in this folder")
        yield from found


def _report(path: Path, base: Dialect) -> Report:
    octets, now = read_script(path), time.time()
    try:
        return run_suite(
            octets,
            str(path),
            Folder(path.parent),
            now=(now, time.localtime(now).tm_gmtoff // 60),
            cpu_seconds=time.process_time,
            base=base,
        )
    except Exception as error:  # noqa: BLE001  a defect of an extension: that file has failed, the others go on
        return Report(str(path), aborted=_defect(error), printed=tuple(traceback.format_exception(error)))


def _defect(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}: {error}"
