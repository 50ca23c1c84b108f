from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth.dmarc.record import Record, parse, report_uris


def read(text: str) -> Record:
    record = parse(text)
    assert record is not None
    return record


def test_every_tag_is_read() -> None:
    record = read(
        "v=DMARC1; p=quarantine; sp=Reject; np=none; adkim=s; aspf=s; psd=n; t=y; fo=d:s; pct=50; "
        "rua=mailto:a@example.org, mailto:b@example.net!10m; ruf=mailto:c@example.org; rf=afrf; ri=3600; x=y"
    )
    assert (record.policy, record.subdomain_policy, record.missing_policy) == ("quarantine", "reject", "none")
    assert (record.strict_dkim, record.strict_spf, record.psd, record.testing) == (True, True, "n", True)
    assert (record.failure_options, record.percent, record.problem) == (("d", "s"), 50, "")
    assert [(uri.address, uri.limit_octets) for uri in record.aggregate_to] == [
        ("a@example.org", None),
        ("b@example.net", 10 << 20),
    ]
    assert [uri.address for uri in record.failures_to] == ["c@example.org"]


def test_what_is_not_said_has_a_default() -> None:
    record = read("v=DMARC1;p=reject")
    assert (record.subdomain_policy, record.missing_policy, record.psd, record.testing) == (None, None, "u", False)
    assert (record.strict_dkim, record.strict_spf, record.failure_options) == (False, False, ("0",))


@pytest.mark.parametrize("text", ["v=DMARC1", "V = DMARC1 ; p=none", "v=DMARC1;;;p=none;"])
def test_the_version_comes_first(text: str) -> None:
    assert parse(text) is not None


@pytest.mark.parametrize(
    "text", ["", "v=dmarc1; p=none", "v=DMARC12; p=none", " v=DMARC1", "p=none; v=DMARC1", "v=spf1"]
)
def test_other_records_are_about_something_else(text: str) -> None:
    assert parse(text) is None


def test_a_record_without_a_policy_says_so() -> None:
    record = read("v=DMARC1; rua=mailto:a@example.org")
    assert (record.policy, record.problem, record.applies) == ("none", "p= is missing", True)


def test_broken_values_of_other_tags_become_the_default() -> None:
    record = read("v=DMARC1; p=reject; adkim=x; t=maybe; psd=q; fo=z; pct=many; rua=nonsense")
    assert record == Record(record.text, policy="reject")


def test_of_two_tags_the_first_counts() -> None:
    assert read("v=DMARC1; p=reject; p=none").policy == "reject"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("mailto:a%2Bb@example.org", ["a+b@example.org"]),
        ("MAILTO:a@Example.ORG", ["a@example.org"]),
        ("mailto:a@bücher.example", []),
        ("https://example.org/report", [""]),
        ("mailto:example.org,mailto:@example.org,mailto:a@localhost,a@example.org,", []),
        ("mailto:a%0d%0ab@example.org,mailto:a%20b@example.org", []),
        ("mailto:a@example.org!1k!2", []),
        ("mailto:a@example.org?subject=x", ["a@example.org"]),
    ],
)
def test_only_proper_uris_are_taken(text: str, addresses: list[str]) -> None:
    assert [uri.address for uri in report_uris(text)] == addresses


@given(st.text())
def test_any_text_is_a_record_or_none(text: str) -> None:
    assert parse(text) is None or read(text).text == text
    assert read(f"v=DMARC1;{text}").policy in ("none", "quarantine", "reject")


@given(st.text())
def test_addresses_of_reports_have_no_line_ends(text: str) -> None:
    for uri in report_uris(f"mailto:{text}@example.org,mailto:%0A{text}"):
        assert uri.address == "" or uri.address.isprintable()
