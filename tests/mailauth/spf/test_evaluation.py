from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalwart_g.mailauth import spf
from stalwart_g.mailauth.dns import Known, Question, Zone

CLIENT = spf.Client("192.0.2.7", "mail.client.example")


class Counting:
    """Passes questions on, and keeps them; ``rounds`` are those that were asked at the same time."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.rounds: list[Sequence[Question]] = []

    def query_all(self, questions: Sequence[Question], /) -> list[Known]:
        self.rounds.append(questions)
        return self._zone.query_all(questions)


def check(records: Mapping[Question, Sequence[str]], sender: str = "a@example.org") -> spf.Spf:
    return spf.check_mail_from(Zone(records), CLIENT, sender)


def of(record: str) -> Mapping[Question, Sequence[str]]:
    return {("example.org", "TXT"): (record,)}


def test_the_term_that_matched_is_told() -> None:
    assert check(of("v=spf1 ip4:198.51.100.1 ip4:192.0.2.0/24 -all")).mechanism == "ip4:192.0.2.0/24"


def test_without_a_match_the_result_is_neutral_by_default() -> None:
    result = check(of("v=spf1 ip4:198.51.100.1"))
    assert (result.outcome, result.mechanism) == ("neutral", "default")


def test_the_null_sender_is_postmaster_at_the_name_of_helo() -> None:
    zone = Zone({("mail.client.example", "TXT"): ("v=spf1 ip4:192.0.2.7 -all",)})
    result = spf.check_mail_from(zone, CLIENT, "")
    assert (result.outcome, result.domain, result.sender) == (
        "pass",
        "mail.client.example",
        "postmaster@mail.client.example",
    )


@pytest.mark.parametrize("helo", ["localhost", "[192.0.2.7]", "a..b", "", "x" * 64 + ".example"])
def test_a_helo_that_is_no_domain_has_no_result(helo: str) -> None:
    zone = Counting(Zone({}))
    assert spf.check_helo(zone, spf.Client("192.0.2.7", helo)).outcome == "none"
    assert zone.rounds == []


def test_an_ipv4_address_in_ipv6_counts_as_ipv4() -> None:
    zone = Zone(of("v=spf1 ip4:192.0.2.7 -all"))
    assert spf.check_mail_from(zone, spf.Client("::ffff:192.0.2.7", "h.example"), "a@example.org").outcome == "pass"


def test_an_international_domain_is_asked_for_as_a_labels() -> None:
    assert check({("xn--bcher-kva.example", "TXT"): ("v=spf1 +all",)}, "a@Bücher.example").outcome == "pass"


def test_an_international_local_part_matches_no_term_that_asks_for_it() -> None:
    zone = Counting(Zone(of("v=spf1 exists:%{l}.example.org ?all")))
    assert spf.check_mail_from(zone, CLIENT, "bücher@example.org").outcome == "neutral"
    assert len(zone.rounds) == 1


def test_the_hosts_of_an_mx_are_asked_for_at_the_same_time() -> None:
    hosts = {(f"mx{n}.example.org", "A"): ("192.0.2.7" if n == 5 else "192.0.2.1",) for n in range(9)}
    mx = tuple(f"10 mx{n}.example.org" for n in range(9))
    zone = Counting(Zone({**of("v=spf1 mx -all"), ("example.org", "MX"): mx, **hosts}))
    assert spf.check_mail_from(zone, CLIENT, "a@example.org").outcome == "pass"
    assert [len(questions) for questions in zone.rounds] == [1, 1, 9]


def test_a_name_server_that_is_silent_is_a_temporary_error() -> None:
    zone = Zone(of("v=spf1 a:gone.example.org -all"), ["gone.example.org"])
    result = spf.check_mail_from(zone, CLIENT, "a@example.org")
    assert (result.outcome, result.problem) == (
        "temperror",
        "example.org: no answer for gone.example.org in 'a:gone.example.org'",
    )


def test_the_eleventh_term_that_asks_is_one_too_many() -> None:
    names = [f"n{n}.example.org" for n in range(11)]
    addresses = {(name, "A"): ("198.51.100.1",) for name in names}
    terms = " ".join(f"a:{name}" for name in names)
    ten = check({**of(f"v=spf1 {terms.rpartition(' ')[0]} -all"), **addresses})
    eleven = check({**of(f"v=spf1 {terms} -all"), **addresses})
    assert (ten.outcome, eleven.outcome) == ("fail", "permerror")
    assert eleven.problem == "example.org: more than 10 terms that ask the DNS, at 'a:n10.example.org'"


def test_the_third_name_without_records_is_one_too_many() -> None:
    assert check(of("v=spf1 a:x1.example.org a:x2.example.org -all")).outcome == "fail"
    result = check(of("v=spf1 a:x1.example.org a:x2.example.org a:x3.example.org -all"))
    assert (result.outcome, result.problem) == (
        "permerror",
        "example.org: more than 2 names without records, at 'a:x3.example.org'",
    )


def test_a_broken_record_is_told_with_its_domain_and_term() -> None:
    result = check({**of("v=spf1 include:b.example.org -all"), ("b.example.org", "TXT"): ("v=spf1 a:b ~all",)})
    assert (result.outcome, result.problem) == ("permerror", "b.example.org: no domain name in 'a:b'")


def test_the_explanation_is_fetched_when_somebody_asks() -> None:
    zone = Counting(Zone({**of("v=spf1 -all exp=e.%{d}"), ("e.example.org", "TXT"): ("%{i} is not ours, %{s}",)}))
    result = spf.check_mail_from(zone, CLIENT, "a@example.org")
    assert len(zone.rounds) == 1
    assert spf.explain(zone, result) == "192.0.2.7 is not ours, a@example.org"


def test_an_explanation_that_is_broken_is_none() -> None:
    zone = Zone({**of("v=spf1 -all exp=e.%{d}"), ("e.example.org", "TXT"): ("%{nothing",)})
    assert spf.explain(zone, spf.check_mail_from(zone, CLIENT, "a@example.org")) == ""


def test_a_client_that_is_no_address_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        spf.check_helo(Zone({}), spf.Client("nonsense", "h.example"))


NAMES = ("example.org", "b.example.org", "c.example.org", "%{l}.example.org", "%{p}", "%{d}", "e.%{h2}")
TERMS = st.one_of(
    st.builds(
        "{}{}:{}".format,
        st.sampled_from(("", "-", "~", "?")),
        st.sampled_from(("a", "mx", "ptr", "include", "exists")),
        st.sampled_from(NAMES),
    ),
    st.builds("redirect={}".format, st.sampled_from(NAMES)),
    st.sampled_from(("a", "mx", "ptr", "all", "-all", "ip4:192.0.2.0/28", "ip6:::/0", "exp=b.example.org", "x%")),
)
RECORDS = st.lists(TERMS, max_size=14).map(lambda terms: " ".join(["v=spf1", *terms]))
ANSWERS = {
    ("example.org", "MX"): tuple(f"10 m{n}.example.org" for n in range(10)),
    ("b.example.org", "MX"): tuple(f"10 m{n}.example.org" for n in range(11)),
    ("7.2.0.192.in-addr.arpa", "PTR"): tuple(f"c{n}.example.org" for n in range(30)),
    ("c3.example.org", "A"): ("192.0.2.7",),
    ("b.example.org", "A"): ("198.51.100.1",),
    **{(f"m{n}.example.org", "A"): ("198.51.100.1",) for n in range(11)},
}


@settings(max_examples=300)
@given(st.lists(RECORDS, min_size=3, max_size=3), st.sampled_from(("", "b.example.org", "m3.example.org")))
def test_every_check_ends_within_the_limits(records: list[str], failing: str) -> None:
    texts = {(name, "TXT"): (record,) for name, record in zip(NAMES, records, strict=False)}
    zone = Counting(Zone({**ANSWERS, **texts}, [failing] if failing else []))
    result = spf.check_mail_from(zone, CLIENT, "c@example.org")
    spf.explain(zone, result)
    assert sum(map(len, zone.rounds)) <= 1 + 10 * 11 + 11 + 1
    assert len(zone.rounds) <= 1 + 10 * 2 + 2 + 1


@given(st.text(), st.text(), st.text())
def test_nothing_that_a_client_says_raises(sender: str, helo: str, record: str) -> None:
    class Echo:
        def query_all(self, questions: Sequence[Question], /) -> list[Known]:
            return [Known("ok", (f"v=spf1 {record}",)) if kind == "TXT" else Known("nodata") for _, kind in questions]

    client = spf.Client("2001:db8::1", helo)
    for result in (spf.check_mail_from(Echo(), client, sender), spf.check_helo(Echo(), client)):
        assert spf.explain(Echo(), result).isascii()
        assert spf.received_spf(result, "mx.example.org")
