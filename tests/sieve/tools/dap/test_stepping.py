"""When a run stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.errors import Place
from sieve.tools.dap.stepping import Condition, Step, Stepper, condition


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('name == "a b"', Condition("name", "a b", equal=True)),
        ("${Name} != 'x'", Condition("name", "x", equal=False)),
        ("global.i==3", Condition("global.i", "3", equal=True)),
        ('name == ""', Condition("name", "", equal=True)),
    ],
)
def test_a_condition_is_read(text: str, meant: Condition) -> None:
    assert condition(text) == meant


@given(st.text(max_size=20))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        assert condition(text).name
    except ValueError as error:
        assert "a condition is" in str(error)


def visited(stepper: Stepper, places: list[tuple[int, int, int]]) -> list[int]:
    """The lines where it stops, of places with line, column and depth."""
    return [line for line, column, depth in places if stepper.reason(Place("a", line, column), depth, lambda name: "")]


@pytest.mark.parametrize(("step", "lines"), [("go", []), ("into", [2, 7, 8, 2, 3]), ("over", [2, 2, 3]), ("out", [])])
def test_a_step_ends_where_it_should(step: Step, lines: list[int]) -> None:
    stepper = Stepper()
    stepper.begin(step, Place("a", 1, 1), 1)
    assert visited(stepper, [(2, 1, 1), (7, 1, 2), (8, 1, 2), (2, 5, 1), (3, 1, 1)]) == lines


def test_a_step_out_ends_in_the_caller() -> None:
    stepper = Stepper()
    stepper.begin("out", Place("a", 7, 1), 2)
    assert visited(stepper, [(8, 1, 2), (2, 1, 1)]) == [2]


def test_several_tests_in_a_line_are_one_stop() -> None:
    stepper = Stepper({"a": {2: None}})
    assert visited(stepper, [(2, 1, 1), (2, 9, 1), (3, 1, 1), (2, 1, 1)]) == [2, 2]


def test_a_loop_in_one_line_stops_at_each_pass() -> None:
    stepper = Stepper({"a": {2: None}})
    assert visited(stepper, [(2, 1, 1), (2, 9, 1), (2, 1, 1), (2, 9, 1)]) == [2, 2]


def test_pausing_stops_at_the_next_place() -> None:
    stepper = Stepper(pausing=True)
    assert visited(stepper, [(5, 1, 1)]) == [5]
