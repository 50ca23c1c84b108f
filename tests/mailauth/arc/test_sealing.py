from __future__ import annotations

from typing import Any

import pytest

from sieve.message import parse
from stalwart_g.mailauth import tags
from stalwart_g.mailauth.arc.sealing import CannotSeal, seal
from stalwart_g.mailauth.arc.verifying import Chain
from stalwart_g.mailauth.content import Content


def fields(hops: Any, octets: bytes, chain: Chain) -> list[bytes]:
    return seal(Content.of(parse(octets)), chain, ("two.example;", "none"), hops.signer("two.example"), hops.now)


def test_a_first_set_says_that_there_was_no_chain(hops: Any) -> None:
    one, two, three = fields(hops, hops.mail, Chain())
    assert [each.partition(b":")[0] for each in (one, two, three)] == [
        b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results",
    ]  # fmt: skip
    assert tags.parse(one.decode().partition(":")[2])["cv"] == "none"
    assert three == b"ARC-Authentication-Results: i=1; two.example; none\r\n"


def test_a_further_set_says_that_the_chain_passed(hops: Any) -> None:
    octets = hops.way("one.example")
    found = tags.parse(fields(hops, octets, hops.chain(octets))[0].decode().partition(":")[2])
    assert (found["i"], found["cv"]) == ("2", "pass")


def test_a_message_signature_covers_signatures_of_senders_but_no_sets(hops: Any) -> None:
    octets = b"DKIM-Signature: v=1\r\n" + hops.way("one.example")
    found = tags.parse(fields(hops, octets, hops.chain(octets))[1].decode().partition(":")[2])
    names = [name.lower() for name in tags.listed(found["h"])]
    assert "dkim-signature" in names
    assert not [name for name in names if name.startswith("arc-")]
    assert "v" not in found


@pytest.mark.parametrize("result", ["fail", "temperror"])
def test_a_chain_that_does_not_pass_gets_no_further_set(hops: Any, result: Any) -> None:
    with pytest.raises(CannotSeal, match="does not pass"):
        fields(hops, hops.mail, Chain(result, "why", 1))


def test_a_chain_of_50_sets_is_full(hops: Any) -> None:
    with pytest.raises(CannotSeal, match="50 sets"):
        fields(hops, hops.mail, Chain("pass", "", 50))


def test_sets_that_were_lost_on_the_way_through_us_are_noticed(hops: Any) -> None:
    with pytest.raises(CannotSeal, match="damaged here"):
        fields(hops, hops.mail, Chain("pass", "", 1))
    octets = hops.way("one.example")
    with pytest.raises(CannotSeal, match="damaged here"):
        fields(hops, octets.replace(b"ARC-Seal", b"X-Gone"), hops.chain(octets))


def test_lines_are_folded(hops: Any) -> None:
    assert max(map(len, hops.way().split(b"\r\n"))) <= 78


@pytest.mark.slow
def test_a_chain_of_50_hops_passes(hops: Any) -> None:
    octets = hops.mail
    for _ in range(50):
        octets = hops.sealed(octets, "two.example")
    assert (hops.chain(octets).result, hops.chain(octets).sets) == ("pass", 50)
