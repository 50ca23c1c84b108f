"""Properties of ``:regex`` and ``:quoteregex``."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve import compile_text
from sieve.extensions.regex import Pattern
from sieve.extensions.regex import extension as regex_extension
from sieve.extensions.variables import _MODIFIERS
from sieve.matching import CASEMAP

(MATCH,) = regex_extension.match_types
quoteregex = _MODIFIERS["quote"]["quoteregex"]
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@given(text=TEXT)
def test_a_quoted_text_matches_itself_and_nothing_more(text):
    pattern = Pattern(quoteregex(text), exact=True)
    assert pattern.captures(f"<{text}>")[:1] == [text]


@given(text=st.text(max_size=60))
def test_any_text_is_a_pattern_or_a_fault(text):
    try:
        Pattern(text, exact=False).matches("some value\n of a header ß")
    except ValueError as error:
        assert str(error)


@given(value=st.text(max_size=60))
def test_any_value_can_be_matched(value):
    assert Pattern("^(.*)$", exact=True).captures(value) == [value.encode("utf-8", "replace").decode()] * 2


WORDS = st.text("abc", max_size=8)


@given(
    pattern=st.lists(st.sampled_from(["a", "b", "c", ".", "a*", "b+", "(a|b)", "c?", "[ab]"]), max_size=5), value=WORDS
)
def test_it_agrees_with_python_where_both_mean_the_same(pattern, value):
    text = "".join(pattern)
    found, expected = Pattern(text, exact=True).captures(value), re.search(text, value)
    assert found == ([] if expected is None else [expected[0], *(group or "" for group in expected.groups())])


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*a){12}b", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_patterns_that_ruin_others_take_no_time(pattern):
    started = time.process_time()
    assert not Pattern(pattern, exact=True).matches("a" * 20_000)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("pattern", ["a{1001}", "((a{100}){100}){100}", "x" * 5000])
def test_patterns_that_are_too_large_are_faults(pattern):
    with pytest.raises(ValueError, match=r"."):
        Pattern(pattern, exact=True)


def test_the_fault_points_at_the_patterns():
    with pytest.raises(Exception, match=r"1:\d+: invalid regular expression '\(': missing \)"):
        compile_text('require "regex"; if header :regex "subject" "(" { keep; }', "t")


PATTERNS = st.lists(
    st.sampled_from(["a", "^b", "c$", "ab?c", "(a|b)+c", "x{40}", "a{300}", "((ab){20}){20}"]), min_size=1, max_size=4
)


@given(patterns=PATTERNS, value=st.text("abcx", max_size=60))
def test_several_patterns_at_once_match_like_one_after_the_other(patterns, value):
    find = MATCH.prepare(tuple(patterns), CASEMAP, "")
    expected = [text for text in patterns if Pattern(text, exact=False).matches(value)]
    hit = find([value])
    assert (hit.key if hit else None) == (expected[0] if expected else None)


def test_large_patterns_together_still_match():
    large = tuple(f"a{{{number}}}b" for number in range(900, 1000))
    hit = MATCH.prepare(large, CASEMAP, "")(["x" + "a" * 950 + "b"])
    assert hit.key == "a{900}b"


def test_the_first_pattern_that_matches_has_the_captures():
    hit = MATCH.prepare(("(z)", "(b)", "(a)"), CASEMAP, "")(["ab"])
    assert hit.captor.captures(hit.value) == ["b", "b"]
