from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import parse
from stalwart_g.mailauth import results
from stalwart_g.mailauth.arc.sets import collect
from stalwart_g.mailauth.arc.verifying import Chain, authentication_result
from stalwart_g.mailauth.canonical import relaxed_field
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim import keys
from stalwart_g.mailauth.dkim.signature import without_value
from stalwart_g.mailauth.dns import Known, Zone


class Counting:
    """A DNS that remembers what it is asked."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.calls: list[list[Any]] = []

    def query_all(self, questions: Any, /) -> list[Known]:
        self.calls.append(list(questions))
        return self._zone.query_all(questions)


def test_a_message_without_sets_has_no_chain(hops: Any) -> None:
    assert hops.chain(hops.mail) == Chain()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_chain_of_hops_passes(hops: Any, count: int) -> None:
    chain = hops.chain(hops.way(*hops.names[:count]))
    assert chain == Chain("pass", "", count, hops.names[:count], 0)


def test_a_message_that_was_changed_after_the_last_seal_fails(hops: Any) -> None:
    chain = hops.chain(hops.way().replace(b"another line", b"another word"))
    assert (chain.result, chain.reason) == ("fail", "body does not fit")


def test_a_change_between_seals_passes_and_shows_since_when_it_is_unchanged(hops: Any) -> None:
    octets = hops.way("one.example")
    chain = hops.chain(octets)
    changed = hops.sealed(octets.replace(b"The plan", b"[list] The plan"), "two.example", chain)
    octets = hops.sealed(changed, "three.example")
    assert (hops.chain(octets).result, hops.chain(octets).oldest_pass) == ("pass", 2)


@pytest.mark.parametrize("field", [0, 1, 2, 3, 5, 6, 8])
def test_a_changed_field_of_any_set_fails(hops: Any, field: int) -> None:
    parts = hops.way().split(b"\r\n", 40)
    starts = [number for number, line in enumerate(parts) if line.startswith(b"ARC-")]
    parts[starts[field]] += b" "  # within the value: folded lines follow
    parts[starts[field]] = parts[starts[field]].replace(b";", b"; x=1;", 1)
    assert hops.chain(b"\r\n".join(parts)).result == "fail"


def test_a_removed_newest_set_leaves_the_chain_before_it(hops: Any) -> None:
    octets = hops.way("one.example", "two.example")
    assert hops.chain(octets[octets.index(b"ARC-Seal: i=1") :]).sealers == ("one.example",)


def test_a_chain_that_was_broken_before_stays_broken(hops: Any) -> None:
    chain = hops.chain(hops.way("one.example").replace(b"cv=none", b"cv=fail"))
    assert (chain.result, chain.reason) == ("fail", "the chain was broken before it came here")


@pytest.mark.parametrize(("hop", "before", "after"), [(1, b"cv=none", b"cv=pass"), (2, b"cv=pass", b"cv=none")])
def test_seals_that_contradict_each_other_fail(hops: Any, hop: int, before: bytes, after: bytes) -> None:
    chain = hops.chain(hops.way(*hops.names[:hop]).replace(before, after, 1))
    assert (chain.result, chain.reason) == ("fail", "seals contradict each other")


def test_an_incomplete_chain_fails_and_tells_its_sets(hops: Any) -> None:
    chain = hops.chain(hops.way().replace(b"ARC-Seal: i=2", b"X-Gone: i=2"))
    assert (chain.result, chain.reason, chain.sets) == ("fail", "a set is not complete", 3)


def test_a_dns_that_does_not_answer_is_a_temporary_error(hops: Any) -> None:
    zone = Zone(
        {(name, "TXT"): [text] for name, text in hops.records.items()}, [keys.record_name("arc", "one.example")]
    )
    assert hops.chain(hops.way(), dns=zone).result == "temperror"


def test_a_missing_key_fails(hops: Any) -> None:
    assert hops.chain(hops.way(), dns=Zone({})).result == "fail"


def test_all_keys_are_asked_for_at_once_and_each_once(hops: Any) -> None:
    dns = Counting(hops.zone)
    hops.chain(hops.way(), dns=dns)
    assert [len(call) for call in dns.calls] == [3]


def test_an_expired_message_signature_fails(hops: Any) -> None:
    octets = hops.sealed(hops.mail, "one.example", expire_seconds=60)
    assert [hops.chain(octets, now=hops.now + age).result for age in (60, 61)] == ["pass", "fail"]


@given(st.data())
def test_any_flipped_bit_of_the_newest_set_does_not_pass(hops: Any, data: st.DataObject) -> None:
    signed = hops.sealed(hops.mail, "two.example", header_form="simple", body_form="simple")
    octets = bytearray(signed)
    place = data.draw(st.integers(0, len(hops.sealed(hops.mail, "two.example")) - len(hops.mail) - 3))
    octets[place] ^= 1 << data.draw(st.integers(0, 7))
    assert hops.chain(bytes(octets)).result != "pass" or covered(bytes(octets)) == covered(signed)


def covered(octets: bytes) -> object:
    """What seals are over, and their values: not the case of names, white space, or unused bits of base64."""
    content = Content.of(parse(octets))
    (found,) = collect(content)
    fields = [relaxed_field(without_value(content.fields[number])) for number in found.numbers]
    return fields, found.message.value, found.seal.value


@given(st.binary(max_size=300))
def test_any_message_has_a_result(hops: Any, octets: bytes) -> None:
    assert hops.chain(octets).result in ("none", "fail")


def test_a_chain_is_a_part_of_the_results_field() -> None:
    passed = authentication_result(Chain("pass", "", 2, ("a.example", "b.example"), 1), "192.0.2.1")
    assert " ".join(results.words("mx.example", [passed])) == (
        "mx.example; arc=pass header.oldest-pass=1 smtp.remote-ip=192.0.2.1"
    )


def test_a_temporary_error_is_a_failure_to_others() -> None:
    chain = Chain("temperror", "no answer about the key", 1)
    assert (
        authentication_result(chain).outcome == authentication_result(replace(chain, result="fail")).outcome == "fail"
    )
