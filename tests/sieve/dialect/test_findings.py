"""Faults of scripts: where they are, to the column, and what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sieve import TRUSTED, USER
from sieve.errors import Finding

Faults = Callable[..., list[Finding]]


def _cases() -> Iterator[object]:
    table = Path(__file__).with_name("errors.tsv")
    for number, line in enumerate(table.read_text(encoding="utf-8").splitlines(), 1):
        if line and not line.startswith("# "):
            script, place, words = line.split("\t")
            yield pytest.param(script.replace("\\n", "\n"), place, words, id=f"errors:{number}")


@pytest.mark.parametrize(("script", "place", "words"), list(_cases()))
def test_a_fault_is_found_at_its_place(faults: Faults, script: str, place: str, words: str) -> None:
    (finding,) = faults(script)
    assert "{}:{}".format(*finding.position) == place
    assert words in finding.message


def test_a_caret_stands_under_the_fault_in_an_expression(faults: Faults) -> None:
    (finding,) = faults('keep;\n  let "a" "1 + nothing";')
    assert finding.shown().splitlines()[1:] == ['      let "a" "1 + nothing";', "                   ^"]


def test_a_near_name_is_suggested(faults: Faults) -> None:
    assert faults('let "count1" "1"; let "a" "cuont1";')[0].hint == "did you mean 'count1'?"
    assert faults('let "a" "to_lowercas(\'x\')";')[0].hint == "did you mean 'to_lowercase'?"
    assert faults('let "a" "len";')[0].hint == "call it: len(value: value)"


def test_words_that_are_no_more_say_what_to_use(faults: Faults) -> None:
    assert faults("foreveryline {}")[0].hint == "use lines() and while"


def test_every_fault_of_a_script_is_found(faults: Faults) -> None:
    script = 'let "a" "1 +"; if eval "b" { let "c" "d("; } while "e" { let "f" "g"; }'
    assert [finding.position.column for finding in faults(script)] == [13, 25, 41, 53, 67]


def test_a_variable_whose_expression_is_wrong_is_there_all_the_same(faults: Faults) -> None:
    assert len(faults('let "a" "1 +"; let "b" "a";')) == 1


def test_what_is_true_in_other_languages_is_explained(faults: Faults) -> None:
    assert faults('let "a" "1 and 2";')[0].hint == "'and' is written &&"
    assert "without ${}" in faults('let "a" "${b} + 1";')[0].hint


def test_scripts_of_users_know_none_of_it(faults: Faults) -> None:
    assert faults('require "vnd.stalwart.expressions";', USER)[0].message == (
        "unknown Sieve capability 'vnd.stalwart.expressions'"
    )
    assert faults('let "a" "1";', USER)[0].code == "unknown-command"
    assert faults('require "variables"; set "a" "${header.subject}";', USER)[0].code == "namespace"


@pytest.mark.parametrize("name", ["vnd.stalwart.expressions", "vnd.stalwart.while", "vnd.stalwart.execute"])
def test_the_capabilities_may_be_required_anywhere(faults: Faults, name: str) -> None:
    assert faults(f'keep; if true {{ require "{name}"; }}', TRUSTED) == []
