from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth import tags

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=";:"), min_size=1, max_size=90)


def test_white_space_around_names_and_values_does_not_count() -> None:
    assert tags.parse(" a = 1 ;\r\n\tb= x y\t; ") == {"a": "1", "b": "x y"}


def test_a_value_may_contain_an_equals_sign() -> None:
    assert tags.parse("bh=abc==; b=") == {"bh": "abc==", "b": ""}


def test_names_differ_in_case() -> None:
    assert tags.parse("D=1; d=2") == {"D": "1", "d": "2"}


@pytest.mark.parametrize("text", ["a=1; a=2", "a", "=1", "a=1;;b=2", "1a=x", "a b=c", "a=\x00", "a=\x7f", ";"])
def test_what_is_no_tag_list_is_refused(text: str) -> None:
    with pytest.raises(tags.TagsInvalid):
        tags.parse(text)


@given(st.text())
def test_any_text_gives_tags_or_is_refused(text: str) -> None:
    try:
        found = tags.parse(text)
    except tags.TagsInvalid:
        return
    assert all(name.isascii() and value == value.strip() for name, value in found.items())


@given(st.lists(WORDS, min_size=1, max_size=8), st.lists(WORDS, min_size=1, max_size=40))
def test_what_is_written_is_read_again(values: list[str], names: list[str]) -> None:
    said = [(f"t{number}", value) for number, value in enumerate(values)] + [("h", ":".join(names))]
    value = tags.unsigned("Some-Field", said).partition(":")[2]
    found = tags.parse(value.replace("\r\n", ""))
    assert [(name, tags.without_space(text)) for name, text in found.items()] == [*said, ("b", "")]


def test_lines_have_78_octets_at_most() -> None:
    said = [("d", "a" * 60), ("s", "b" * 60), ("h", ":".join(["Subject", "X-Something"] * 30))]
    lines = (tags.unsigned("DKIM-Signature", said) + tags.folded_base64("A" * 700)).split("\r\n")
    assert max(map(len, lines)) <= 78


def test_words_are_folded_between_them() -> None:
    lines = tags.folded_words("Field", ["word" * 5] * 8).split("\r\n")
    assert [line.split() for line in lines] == [["Field:", *["word" * 5] * 3], ["word" * 5] * 3, ["word" * 5] * 2]
