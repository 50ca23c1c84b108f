from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.matching import CASEMAP, CONTAINS, IS, MATCHES, NUMERIC, OCTET, Comparator, Glob, Match, MatchType, lower


def naive(pattern: str, text: str) -> list[str] | None:
    """The definition: each wildcard takes as little as lets the rest match."""
    if not pattern:
        return None if text else []
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        for length in range(len(text) + 1):
            found = naive(rest, text[length:])
            if found is not None:
                return [text[:length], *found]
        return None
    if head == "?":
        found = naive(rest, text[1:]) if text else None
        return None if found is None else [text[0], *found]
    if head == "\\" and rest:
        head, rest = rest[0], rest[1:]
    return naive(rest, text[1:]) if text and lower(head) == lower(text[0]) else None


PATTERNS = st.lists(st.sampled_from(["a", "B", "ü", "*", "?", "\\*", "\\?", "\\\\", "ab"]), max_size=7).map("".join)


@given(PATTERNS, st.text("abBü*?\\", max_size=8))
def test_a_glob_matches_and_captures_as_the_definition_says(pattern: str, text: str) -> None:
    glob, expected = Glob(pattern, CASEMAP), naive(pattern, text)
    assert glob.matches(text) == (expected is not None)
    if expected is not None:
        assert glob.captures(text) == [text, *expected]


@given(PATTERNS, st.text("abBü*?\\", max_size=8))
def test_whatever_matches_contains_the_needle(pattern: str, text: str) -> None:
    glob = Glob(pattern, CASEMAP)
    assert glob.needle in lower(text) or not glob.matches(text)


def test_a_question_mark_is_one_octet_under_octet_and_a_capture_is_still_text() -> None:
    glob = Glob("a??b*", OCTET)
    assert glob.matches("aübc")
    assert not glob.matches("aubc")
    assert glob.captures("aübäx")[3] == "äx"


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*a*a*b", "*a?a?a?a?a?b*", "a?" * 50 + "*b"])
def test_no_pattern_takes_more_than_linear_time(pattern: str) -> None:
    assert not Glob(pattern, CASEMAP).matches("a" * 200_000)


def found(match_type: MatchType, comparator: Comparator, keys: tuple[str, ...], *values: str) -> tuple[str, str] | None:
    hit = Match(match_type, comparator).finder(keys)(values)
    return (hit.value, hit.key) if hit else None


def test_casemap_folds_ascii_letters_only() -> None:
    assert found(IS, CASEMAP, ("ABC",), "abc") == ("abc", "ABC")
    assert found(IS, CASEMAP, ("Ü",), "ü") is None


def test_octet_folds_nothing() -> None:
    assert found(IS, OCTET, ("A",), "a") is None


def test_the_empty_key_is_in_every_value_but_not_in_none() -> None:
    assert found(CONTAINS, CASEMAP, ("",), "x") == ("x", "")
    assert found(CONTAINS, CASEMAP, ("",)) is None


def test_values_are_the_outer_loop() -> None:
    assert found(MATCHES, CASEMAP, ("y*", "x*"), "xa", "ya") == ("xa", "x*")


@pytest.mark.parametrize(
    ("left", "right"), [("7", "007"), ("7 apples", "7"), ("x", ""), ("-1", "y"), ("9" * 5000, "9" * 5000)]
)
def test_numbers_that_are_equal(left: str, right: str) -> None:
    assert NUMERIC.fold(left) == NUMERIC.fold(right)


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_numbers_order_as_numbers_and_no_number_is_above_all(left: int, right: int) -> None:
    assert (NUMERIC.fold(str(left)) < NUMERIC.fold(f"0{right}x")) == (left < right)
    assert NUMERIC.fold(str(left)) < NUMERIC.fold("x")
