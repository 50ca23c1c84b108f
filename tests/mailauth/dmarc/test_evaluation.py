from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from stalwart_g.mailauth import dmarc
from stalwart_g.mailauth.dmarc.evaluation import Dmarc, Identifier
from stalwart_g.mailauth.dns import Known, Question, Zone

CASES = yaml.safe_load(Path(__file__).with_name("vectors.yml").read_text(encoding="utf-8"))
SUFFIXES = PublicSuffixList()


class Counting:
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.asked: list[Question] = []

    def query_all(self, questions: Sequence[Question], /) -> list[Known]:
        self.asked += questions
        return self._zone.query_all(questions)


def zone_of(case: dict[str, Any]) -> Counting:
    texts = {name: [text] if isinstance(text, str) else text for name, text in case["records"].items()}
    records = {(f"_dmarc.{name}", "TXT"): texts[name] for name in texts}
    hosts = {(name, "A"): ("192.0.2.1",) for name in case.get("hosts", ())}
    return Counting(Zone({**records, **hosts}, [f"_dmarc.{name}" for name in case.get("failing", ())]))


def identifiers_of(case: dict[str, Any]) -> list[Identifier]:
    told = [("spf", case["spf"])] if "spf" in case else []
    told += [("dkim", text) for text in case.get("dkim", ())]
    return [Identifier(method, *text.split()) for method, text in told]  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_vectors_come_out(case: dict[str, Any]) -> None:
    dns = zone_of(case)
    result = dmarc.evaluate(dns, case["from"], identifiers_of(case))
    asked = sum(name.startswith("_dmarc.") for name, _ in dns.asked)
    found = {
        "outcome": result.outcome,
        "policy": result.policy,
        "where": result.policy_domain,
        "published": result.published,
        "asked": asked,
    }
    assert {key: found[key] for key in case["expect"]} == case["expect"], result.problem


def organization_of(domain: str) -> str:
    return SUFFIXES.privatesuffix(domain) or domain


def test_a_list_of_suffixes_takes_the_place_of_the_walk() -> None:
    dns = Counting(Zone({("_dmarc.a.example.org", "TXT"): ("v=DMARC1; p=reject",)}))
    identifiers = [Identifier("spf", "example.org", "pass")]
    result = dmarc.evaluate(dns, ["a.example.org"], identifiers, organization_of=organization_of)
    assert (result.outcome, result.organization, len(dns.asked)) == ("pass", "example.org", 1)


def test_with_a_list_of_suffixes_two_questions_find_the_record() -> None:
    dns = Counting(Zone({("_dmarc.example.co.uk", "TXT"): ("v=DMARC1; p=reject",)}))
    result = dmarc.evaluate(dns, ["a.b.c.example.co.uk"], [], organization_of=organization_of)
    assert (result.policy_domain, len(dns.asked)) == ("example.co.uk", 2)


def test_what_the_domain_wants_counts_when_the_mail_fails() -> None:
    dns = Zone({("_dmarc.example.org", "TXT"): ("v=DMARC1; p=reject",)})
    failed = dmarc.evaluate(dns, ["example.org"], [])
    passed = dmarc.evaluate(dns, ["example.org"], [Identifier("spf", "example.org", "pass")])
    assert (failed.disposition, passed.disposition) == ("reject", "none")
    assert passed.is_aligned("spf") and not passed.is_aligned("dkim")


def test_the_result_names_the_author_and_the_published_policy() -> None:
    dns = Zone({("_dmarc.example.org", "TXT"): ("v=DMARC1; p=reject; t=y",)})
    result = dmarc.authentication_result(dmarc.evaluate(dns, ["example.org"], []))
    assert (result.outcome, result.properties) == (
        "fail",
        (("header", "from", "example.org"), ("policy", "dmarc", "reject")),
    )


def test_without_a_record_the_result_names_the_author_alone() -> None:
    result = dmarc.authentication_result(Dmarc("none", "example.org"))
    assert result.properties == (("header", "from", "example.org"),)


NAMES = st.lists(st.sampled_from(("a", "b", "example", "org")), min_size=1, max_size=12).map(".".join)
TEXTS = st.lists(
    st.sampled_from(("p=reject", "p=none", "p=x", "psd=y", "psd=n", "sp=none", "np=reject", "t=y", "adkim=s"))
).map(lambda tags: "; ".join(["v=DMARC1", *tags]))


@given(
    st.dictionaries(NAMES, TEXTS, max_size=5),
    st.lists(NAMES, max_size=3),
    st.lists(st.builds(Identifier, st.sampled_from(("spf", "dkim")), NAMES, st.sampled_from(("pass", "temperror")))),
)
def test_every_evaluation_ends_within_eight_questions_a_name(
    records: dict[str, str], authors: list[str], identifiers: list[Identifier]
) -> None:
    dns = Counting(Zone({(f"_dmarc.{name}", "TXT"): (text,) for name, text in records.items()}))
    result = dmarc.evaluate(dns, authors, identifiers)
    assert len(dns.asked) == len(set(dns.asked)) <= 8 * (len(authors) + len(identifiers)) + len(authors)
    assert (result.outcome == "pass") == bool(result.aligned)


@given(st.lists(st.text(), max_size=3), st.text(), st.text())
def test_nothing_that_a_mail_says_raises(authors: list[str], domain: str, record: str) -> None:
    class Echo:
        def query_all(self, questions: Sequence[Question], /) -> list[Known]:
            return [Known("ok", (f"v=DMARC1;{record}",)) for _ in questions]

    result = dmarc.evaluate(Echo(), authors, [Identifier("dkim", domain, "pass")])
    assert result.disposition in ("none", "quarantine", "reject")
