from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import parse
from stalwart_g.mailauth.content import Content, TooOften

FIELDS = [b"A: 1\r\n", b"B: 2\r\n", b"a:  3\r\n", b"C: 4"]
CONTENT = Content(FIELDS, b"one\r\ntwo\r\n")


def test_fields_of_the_same_name_are_taken_from_below() -> None:
    assert CONTENT.header(["a", "b", "a"], relaxed=True) == b"a:3\r\nb:2\r\na:1\r\n"


def test_names_of_fields_that_are_not_there_stand_for_nothing() -> None:
    assert CONTENT.header(["x", "c", "c", "x"], relaxed=True) == b"c:4\r\n"


def test_the_field_of_the_signature_itself_is_passed_over() -> None:
    assert CONTENT.header(["a", "a"], relaxed=True, but=2) == b"a:1\r\n"


def test_simple_fields_stay_as_they_are() -> None:
    assert CONTENT.header(["a"], relaxed=False) == b"a:  3\r\n"


def test_the_digest_covers_the_whole_body() -> None:
    digest = CONTENT.body_digest(relaxed=False)
    assert digest == (hashlib.sha256(b"one\r\ntwo\r\n").digest(), 10, True)


def test_the_digest_of_a_part_says_that_there_is_more() -> None:
    assert CONTENT.body_digest(relaxed=False, length=4) == (hashlib.sha256(b"one\r").digest(), 4, False)


def test_a_part_as_long_as_the_body_is_the_whole() -> None:
    assert CONTENT.body_digest(relaxed=False, length=10).is_whole


def test_a_body_shorter_than_the_part_is_told_by_its_octets() -> None:
    assert CONTENT.body_digest(relaxed=False, length=99).octets == 10


def test_a_body_is_not_hashed_in_ever_more_ways() -> None:
    content = Content(FIELDS, b"body\r\n")
    with pytest.raises(TooOften):
        [content.body_digest(relaxed=True, length=length) for length in range(7)]
    assert content.body_digest(relaxed=True, length=0).octets == 0


def test_a_message_with_bare_line_feeds_is_read_as_the_wire_would_carry_it() -> None:
    wire = b"A: 1\r\n folded\r\nB: 2\r\n\r\nbody\r\n"
    one, two = (Content.of(parse(octets)) for octets in (wire, wire.replace(b"\r\n", b"\n")))
    assert one.header(["a", "b"], relaxed=False) == two.header(["a", "b"], relaxed=False)
    assert one.body_digest(relaxed=False) == two.body_digest(relaxed=False)


@given(st.binary(max_size=300))
def test_any_octets_have_fields_and_a_body(octets: bytes) -> None:
    content = Content.of(parse(octets))
    assert len(content.body_digest(relaxed=True).digest) == 32
    assert all(content.relaxed(number) for number in range(len(content.fields)))
