"""What a script may use (SPEC 2.9): steps by what functions look at, lengths of texts and arrays, depths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sieve import TRUSTED_LIMITS
from sieve.errors import Finding, LimitExceeded

Run = Callable[..., Any]
Faults = Callable[..., list[Finding]]
LARGE = b"Subject: x\r\n\r\n" + b"word \r\n" * 100_000


def test_a_function_is_paid_for_by_the_size_of_what_it_looks_at(run: Run) -> None:
    small = run('let "a" "count_spaces(header.subject)";', octets=LARGE).run.instructions
    large = run('let "a" "count_spaces(body.text)";', octets=LARGE).run.instructions
    assert large - small == 700_000 // 256


def test_looking_at_something_large_again_and_again_uses_up_the_budget(run: Run) -> None:
    limits = replace(TRUSTED_LIMITS, instructions=10_000)
    ran = run('let "i" "0"; while "1" { let "i" "i + count_spaces(body.text)"; }', octets=LARGE, limits=limits)
    assert isinstance(ran.error, LimitExceeded)


def test_a_text_has_a_length(run: Run) -> None:
    limits = replace(TRUSTED_LIMITS, variable_octets=1000)
    ran = run('let "a" "\'x\'"; while "1" { let "a" "a + a"; }', limits=limits)
    assert str(ran.error) == "test:1:28: a text is too long (more than 1000 characters)"


def test_an_array_has_a_length(run: Run) -> None:
    limits = replace(TRUSTED_LIMITS, array_items=1000)
    ran = run('let "a" "[1]"; while "1" { let "a" "a + a"; }', limits=limits)
    assert "an array is too long (more than 1000 items)" in str(ran.error)
    ran = run('let "a" "split(body.text, \' \')";', octets=LARGE, limits=limits)
    assert "an array is too long (more than 1000 items)" in str(ran.error)


def test_arrays_nest_only_so_deep(run: Run) -> None:
    ran = run('let "a" "[1]"; while "1" { let "a" "[a]"; }')
    assert "arrays are nested too deeply (more than 16)" in str(ran.error)


def test_an_expression_nests_only_so_deep(faults: Faults) -> None:
    def script(depth: int) -> str:
        return f'let "a" "{"(1 + " * depth}1{")" * depth}";'

    assert faults(script(99)) == []
    assert faults(script(100))[0].message == "the expression is nested too deeply (more than 100)"
    assert faults(script(20_000))[0].message in (
        "the expression is nested too deeply (more than 100)",
        "the expression is too long (more than 65536 characters)",
    )


@pytest.mark.parametrize("text", ["!" * 20_000 + "1", "[" * 20_000, "-" * 20_000, "1" + "+1" * 20_000, "f(" * 20_000])
def test_no_expression_overflows_a_stack(faults: Faults, text: str) -> None:
    assert faults(f'let "a" "{text}";')[0].code == "expression"


def test_the_cost_of_comparing_long_texts_is_that_of_the_work(run: Run) -> None:
    ran = run('let "a" "levenshtein_distance(body.text, body.text)";', octets=LARGE)
    assert isinstance(ran.error, LimitExceeded)
