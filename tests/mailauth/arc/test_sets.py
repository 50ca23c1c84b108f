from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import parse
from stalwart_g.mailauth.arc.sets import ChainBroken, collect, count
from stalwart_g.mailauth.content import Content

NAMES = st.sampled_from([b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])


def fault(octets: bytes) -> str:
    with pytest.raises(ChainBroken) as caught:
        collect(Content.of(parse(octets)))
    return str(caught.value)


def test_sets_are_told_from_the_oldest_on(hops: Any) -> None:
    content = Content.of(parse(hops.way()))
    assert [each.seal.domain for each in collect(content)] == list(hops.names)
    assert [each.seal.chain for each in collect(content)] == ["none", "pass", "pass"]


def test_the_order_of_fields_does_not_matter(hops: Any) -> None:
    fields = parse(hops.way()).fields
    octets = b"".join(field.octets for field in reversed(fields)) + b"\r\n"
    assert [each.seal.domain for each in collect(Content.of(parse(octets)))] == list(hops.names)


@pytest.mark.parametrize("name", [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])
def test_a_set_without_one_of_its_fields_is_not_complete(hops: Any, name: bytes) -> None:
    assert fault(hops.way().replace(name, b"X-Gone", 1)) == "a set is not complete"


def test_an_instance_must_not_be_missing(hops: Any) -> None:
    octets = hops.way("one.example").replace(b" i=1;", b" i=2;")
    assert fault(octets) == "a set is not complete"


def test_an_instance_must_not_be_there_twice(hops: Any) -> None:
    octets = hops.way("one.example")
    assert fault(parse(octets).fields[0].octets + octets) == "an instance twice"


def test_each_field_has_an_instance(hops: Any) -> None:
    assert fault(hops.way("one.example").replace(b" i=1;", b" i=one;", 1)) == "a field without instance"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"cv=none", b"h=from; cv=none", "a seal that names fields"),
        (b"h=From:", b"h=ARC-Seal:From:", "a message signature covers a seal"),
        (b"a=rsa-sha256", b"a=rsa-sha1", "rsa-sha1 is no longer allowed"),
        (b"cv=none;", b"", "tag cv missing"),
        (b"s=arc", b"s=", "tag s missing"),
    ],
)
def test_a_field_that_cannot_be_used_breaks_the_chain(hops: Any, before: bytes, after: bytes, words: str) -> None:
    assert fault(hops.way("one.example").replace(before, after)) == words


def test_more_than_50_sets_are_too_many() -> None:
    fields = [b"%s: i=%d; a=b\r\n" % (name, number) for number in range(1, 52) for name in (
        b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results",
    )]  # fmt: skip
    octets = b"".join(fields) + b"\r\n"
    assert (count(Content.of(parse(octets))), fault(octets)) == (51, "too many sets")


@given(st.lists(st.tuples(NAMES, st.binary(max_size=40)), max_size=6))
def test_any_fields_are_sets_or_a_broken_chain(fields: list[tuple[bytes, bytes]]) -> None:
    content = Content([b"%s: i=1; %s" % field for field in fields], b"")
    try:
        assert len(collect(content)) in (0, 1)
    except ChainBroken:
        assert count(content)
