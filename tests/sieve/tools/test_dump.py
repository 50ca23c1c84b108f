from __future__ import annotations

from pathlib import Path

from sieve.tools import dump
from sieve.tools.answer import FAILED, OK, UNUSABLE


def test_the_code_is_python(folder: Path) -> None:
    answer = dump(folder / "good.sieve")
    assert answer.code == OK
    assert "def script(run):" in answer.text
    compile(answer.text, "dump", "exec")


def test_the_traced_variant_is_another(folder: Path) -> None:
    assert "trace.begin" in dump(folder / "good.sieve", traced=True).text
    assert "trace.begin" not in dump(folder / "good.sieve").text


def test_what_is_no_script_has_no_code(folder: Path) -> None:
    assert dump(folder / "bad.sieve").code == FAILED
    assert dump(folder / "junk.sieve").code == UNUSABLE
