from __future__ import annotations

import time

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given, settings
from hypothesis import strategies as st

from stalwart_g.mailauth import canonical

ODD = st.lists(
    st.sampled_from([b"a", b"bc", b" ", b"  ", b"\t", b"\r\n", b"\r\n", b"\r", b"\x0b", b"\x0c", b"\x00", b"\xff"]),
    max_size=60,
).map(b"".join)


def body(octets: bytes, *, relaxed: bool) -> bytes:
    return b"".join(canonical.body_blocks(octets, relaxed=relaxed))


def test_the_example_of_the_rfc_relaxed() -> None:
    assert canonical.relaxed_field(b"A: X") == b"a:X"
    assert canonical.relaxed_field(b"B : Y\t\r\n\tZ  ") == b"b:Y Z"
    assert body(b" C \r\nD \t E\r\n\r\n\r\n", relaxed=True) == b" C\r\nD E\r\n"


def test_the_example_of_the_rfc_simple() -> None:
    assert body(b" C \r\nD \t E\r\n\r\n\r\n", relaxed=False) == b" C \r\nD \t E\r\n"


def test_no_body_is_a_line_end_in_simple_form_and_nothing_in_relaxed_form() -> None:
    assert (body(b"", relaxed=False), body(b"", relaxed=True)) == (b"\r\n", b"")


def test_empty_lines_alone_are_no_body() -> None:
    assert (body(b"\r\n" * 3, relaxed=False), body(b" \r\n\t\r\n", relaxed=True)) == (b"\r\n", b"")


@pytest.mark.parametrize("relaxed", [False, True])
def test_a_missing_last_line_end_is_added(relaxed: bool) -> None:
    assert body(b"a", relaxed=relaxed) == b"a\r\n"


@pytest.mark.parametrize("relaxed", [False, True])
def test_a_line_feed_alone_ends_a_line(relaxed: bool) -> None:
    assert body(b"a\n\nb\n\n", relaxed=relaxed) == b"a\r\n\r\nb\r\n"


def test_a_return_alone_is_part_of_its_line() -> None:
    assert body(b"a\r\r\n\r\r\n", relaxed=False) == b"a\r\r\n\r\r\n"


@given(ODD)
def test_bodies_are_as_dkimpy_makes_them(octets: bytes) -> None:
    octets += b"\r\n"
    assert body(octets, relaxed=True) == Relaxed.canonicalize_body(octets)
    assert body(octets, relaxed=False) == Simple.canonicalize_body(octets)


@given(ODD)
def test_fields_are_as_dkimpy_makes_them(octets: bytes) -> None:
    value = b" \t a%sa \t\r\n" % octets.replace(b"\r\n", b"\r\n ")  # dkimpy strips more than spaces from the ends
    ((name, expected),) = Relaxed.canonicalize_headers([(b"Some-Name", value)])
    assert canonical.relaxed_field(b"Some-Name:" + value[:-2]) + b"\r\n" == name + b":" + expected


@settings(deadline=None, max_examples=20)
@given(ODD, ODD, st.integers(0, 90_000), st.booleans())
def test_bodies_of_many_blocks_are_as_dkimpy_makes_them(one: bytes, two: bytes, repeat: int, relaxed: bool) -> None:
    octets = (one + b"\r\n") * repeat + two + b"\r\n" * (repeat // 7 + 1)
    expected = (Relaxed if relaxed else Simple).canonicalize_body(octets)
    assert body(octets, relaxed=relaxed) == expected


@pytest.mark.parametrize("octets", [b" ", b"\r\n", b" \t", b"\r", b" \r\n", b"a ", b" \r"])
def test_nothing_takes_more_than_linear_time(octets: bytes) -> None:
    large = octets * 1_000_000
    start = time.process_time()
    body(large, relaxed=True)
    canonical.relaxed_field(b"Name:" + large.replace(b"\r\n", b"\r\n "))
    assert time.process_time() - start < 2


@given(ODD)
def test_what_is_canonical_stays_as_it_is(octets: bytes) -> None:
    once = body(octets, relaxed=True)
    assert body(once, relaxed=True) == once
