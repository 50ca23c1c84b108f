"""Signatures that somebody else made for the author's domain, and whether it lets them (RFC 6541)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Literal

from stalwart_g.mailauth import results, tags
from stalwart_g.mailauth.dkim.outcome import Outcome, Verdict
from stalwart_g.mailauth.dns import Answer, Dns, Question

AtpsResult = Literal["none", "pass", "fail", "temperror", "permerror"]

_BEST_FIRST: tuple[AtpsResult, ...] = ("pass", "temperror", "permerror", "fail", "none")
_VERSION = "ATPS1"


@dataclass(frozen=True, slots=True)
class Authorization:
    """What became of the question. ``signer``: who signed for ``author``; empty with ``none``."""

    result: AtpsResult = "none"
    author: str = ""
    signer: str = ""


def check(verdict: Verdict, author: str, dns: Dns) -> Authorization:
    """May those who signed for the author's domain do so? ``author`` is the domain of From, as A-labels in lower case.

    Only signatures that pass are looked at; the questions for them are asked at the same time.
    """
    claims = [outcome for outcome in verdict.outcomes if outcome.counts and outcome.third_party == author]
    questions = [question for question in (_question(claim, author) for claim in claims) if question is not None]
    answers = dict(zip(questions, dns.query_all(questions), strict=True)) if questions else {}
    found = [Authorization(_result(claim, author, answers), author, claim.domain) for claim in claims]
    return min(found, key=lambda each: _BEST_FIRST.index(each.result), default=Authorization())


def authentication_result(authorization: Authorization) -> results.Result:
    """The part of an Authentication-Results field."""
    properties = (("header", "from", authorization.author),) if authorization.author else ()
    return results.Result("dkim-atps", authorization.result, properties)


def label(signer: str, hash_name: str) -> str | None:
    """The signer's domain as part of a name to ask for (section 4.3); None for an unknown hash."""
    if hash_name == "none":
        return signer
    if hash_name not in ("sha1", "sha256"):
        return None
    digest = hashlib.new(hash_name, signer.encode("ascii"), usedforsecurity=False).digest()
    return base64.b32encode(digest).decode().rstrip("=").lower()


def _question(claim: Outcome, author: str) -> Question | None:
    found = label(claim.domain, claim.third_party_hash)
    return None if found is None else (f"{found}._atps.{author}", "TXT")


def _result(claim: Outcome, author: str, answers: dict[Question, Answer]) -> AtpsResult:
    question = _question(claim, author)
    if question is None:
        return "permerror"
    answer = answers[question]
    if answer.temporary:
        return "temperror"
    if not answer.records:
        return "fail"
    return "pass" if any(_permits(record, claim.domain) for record in answer.records) else "permerror"


def _permits(record: str, signer: str) -> bool:
    try:
        found = tags.parse(record)
    except tags.TagsInvalid:
        return False
    return found.get("v") == _VERSION and found.get("d", signer).lower() == signer
