from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sieve.message import parse
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim import keys, signature
from stalwart_g.mailauth.dkim.verifying import Limits
from stalwart_g.mailauth.dns import Known, Zone

NAME = keys.record_name("ed", "example.org")


class Counting:
    """A DNS that counts how often it is asked, and remembers what."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.calls: list[list[Any]] = []

    def query_all(self, questions: Any, /) -> list[Known]:
        self.calls.append(list(questions))
        return self._zone.query_all(questions)


def only(verdict: Any) -> tuple[str, str]:
    (outcome,) = verdict.outcomes
    return outcome.result, outcome.reason


def test_a_message_without_signature_has_none(ring: Any) -> None:
    assert (ring.verdict(ring.mail).result, ring.verdict(ring.mail).outcomes) == ("none", ())


@pytest.mark.parametrize("selector", ["rsa", "ed"])
@pytest.mark.parametrize("header_form", ["simple", "relaxed"])
@pytest.mark.parametrize("body_form", ["simple", "relaxed"])
def test_what_was_signed_passes(ring: Any, selector: str, header_form: str, body_form: str) -> None:
    octets = ring.signed(selector=selector, header_form=header_form, body_form=body_form)
    assert only(ring.verdict(octets)) == ("pass", "")


def test_what_a_signature_says_is_told(ring: Any) -> None:
    (outcome,) = ring.verdict(ring.signed(selector="rsa", identity="ann@example.org")).outcomes
    assert (outcome.domain, outcome.selector, outcome.identity) == ("example.org", "rsa", "ann@example.org")
    assert (outcome.algorithm, outcome.key_bits, len(outcome.signature)) == ("rsa-sha256", 2048, 8)


@pytest.mark.parametrize(("name", "count"), [("rfc6376.eml", 1), ("rfc8463.eml", 2)])
def test_the_messages_of_the_rfcs_pass(ring: Any, vectors: Path, name: str, count: int) -> None:
    rows = [line.split("\t") for line in (vectors / "keys.tsv").read_text().splitlines()]
    zone = Zone({(name, "TXT"): [record] for name, record in rows})
    verdict = ring.verdict((vectors / name).read_bytes(), zone=zone)
    assert [outcome.result for outcome in verdict.outcomes] == ["pass"] * count


def test_bare_line_feeds_are_read_as_line_ends(ring: Any) -> None:
    assert ring.verdict(ring.signed().replace(b"\r\n", b"\n")).result == "pass"


def test_another_body_fails(ring: Any) -> None:
    assert only(ring.verdict(ring.signed().replace(b"second", b"third"))) == ("fail", "body does not fit")


def test_another_field_fails(ring: Any) -> None:
    assert only(ring.verdict(ring.signed().replace(b"plan", b"plot"))) == ("fail", "signature does not fit")


def test_an_added_field_that_is_guarded_fails(ring: Any) -> None:
    assert only(ring.verdict(b"From: eve@example.org\r\n" + ring.signed()))[0] == "fail"


def test_an_added_field_that_is_not_signed_does_not_matter(ring: Any) -> None:
    assert ring.verdict(b"X-Other: 1\r\n" + ring.signed()).result == "pass"


def test_relaxed_forms_survive_what_relays_do(ring: Any) -> None:
    octets = (
        ring.signed()
        .replace(b"Subject: The  plan\r\n of", b"SUBJECT:   The plan \r\n\t  of")
        .replace(b"line  \r", b"line\r")
    )
    assert ring.verdict(octets + b"\r\n\r\n").result == "pass"


def test_simple_forms_do_not(ring: Any) -> None:
    octets = ring.signed(header_form="simple").replace(b"Subject:", b"subject:")
    assert only(ring.verdict(octets))[0] == "fail"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_of_what_is_covered_fails(ring: Any, data: st.DataObject) -> None:
    octets = bytearray(ring.signed(header_form="simple", body_form="simple", headers=["To", "Date", "Message-ID"]))
    start = octets.index(b"From: Ann")
    place = data.draw(st.integers(start, len(octets.rstrip(b"\r\n")) - 1))
    octets[place] ^= 1 << data.draw(st.integers(0, 7))
    assert ring.verdict(bytes(octets)).result != "pass"


@settings(max_examples=100)
@given(data=st.data())
def test_any_flipped_bit_of_the_signature_does_not_pass(ring: Any, data: st.DataObject) -> None:
    signed = ring.signed(header_form="simple")
    octets = bytearray(signed)
    place = data.draw(st.integers(signed.index(b" v=1"), signed.index(b"Received:") - 3))
    octets[place] ^= 1 << data.draw(st.integers(0, 7))
    assert ring.verdict(bytes(octets)).result != "pass" or covered(bytes(octets)) == covered(signed)


def covered(octets: bytes) -> object:
    """What the signature is over, and its value: not how that is folded, or unused bits of base64."""
    field = Content.of(parse(octets)).fields[0]
    return signature.without_value(field), signature.parse(field).value


def test_an_expired_signature_fails(ring: Any) -> None:
    octets = ring.signed(expire_seconds=60)
    assert ring.verdict(octets, ring.now + 60).result == "pass"
    assert only(ring.verdict(octets, ring.now + 61)) == ("fail", "expired")


def test_a_signature_of_the_future_is_not_believed(ring: Any) -> None:
    assert ring.verdict(ring.signed(), ring.now - 300).result == "pass"
    assert only(ring.verdict(ring.signed(), ring.now - 301)) == ("neutral", "made in the future")


def test_an_appended_body_passes_in_part_and_does_not_count(ring: Any) -> None:
    verdict = ring.verdict(ring.signed(body_length=True) + b"buy this\r\n")
    assert [(each.result, each.partial, each.counts) for each in verdict.outcomes] == [("pass", True, False)]
    assert verdict.domains == ()


def test_a_length_that_covers_the_whole_body_counts(ring: Any) -> None:
    verdict = ring.verdict(ring.signed(body_length=True))
    assert (verdict.outcomes[0].partial, verdict.domains) == (False, ("example.org",))


def test_a_body_shorter_than_the_length_fails(ring: Any) -> None:
    octets = ring.signed(body_length=True).replace(b" second line\r\n", b"")
    assert only(ring.verdict(octets)) == ("fail", "body is shorter than tag l says")


def test_signatures_cannot_have_the_body_hashed_in_ever_more_ways(ring: Any) -> None:
    mails = [b"From: ann@example.org\r\n\r\n" + b"line\r\n" * lines for lines in range(8)]
    fields = [ring.signed(each, body_length=True).removesuffix(each) for each in mails]
    results = [outcome.result for outcome in ring.verdict(b"".join(fields) + mails[-1]).outcomes]
    assert results == ["pass"] * 6 + ["policy"] * 2


def test_a_revoked_key_is_a_permanent_error(ring: Any) -> None:
    assert only(ring.verdict_of_record("v=DKIM1; k=ed25519; p=")) == ("permerror", "key was revoked")


def test_a_missing_key_is_a_permanent_error(ring: Any) -> None:
    assert only(ring.verdict(ring.signed(), zone=Zone({}))) == ("permerror", "no key for the signature")


def test_a_dns_that_does_not_answer_is_a_temporary_error(ring: Any) -> None:
    verdict = ring.verdict(ring.signed(), zone=Zone({}, failing=[NAME]))
    assert only(verdict) == ("temperror", "no answer about the key")


def test_a_key_of_another_kind_is_a_permanent_error(ring: Any) -> None:
    assert only(ring.verdict_of_record(keys.record_text(ring.keys["rsa"])))[0] == "permerror"


def test_a_key_for_other_hashes_is_a_permanent_error(ring: Any) -> None:
    record = keys.record_text(ring.keys["ed"]).replace("k=", "h=sha1; k=", 1)
    assert only(ring.verdict_of_record(record)) == ("permerror", "key is not for this hash")


def test_a_key_in_testing_is_told(ring: Any) -> None:
    (outcome,) = ring.verdict_of_record(keys.record_text(ring.keys["ed"], testing=True)).outcomes
    assert (outcome.result, outcome.testing) == ("pass", True)


def test_a_strict_key_forbids_identities_in_subdomains(ring: Any) -> None:
    record = keys.record_text(ring.keys["ed"]).replace("k=", "t=s; k=", 1)
    assert ring.verdict_of_record(record, identity="@example.org").result == "pass"
    assert only(ring.verdict_of_record(record, identity="@sub.example.org"))[0] == "permerror"


def test_a_signature_that_cannot_be_used_tells_what_it_claims(ring: Any) -> None:
    octets = ring.signed().replace(b"a=ed25519-sha256", b"a=rsa-sha1")
    (outcome,) = ring.verdict(octets).outcomes
    assert (outcome.result, outcome.domain, outcome.algorithm) == ("permerror", "example.org", "rsa-sha1")


def test_claims_of_a_malformed_signature_are_clean(ring: Any) -> None:
    octets = b"DKIM-Signature: v=1; a=x\xc3\xa4; d=a b\\; s=?\r\n" + ring.mail
    (outcome,) = ring.verdict(octets).outcomes
    assert (outcome.result, outcome.domain, outcome.algorithm) == ("neutral", "", "")


def test_the_best_result_is_the_result(ring: Any) -> None:
    octets = b"DKIM-Signature: v=1\r\n" + ring.signed()
    assert [each.result for each in ring.verdict(octets).outcomes] == ["neutral", "pass"]
    assert ring.verdict(octets).result == "pass"


def test_no_more_signatures_than_allowed_are_looked_at(ring: Any) -> None:
    octets = b"DKIM-Signature: v=1\r\n" * 3 + ring.signed()
    verdict = ring.verdict(octets, limits=Limits(signatures=2))
    assert (len(verdict.outcomes), verdict.ignored, verdict.result) == (2, 2, "neutral")


def test_all_keys_are_asked_for_at_once_and_each_once(ring: Any) -> None:
    octets = ring.signed(ring.signed(ring.signed(), selector="rsa"))
    dns = Counting(ring.zone)
    assert ring.verdict(octets, zone=dns).result == "pass"
    assert [len(call) for call in dns.calls] == [2]


def test_nobody_is_asked_about_signatures_that_cannot_be_used(ring: Any) -> None:
    dns = Counting(ring.zone)
    ring.verdict(b"DKIM-Signature: v=1\r\n" + ring.mail, zone=dns)
    assert dns.calls == []


def test_a_signature_may_cover_another_signature(ring: Any) -> None:
    octets = ring.signed(ring.signed(), selector="rsa", headers=["DKIM-Signature"])
    assert [each.result for each in ring.verdict(octets).outcomes] == ["pass", "pass"]
    assert ring.verdict(octets.replace(b"s=ed", b"s=Ed")).outcomes[0].result == "fail"


@given(st.binary(max_size=400))
def test_any_message_has_a_verdict(ring: Any, octets: bytes) -> None:
    assert ring.verdict(octets).result
    assert ring.verdict(b"DKIM-Signature: " + octets).result


@given(st.text(max_size=200))
def test_any_record_gives_a_result(ring: Any, record: str) -> None:
    assert ring.verdict_of_record(record).result in ("permerror", "fail", "policy", "neutral")
