from __future__ import annotations

from pathlib import Path

from sieve.tools import check
from sieve.tools.answer import FAILED, OK, UNUSABLE


def test_good_scripts_are_ok(folder: Path) -> None:
    answer = check([folder / "good.sieve", folder / "empty.sieve"])
    assert answer.code == OK
    assert answer.text.splitlines() == [f"{folder}/good.sieve: ok", f"{folder}/empty.sieve: ok"]


def test_each_fault_has_its_place_its_line_a_caret_and_a_hint(folder: Path) -> None:
    answer = check([folder / "bad.sieve"])
    path = folder / "bad.sieve"
    assert answer.code == FAILED
    assert answer.text.splitlines() == [
        f"{path}:2:1: unknown command 'filinto' (did you mean 'fileinto'?) [unknown-command]",
        '    filinto "x";',
        "    ^",
        f"{path}:3:10: unknown tagged argument ':ovr' for the size test here (did you mean ':over'?) [unknown-tag]",
        "    \tif size :ovr 5 { keep; }",
        "    \t        ^",
        "validation failed: 2 error(s) found",
    ]


def test_the_worst_file_makes_the_code_and_all_are_told(folder: Path) -> None:
    answer = check([folder / "none", folder / "bad.sieve", folder / "junk.sieve", folder / "good.sieve"])
    assert answer.code == UNUSABLE
    lines = answer.text.splitlines()
    assert lines[0] == f"{folder}/none: No such file or directory"
    assert lines[-2:] == [
        f"{folder}/junk.sieve: this is no script: there is a NUL octet at offset 6",
        f"{folder}/good.sieve: ok",
    ]


def test_a_script_in_another_charset_is_told_where(folder: Path) -> None:
    assert "latin.sieve:1:9: the script is not UTF-8 from here on" in check([folder / "latin.sieve"]).text


def test_no_control_character_reaches_the_terminal(folder: Path) -> None:
    (folder / "evil.sieve").write_bytes("keep\x1b[2J \x9b;\n".encode())
    text = check([folder / "evil.sieve"]).text
    assert "\ufffd[2J" in text
    assert not any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in text)


def test_a_long_list_of_faults_is_cut(folder: Path) -> None:
    (folder / "many.sieve").write_text("frop;\n" * 500)
    lines = check([folder / "many.sieve"]).text.splitlines()
    assert lines[-2:] == ["... and 400 more", "validation failed: 500 error(s) found"]


def test_programs_get_every_finding(folder: Path) -> None:
    value = check([folder / "bad.sieve", folder / "none"]).value
    assert value["ok"] is False
    assert [(f["line"], f["column"], f["code"]) for f in value["files"][0]["findings"]] == [
        *((2, 1, "unknown-command"), (3, 10, "unknown-tag"))
    ]
    assert value["files"][1]["error"].endswith("No such file or directory")


def test_a_warning_is_told_and_changes_no_code(folder: Path) -> None:
    (folder / "odd.sieve").write_text("if true { keep; }\n")
    answer = check([folder / "odd.sieve"])
    path = folder / "odd.sieve"
    assert answer.code == OK
    assert answer.text.splitlines() == [
        f"{path}:1:4: warning: this test is always true [constant-test]",
        "    if true { keep; }",
        "       ^",
        f"{path}: ok, 1 warning",
    ]


def test_strict_takes_a_warning_for_a_fault(folder: Path) -> None:
    (folder / "odd.sieve").write_text("if true { keep; }\n")
    answer = check([folder / "odd.sieve"], strict=True)
    assert (answer.code, answer.value["ok"], answer.text.splitlines()[-1]) == (
        *(FAILED, False),
        f"{folder}/odd.sieve: 1 warning",
    )


def test_programs_see_what_is_an_error_and_what_a_warning(folder: Path) -> None:
    (folder / "odd.sieve").write_text("if true { keep; }\n")
    files = check([folder / "odd.sieve", folder / "bad.sieve"]).value["files"]
    assert [[finding["severity"] for finding in file["findings"]] for file in files] == [["warning"], ["error"] * 2]
