from __future__ import annotations

from sieve.errors import Finding, Place, Position
from sieve.testing.reporting import Outcome, Report, as_expected, shown

WELL, BADLY = Outcome(1, "one"), Outcome(2, "two", "no way", Place("x.svtest", 7, 3))
MIXED = Report("x.svtest", (WELL, BADLY))
GOOD = Report("y.svtest", (WELL,), printed=("hello",), errors=("expected",))
STOPPED = Report("z.svtest", (WELL,), aborted="it broke")


def test_a_line_a_test() -> None:
    assert shown([MIXED]) == [
        "x.svtest:",
        "1: Test 'one' SUCCEEDED",
        "2: Test 'two' FAILED: no way (line 7)",
        "FAIL: 1 of 2 tests failed.",
        "1 passed, 1 failed",
    ]


def test_quiet_leaves_out_what_is_well() -> None:
    assert shown([GOOD], quiet=True) == ["PASS: 1 tests succeeded.", "1 passed, 0 failed"]
    assert shown([GOOD, MIXED], quiet=True) == [
        "x.svtest:",
        "2: Test 'two' FAILED: no way (line 7)",
        "FAIL: 1 of 3 tests failed.",
        "2 passed, 1 failed",
    ]


def test_each_of_several_files_has_its_verdict() -> None:
    lines = shown([GOOD, GOOD])
    assert lines[:5] == ["y.svtest:", "hello", "1: Test 'one' SUCCEEDED", "PASS: 1 tests succeeded.", ""]
    assert lines[-2:] == ["PASS: 2 tests succeeded.", "2 passed, 0 failed"]


def test_errors_are_told_on_request() -> None:
    assert "error: expected" in shown([GOOD], errors=True)
    assert "error: expected" not in shown([GOOD])


def test_a_file_that_stops_is_one_more_failure() -> None:
    assert (STOPPED.passed, STOPPED.failed) == (1, 1)
    assert "XX: Test CASE FAILED: it broke" in shown([STOPPED], quiet=True)


def test_a_finding_is_shown_with_its_line() -> None:
    finding = Finding(Position(1, 3), "wrong", name="x.svtest", source_line="a b")
    report = Report("x.svtest", aborted="1 error", findings=(finding,))
    assert report.lines()[1:] == ["x.svtest:1:3: wrong [syntax]", "    a b", "      ^"]


def test_where_failures_are_expected_a_success_is_none() -> None:
    assert [as_expected(report, failing=True) for report in (MIXED, GOOD, Report("x", (BADLY,)))] == [
        False,
        False,
        True,
    ]
    assert [as_expected(report) for report in (MIXED, GOOD, STOPPED)] == [False, True, False]
    assert not as_expected(Report("x", aborted="nothing ran"), failing=True)


def test_programs_get_every_test() -> None:
    assert MIXED.as_dict()["tests"] == [
        {"number": 1, "name": "one", "passed": True, "reason": ""},
        {"number": 2, "name": "two", "passed": False, "reason": "no way", "line": 7},
    ]
