"""Every test of the RFC 7208 suite, with the result that it prefers where it allows several. None is left out."""

from __future__ import annotations

from typing import Any

from stalwart_g.mailauth import spf

QUESTIONS_MAX = 1 + 10 * (1 + 10) + 1 + 10  # the first record, ten terms with ten names each, the names of the client


def check(case: Any, dns: Any) -> spf.Spf:
    return spf.check_mail_from(dns, spf.Client(case.ip, case.helo), case.mail_from)


def test_the_result_is_the_preferred_one(suite_case: Any) -> None:
    dns = suite_case.dns
    result = check(suite_case, dns)
    assert (result.outcome, len(dns.asked) <= QUESTIONS_MAX) == (suite_case.results[0], True), result.problem


def test_the_explanation_is_the_domains(explained_case: Any) -> None:
    dns = explained_case.dns
    told = spf.explain(dns, check(explained_case, dns), receiver="receiver.example", now=1.0)
    assert (told or "DEFAULT") == explained_case.explanation


def test_a_record_without_a_result_has_a_problem(broken_case: Any) -> None:
    assert check(broken_case, broken_case.dns).problem
