from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.testing.selection import matcher, selected

FILE = 'require "x";\ntest "one" { keep; }\nTest "two {" {\n  if true { stop; } # }\n}\nkeep;\ntest "t\\"hree" { }\n'


def test_what_is_left_keeps_its_place() -> None:
    text, count = selected(FILE, lambda name: name == "two {")
    assert count == 1
    assert text == FILE.replace('test "one" { keep; }', " " * 20).replace('test "t\\"hree" { }', " " * 18)


def test_names_are_as_the_script_means_them() -> None:
    names: list[str] = []
    selected(FILE, lambda name: not names.append(name))
    assert names == ["one", "two {", 't"hree']


@pytest.mark.parametrize("source", ["", "test", 'test "x" {', "}", 'test "x";', '{ test "a" { } }', '"'])
def test_a_broken_file_is_left_as_it_is(source: str) -> None:
    assert selected(source, lambda name: False) == (source, 0)


@given(st.text(alphabet='test"ab{};#\n x', max_size=40))
def test_the_shape_of_the_text_stays(source: str) -> None:
    text, _ = selected(source, lambda name: False)
    assert [len(line) for line in text.split("\n")] == [len(line) for line in source.split("\n")]


@pytest.mark.parametrize(
    ("pattern", "name", "meant"),
    [("fop", "A Fop here", True), ("f?p", "fip", True), ("a*here", "A Fop here", True), ("fop", "flop", False)],
)
def test_a_pattern_may_stand_anywhere_in_any_case(pattern: str, name: str, meant: bool) -> None:
    assert matcher(pattern)(name) is meant
