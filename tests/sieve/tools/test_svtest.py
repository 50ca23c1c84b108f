from __future__ import annotations

from pathlib import Path

import pytest

from sieve import Dialect
from sieve.extensions import ALL
from sieve.runtime import Run
from sieve.spec import Extension
from sieve.tools import Selection, run_tests
from sieve.tools.answer import FAILED, OK, UNUSABLE


def test_a_file_that_is_well(folder: Path) -> None:
    answer = run_tests([folder / "well.svtest"])
    assert answer.code == OK
    assert answer.text.splitlines() == [
        f"{folder}/well.svtest:",
        "1: Test 'well' SUCCEEDED",
        "PASS: 1 tests succeeded.",
        "1 passed, 0 failed",
    ]


def test_all_files_of_a_folder_those_below_too(folder: Path) -> None:
    answer = run_tests([folder], quiet=True)
    assert answer.code == FAILED
    assert answer.text.splitlines() == [
        f"{folder}/more/badly.svtest:",
        "1: Test 'badly' FAILED: no (line 2)",
        "FAIL: 1 of 3 tests failed.",
        "2 passed, 1 failed",
    ]


def test_failures_may_be_expected_but_then_of_every_test(folder: Path) -> None:
    assert run_tests([folder / "more"], failing=True).code == FAILED
    (folder / "more" / "badly.svtest").write_text('require "vnd.dovecot.testsuite"; test "badly" { test_fail "no"; }')
    assert run_tests([folder / "more"], failing=True).code == OK


def test_errors_of_scripts_under_test_are_told_on_request(folder: Path) -> None:
    source = 'require "vnd.dovecot.testsuite"; test "a" { if test_script_compile "bad.sieve" { test_fail "x"; } }'
    (folder / "e.svtest").write_text(source)
    assert "error: unknown command 'filinto'" in run_tests([folder / "e.svtest"], errors=True).text


def test_a_folder_without_tests_and_a_file_that_is_not_there_are_no_success(folder: Path) -> None:
    answer = run_tests([folder / "global"])
    assert (answer.code, answer.text) == (UNUSABLE, f"{folder}/global: there is no .svtest file in this folder")
    assert run_tests([folder / "well.svtest", folder / "none.svtest"]).code == UNUSABLE


def test_a_file_that_is_no_test_fails(folder: Path) -> None:
    answer = run_tests([folder / "empty.sieve"])
    assert answer.code == FAILED
    assert "XX: Test CASE FAILED: there is no test in the file" in answer.text


def test_a_defect_of_an_extension_fails_its_file_and_the_others_go_on(folder: Path) -> None:
    broken = Extension("broken", "RFC 0")

    @broken.command()
    def breaks(run: Run) -> None:
        raise KeyError("nobody thought of this")

    (folder / "defect.svtest").write_text('require ["vnd.dovecot.testsuite", "broken"]; test "a" { breaks; }')
    answer = run_tests([folder / "defect.svtest", folder / "well.svtest"], Dialect("x", (*ALL, broken)), quiet=True)
    assert answer.code == FAILED
    lines = answer.text.splitlines()
    assert lines[1].startswith("XX: Test CASE FAILED: KeyError in test_svtest.py:")
    assert lines[-1] == "1 passed, 1 failed"


def test_programs_get_every_test(folder: Path) -> None:
    value = run_tests([folder]).value
    assert (value["ok"], value["passed"], value["failed"]) == (False, 2, 1)
    assert [test["name"] for file in value["files"] for test in file["tests"]] == ["badly", "well", "well"]


def test_only_tests_of_a_name_are_run(folder: Path) -> None:
    answer = run_tests([folder], selection=Selection("bad"))
    assert [file["file"] for file in answer.value["files"]] == [f"{folder}/more/badly.svtest"]
    (folder / "one.svtest").write_text(
        'require "vnd.dovecot.testsuite";\ntest "a" { keep; }\n\ntest "b" { test_fail "x"; }'
    )
    answer = run_tests([folder / "one.svtest"], selection=Selection("B"))
    assert answer.text.splitlines()[0] == f"{folder}/one.svtest:"
    assert answer.value["files"][0]["tests"] == [{"number": 1, "name": "b", "passed": False, "reason": "x", "line": 4}]


def test_a_name_that_no_test_has_is_told(folder: Path) -> None:
    answer = run_tests([folder], selection=Selection("nothing"))
    assert (answer.code, answer.text) == (UNUSABLE, "no test has 'nothing' in its name")


def test_an_empty_file_still_fails(folder: Path) -> None:
    (folder / "none.svtest").touch()
    assert "there is no test in the file" in run_tests([folder / "none.svtest"]).text


@pytest.mark.parametrize("jobs", [2, 5])
def test_several_processes_give_the_same_answer(folder: Path, jobs: int) -> None:
    alone = run_tests([folder], selection=Selection(cover=True))
    assert run_tests([folder], selection=Selection(jobs=jobs, cover=True)) == alone
