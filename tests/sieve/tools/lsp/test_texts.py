"""Columns in the units of the editor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.errors import Position
from sieve.tools.lsp.texts import Edit, Point, Span, Text, applied

SIGNS = st.text(st.sampled_from("aé€😀\n\r\t\u2028\x0c;"), max_size=30)


@pytest.mark.parametrize(("encoding", "column"), [("utf-16", 4), ("utf-8", 7), ("utf-32", 3)])
def test_a_character_beyond_the_first_plane_counts_as_the_editor_says(encoding: str, column: int) -> None:
    text = Text('#\né😀"', encoding)
    assert text.point(5) == Point(1, column)
    assert text.offset(Point(1, column)) == 5


def test_a_line_separator_ends_no_line() -> None:
    assert Text("a\u2028b\nc").point(4) == Point(1, 0)


@pytest.mark.parametrize(("point", "offset"), [((0, 99), 1), ((1, 99), 4), ((9, 0), 4), ((-1, 0), 0)])
def test_what_lies_outside_is_at_the_end_of_its_line(point: tuple[int, int], offset: int) -> None:
    assert Text("a\nbc").offset(Point(*point)) == offset


def test_places_of_the_parser_count_line_feeds_only() -> None:
    assert Text("a\rb\nc").of_position(Position(2, 1)) == 4


@given(SIGNS, st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.data())
def test_each_place_has_one_name(source: str, encoding: str, data: st.DataObject) -> None:
    text = Text(source, encoding)
    offset = data.draw(st.integers(0, len(source)))
    within_line_end = source[offset - 1 : offset + 1] == "\r\n" and offset > 0
    assert text.offset(text.point(offset)) == offset - within_line_end


@given(SIGNS, SIGNS, st.data())
def test_an_edit_changes_the_piece_that_it_names(source: str, new: str, data: st.DataObject) -> None:
    text = Text(source)
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(source))] * 2)))
    first, last = text.point(begin), text.point(end)
    begin, end = text.offset(first), text.offset(last)
    assert text.changed(first, last, new).source == source[:begin] + new + source[end:]


def test_several_edits_keep_their_places() -> None:
    assert applied("abc", [Edit(Span(0, 1), "xx"), Edit(Span(2, 3), "")]) == "xxb"
