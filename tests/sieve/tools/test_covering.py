from __future__ import annotations

import json
from pathlib import Path

import pytest

from sieve.tools import Selection, run_tests
from sieve.tools.answer import OK, UNUSABLE
from sieve.tools.covering import page, saved, show

TESTED = (
    'require "vnd.dovecot.testsuite";\n'
    'test "runs" { if not test_script_compile "s.sieve" { test_fail "no"; }\n'
    'if not test_script_run { test_fail "run"; } }\n'
)
SCRIPT = 'require "include";\nif exists "x-<a>" {\n  discard;\n}\ninclude "sub";\n'


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    (tmp_path / "t.svtest").write_text(TESTED)
    (tmp_path / "s.sieve").write_text(SCRIPT)
    (tmp_path / "included").mkdir()
    (tmp_path / "included" / "sub.sieve").write_text("keep;\n")
    return tmp_path


def test_scripts_under_test_and_those_they_include_are_measured(scripts: Path) -> None:
    answer = run_tests([scripts], selection=Selection(cover=True))
    assert answer.code == OK
    assert [line.split()[1:3] for line in answer.text.splitlines()[1:4]] == [
        *(["100%", "100%"], ["66%", "50%"], ["75%", "50%"])
    ]
    assert answer.text.splitlines()[2].endswith("  3, 2 if")
    assert [Path(each["file"]).name for each in answer.value["coverage"]] == ["sub.sieve", "s.sieve"]


def test_two_files_over_one_script_add_up(scripts: Path) -> None:
    (scripts / "u.svtest").write_text(TESTED.replace("test_script_run {", "test_script_run :append_result {"))
    covered = run_tests([scripts], selection=Selection(cover=True)).value["coverage"]
    assert covered[1]["lines"] == {"2": 2, "3": 0, "5": 2}


def test_what_was_saved_is_shown_again(scripts: Path) -> None:
    value = run_tests([scripts], selection=Selection(cover=True)).value["coverage"]
    (scripts / "c.json").write_text(saved(value))
    assert show(scripts / "c.json").value["scripts"] == value


@pytest.mark.parametrize("text", ["", "[]", '{"scripts": [{}]}', '{"scripts": 3}', "nonsense", '{"scripts": ["x"]}'])
def test_what_is_no_coverage_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    answer = show(tmp_path / "c.json")
    assert (answer.code, answer.text) == (UNUSABLE, f"{tmp_path}/c.json: this is no saved coverage")


def test_the_page_shows_each_line_and_escapes_the_script(scripts: Path) -> None:
    text = page(run_tests([scripts], selection=Selection(cover=True)).value["coverage"])
    assert '<td class="part"><pre>if exists &quot;x-&lt;a&gt;&quot; {</pre><td class="note">never: if' in text
    assert '<td class="miss"><pre>  discard;</pre>' in text
    assert json.dumps(text)
