"""What a traced run shows of expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]


def trace_of(ran: Any) -> list[str]:
    return str(ran.run.trace).splitlines()


def test_the_parts_of_an_expression_are_shown_with_their_values(run: Run) -> None:
    ran = run("let \"l\" \"split('a,b', ',')\"; if eval \"count(l) > 1 && l[0] == 'a'\" { keep; }", traced=True)
    assert trace_of(ran) == [
        "   1  let \"l\" \"split('a,b', ',')\"",
        '   1    set l <- ["a", "b"]',
        '   1  if eval "count(l) > 1 && l[0] == \'a\'" -> yes  l=["a", "b"]  count(l)=2  l[0]="a"',
        "   1    keep",
        "   1      queued #1  keep, implicit keep off",
    ]


def test_what_is_not_looked_at_is_not_shown(run: Run) -> None:
    ran = run('let "a" "0"; let "b" "1"; if eval "a && b" { keep; }', traced=True)
    assert trace_of(ran)[-1] == '   1  if eval "a && b" -> no  a=0'


def test_each_pass_of_a_loop_is_shown(run: Run) -> None:
    ran = run('let "i" "2"; while "i > 0" { let "i" "i - 1"; }', traced=True)
    assert [line for line in trace_of(ran) if "while" in line] == [
        '   1  while "i > 0" -> yes  i=2',
        '   1  while "i > 0" -> yes  i=1',
        '   1  while "i > 0" -> no  i=0',
    ]


def test_programs_get_the_parts_too(run: Run) -> None:
    ran = run('let "i" "1.5"; if eval "i" { }', traced=True)
    steps = ran.run.trace.as_dicts()
    assert steps[1]["value"] == 1.5
    assert steps[2]["terms"] == {"i": 1.5}
