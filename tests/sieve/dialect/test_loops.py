"""``while``, and the jumps in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sieve import TRUSTED_LIMITS, Limits
from sieve.errors import Finding, LimitExceeded

Run = Callable[..., Any]


def test_a_loop_goes_on_while_its_condition_is_true(run: Run) -> None:
    ran = run('let "i" "5"; let "l" "[]"; while "i" { let "i" "i - 1"; let "l" "l + i"; }')
    assert ran.variables["l"] == (4, 3, 2, 1, 0)


def test_a_false_condition_is_looked_at_once(run: Run) -> None:
    assert run('while "0" { discard; }').actions == ["implicit keep"]


def test_continue_goes_on_with_the_next_pass(run: Run) -> None:
    script = 'let "i" "4"; let "l" "[]"; while "i" { let "i" "i - 1"; if eval "i == 2" { continue; } let "l" "l + i"; }'
    assert run(script).variables["l"] == (3, 1, 0)


def test_break_leaves_the_innermost_loop(run: Run) -> None:
    script = """
        let "l" "[]"; let "i" "3";
        while "i" {
          let "i" "i - 1"; let "j" "3";
          while "true" { let "j" "j - 1"; let "l" "l + j"; if eval "j <= i" { break; } }
        }"""
    assert run(script).variables["l"] == (2, 2, 1, 2, 1, 0)


def test_a_condition_may_have_logic_and_functions(run: Run) -> None:
    assert run('let "i" "0"; while "i < 3 && count([i]) == 1" { let "i" "i + 1"; }').variables["i"] == 3


@pytest.mark.parametrize("block", ["", 'let "a" "1";', "continue;", 'if eval "1" { continue; }'])
def test_an_endless_loop_uses_up_the_budget(run: Run, block: str) -> None:
    ran = run(f'while "1" {{ {block} }}', limits=Limits(instructions=5000))
    assert isinstance(ran.error, LimitExceeded)
    assert "limit of 5000 instructions" in str(ran.error)


def test_each_pass_is_paid_for(run: Run) -> None:
    def spent(passes: int) -> int:
        run_ = run(f'let "i" "{passes}"; while "i > 0" {{ let "i" "i - 1"; }}')
        steps: int = run_.run.instructions
        return steps

    assert spent(1000) - spent(500) == 1000  # the condition and the command


def test_time_is_limited_too(run: Run, world: Any) -> None:
    class Slow(world):  # type: ignore[misc]
        def cpu_seconds(self) -> float:
            self.clock += 6.0
            return float(self.clock)

    ran = run('while "1" { }', world=Slow(), limits=TRUSTED_LIMITS)
    assert "time limit" in str(ran.error)


def test_loops_may_stand_in_loops_ten_deep(faults: Callable[..., list[Finding]]) -> None:
    def script(depth: int) -> str:
        return 'while "0" { ' * depth + "}" * depth

    assert faults(script(10)) == []
    assert [finding.code for finding in faults(script(11))] == ["nesting"]
