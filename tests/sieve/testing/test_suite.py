"""The suite must be able to fail: files in ``broken/`` fail, each in the way that its ``.lines`` file says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.testing import Report, run_suite
from sieve.tools.files import Folder

BROKEN = sorted((Path(__file__).parent / "broken").glob("*.svtest"))


def report_of(path: Path) -> Report:
    return run_suite(path.read_bytes(), path.name, Folder(path.parent), now=(0.0, 0), cpu_seconds=lambda: 0.0)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_file_tells_what_is_wrong_with_it(path: Path) -> None:
    assert report_of(path).lines() == path.with_suffix(".lines").read_text("utf-8").splitlines()


def test_a_test_that_fails_ends_there_and_the_file_goes_on(suite) -> None:
    report = suite(
        'test "a" { test_fail "x"; set "v" "never"; } test "b" { if string "${v}" "never" { test_fail "y"; } }'
    )
    assert [outcome.reason for outcome in report.outcomes] == ["x", ""]


def test_the_place_of_a_failure_is_the_line_that_failed(suite) -> None:
    (outcome,) = suite('test "a" {\n  if true {\n    test_fail "x";\n  }\n}').outcomes
    assert (outcome.place.name, outcome.place.line) == ("x.svtest", 4)


def test_a_failure_in_an_included_script_has_its_place(suite) -> None:
    scripts = {"included/inner.sieve": b'require "variables";\nset "a" "b";\nredirect "${a}";'}
    (outcome,) = suite('require "include"; test "a" { include "inner"; }', scripts).outcomes
    assert (outcome.place.name, outcome.place.line) == ("included/inner.sieve", 3)


def test_an_included_script_that_is_not_utf_8_fails_the_test(suite) -> None:
    (outcome,) = suite('require "include"; test "a" { include "x"; }', {"included/x.sieve": b"\xff"}).outcomes
    assert outcome.reason == "the included script 'included/x.sieve' is not UTF-8"


def test_a_script_under_test_that_is_not_utf_8_does_not_compile(suite) -> None:
    source = """test "a" {
        if test_script_compile "x" { test_fail "compiled"; }
        if not test_error :index 1 :contains "not UTF-8" { test_fail "wording"; }
    }"""
    assert suite(source, {"x": b"keep; # \xff"}).failed == 0


def test_all_faults_of_a_script_are_errors_and_the_summary_is_one_more(suite) -> None:
    report = suite('test "a" { if test_script_compile "x" { } }', {"x": b"kep; discrad;"})
    assert report.errors == (
        "unknown command 'kep'",
        "unknown command 'discrad'",
        "validation failed: 2 error(s) found",
    )


def test_an_error_of_the_host_is_not_taken_for_a_failed_test() -> None:
    class Broken:
        path = "/"

        def read(self, path: str) -> bytes | None:
            raise OSError(f"no disk for {path}")

    octets = b'require "vnd.dovecot.testsuite"; test "a" { if test_script_compile "x" { } }'
    with pytest.raises(OSError, match="no disk"):
        run_suite(octets, "x.svtest", Broken(), now=(0.0, 0), cpu_seconds=lambda: 0.0)


@pytest.mark.parametrize("seconds", [59.0, 61.0])
def test_a_file_has_a_minute(seconds: float) -> None:
    times = iter([0.0, seconds])
    block = "if true { " + "if true { }" * 3000 + " }"  # each is paid for, and the clock looked at, as it begins
    source = "require " + '"vnd.dovecot.testsuite"; test "a" { ' + block * 2 + " }"
    report = run_suite(
        source.encode(), "x.svtest", Folder(Path()), now=(0.0, 0), cpu_seconds=lambda: next(times, seconds)
    )
    assert (report.failed == 1) is (seconds > 60)


WORDS = [
    "test ",
    "test_fail ",
    "test_set ",
    '"message"',
    '"a"',
    "{",
    "}",
    ";",
    "if ",
    "test_script_run ",
    "not ",
    "stop;",
]


@given(st.one_of(st.binary(max_size=80), st.lists(st.sampled_from(WORDS), max_size=20).map("".join)))
def test_any_file_gives_a_report(source: bytes | str) -> None:
    octets = source if isinstance(source, bytes) else f'require "vnd.dovecot.testsuite";{source}'.encode()
    report = run_suite(octets, "x.svtest", Folder(Path("/nowhere")), now=(0.0, 0), cpu_seconds=lambda: 0.0)
    assert report.outcomes or report.failed
