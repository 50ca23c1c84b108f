from __future__ import annotations

from pathlib import Path

import pytest

from sieve.tools import Answer, replay
from sieve.tools.answer import FAILED, OK, UNUSABLE

OLD = 'require ["fileinto", "editheader"];\nif header :contains "subject" "[ops]" {\n  fileinto "Ops"; }\n'


@pytest.fixture
def mails(folder: Path) -> list[Path]:
    (folder / "other.eml").write_bytes(b"Subject: [dev] hello\n\nx\n")
    (folder / "old.sieve").write_text(OLD)
    return [folder / "mail.eml", folder / "other.eml"]


def replayed(folder: Path, mails: list[Path], new: str) -> Answer:
    (folder / "new.sieve").write_text(new)
    return replay((folder / "old.sieve", folder / "new.sieve"), mails)


def test_another_text_that_does_the_same_is_no_difference(folder: Path, mails: list[Path]) -> None:
    answer = replayed(folder, mails, f"# moved down\n\n{OLD}")
    assert (answer.code, answer.text) == (OK, "0 of 2 messages would be treated differently")


def test_each_difference_names_the_line_in_both_scripts(folder: Path, mails: list[Path]) -> None:
    answer = replayed(folder, mails, OLD.replace("[ops]", "[dev]"))
    assert answer.code == FAILED
    assert answer.text.replace(f"{folder}/", "").splitlines() == [
        "mail.eml: [ops] Disk full",
        '  - fileinto "Ops"   (old.sieve:3)',
        "  + implicit keep",
        "other.eml: [dev] hello",
        "  - implicit keep",
        '  + fileinto "Ops"   (new.sieve:3)',
        "2 of 2 messages would be treated differently",
    ]


def test_only_what_differs_is_shown(folder: Path, mails: list[Path]) -> None:
    """A script that does nothing which the other leaves out shows all that it does."""
    lines = replayed(folder, mails, OLD + 'if exists "to" { redirect "a@b.c"; }').text.splitlines()
    assert [line.split()[:2] for line in lines[1:-1]] == [["-", "fileinto"], ["+", "redirect"]]


def test_an_edit_of_the_message_is_a_difference(folder: Path, mails: list[Path]) -> None:
    lines = replayed(folder, mails[1:], OLD + 'addheader "X-New" "yes";').text.splitlines()
    assert lines[1:3] == ["  - another message, because of edits", "  + another message, because of edits"]


def test_a_new_error_is_a_difference(folder: Path, mails: list[Path]) -> None:
    answer = replayed(folder, mails[1:], 'require "variables"; redirect "${a}";')
    assert "  + error: " in answer.text
    assert answer.value["different"][0]["new"]["error"].endswith("redirect: address '' is invalid")


def test_both_run_at_the_same_time(folder: Path, mails: list[Path]) -> None:
    script = 'require ["date", "vnd.cyrus.log", "variables", "fileinto"];\n'
    script += 'if currentdate :matches "std11" "*" { fileinto "${1}"; }'
    (folder / "old.sieve").write_text(script)
    assert replayed(folder, mails, script).code == OK


def test_a_script_that_is_not_there_is_told(folder: Path, mails: list[Path]) -> None:
    assert replay((folder / "old.sieve", folder / "none"), mails).code == UNUSABLE
