"""Properties of i;unicode-casemap (RFC 5051)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.extensions.comparators import fold, unicode_casemap
from sieve.matching import Glob

(COMPARATOR,) = unicode_casemap.comparators
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@given(text=TEXT)
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(text=TEXT)
def test_both_normal_forms_are_equal(text):
    assert fold(unicodedata.normalize("NFC", text)) == fold(
        unicodedata.normalize("NFC", unicodedata.normalize("NFD", text))
    )


@pytest.mark.parametrize(("one", "other"), [("straße", "STRAßE"), ("ǆ", "Ǆ"), ("ﬃ", "FFI"), ("Å", "Å"), ("Ⅷ", "viii")])
def test_these_are_equal(one, other):
    assert fold(one) == fold(other)


@given(text=TEXT)
def test_a_text_without_wildcards_matches_itself(text):
    quoted = "".join(f"\\{character}" if character in "*?\\" else character for character in text)
    assert Glob(quoted, COMPARATOR).matches(text)


@given(text=TEXT)
def test_a_star_is_the_whole_text(text):
    assert Glob("*", COMPARATOR).captures(text)[1] == unicodedata.normalize("NFC", text)


@given(before=TEXT, after=TEXT)
def test_what_stands_around_a_word_is_captured_as_it_was_written(before, after):
    text = f"{before}\N{BULLET}{after}"
    captured = Glob("*\N{BULLET}*", COMPARATOR).captures(text)
    assert "\N{BULLET}".join(captured[1:]) == unicodedata.normalize("NFC", text)
