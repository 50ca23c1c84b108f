from __future__ import annotations

from pathlib import Path

from sieve.tools import profile
from sieve.tools.answer import FAILED, OK, UNUSABLE

SCRIPT = 'require "include";\nif exists "subject" {\n  keep;\n}\nelsif true {\n  include "inner";\n}\n'


def test_each_line_has_its_hits_and_its_time(folder: Path) -> None:
    (folder / "p.sieve").write_text(SCRIPT)
    (folder / "bare.eml").write_bytes(b"X: y\n\nz\n")
    answer = profile(folder / "p.sieve", [folder / "mail.eml", folder / "mail.eml", folder / "bare.eml"])
    assert (answer.code, answer.value["messages"]) == (OK, 3)
    hits = {(Path(row["script"]).name, row["line"]): row["hits"] for row in answer.value["lines"]}
    assert hits == {("p.sieve", 2): 3, ("p.sieve", 3): 2, ("p.sieve", 5): 1, ("p.sieve", 6): 1, ("inner.sieve", 2): 1}
    assert all(row["milliseconds"] > 0 for row in answer.value["lines"])
    assert abs(sum(row["percent"] for row in answer.value["lines"]) - 100) < 0.1


def test_the_listing_has_every_line_of_the_script(folder: Path) -> None:
    (folder / "p.sieve").write_text(SCRIPT)
    lines = profile(folder / "p.sieve", folder / "mail.eml").text.splitlines()
    assert lines[1].split() == ["1", "require", '"include";']
    assert lines[2].split()[0] == "1"
    assert lines[2].endswith('2  if exists "subject" {')
    assert lines[-1].startswith("1 messages, ")


def test_a_script_that_fails_is_told(folder: Path) -> None:
    answer = profile(folder / "fails.sieve", folder / "mail.eml")
    assert (answer.code, answer.value["errors"]) == (FAILED, 1)
    assert "1 messages, 1 of them failed" in answer.text


def test_what_cannot_be_used_is_told(folder: Path) -> None:
    assert profile(folder / "none", folder / "mail.eml").code == UNUSABLE
    assert profile(folder / "bad.sieve", folder / "mail.eml").code == FAILED
