from __future__ import annotations

from pathlib import Path

from sieve.tools import fmt, fmt_text
from sieve.tools.answer import FAILED, OK, UNUSABLE

UGLY, FAIR = "if true{keep;}", "if true {\n    keep;\n}\n"


def test_a_file_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "a.sieve"
    path.write_text(UGLY)
    answer = fmt([path])
    assert (answer.text, answer.code, path.read_text()) == (f"{path}: formatted", OK, FAIR)


def test_a_file_in_shape_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.sieve"
    path.write_text(FAIR)
    path.chmod(0o400)
    assert fmt([path]).text == f"{path}: unchanged"


def test_check_changes_nothing_and_says_which(tmp_path: Path) -> None:
    path = tmp_path / "a.sieve"
    path.write_text(UGLY)
    answer = fmt([path], check=True)
    assert (answer.text, answer.code, path.read_text()) == (f"{path}: would be formatted", FAILED, UGLY)


def test_diff_shows_the_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.sieve"
    path.write_text("keep ;\n")
    answer = fmt([path], diff=True)
    assert answer.text.splitlines()[-2:] == ["-keep ;", "+keep;"]
    assert (answer.code, path.read_text()) == (FAILED, "keep ;\n")


def test_a_file_with_errors_stays_and_the_errors_are_told(folder: Path) -> None:
    (folder / "broken.sieve").write_text("keep;\nif true { keep }")
    answer = fmt([folder / "broken.sieve", folder / "good.sieve"])
    assert answer.code == FAILED
    assert "broken.sieve:2:16: missing semicolon after the keep command" in answer.text


def test_a_file_that_is_no_script_is_unusable(folder: Path) -> None:
    assert fmt([folder / "junk.sieve", folder / "good.sieve"]).code == UNUSABLE


def test_text_comes_back() -> None:
    assert fmt_text(UGLY.encode()).text + "\n" == FAIR


def test_text_that_is_not_utf8_is_told_where() -> None:
    assert fmt_text(b"keep; \xff").text.startswith("-:1:7: the script is not UTF-8 from here on")
