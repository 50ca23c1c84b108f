"""Checking a chain (RFC 8617 section 5.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stalwart_g.mailauth import results
from stalwart_g.mailauth.arc.sets import ArcSet, ChainBroken, collect, count
from stalwart_g.mailauth.canonical import relaxed_field
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim import records, signature
from stalwart_g.mailauth.dkim.outcome import Unusable
from stalwart_g.mailauth.dkim.verifying import check_content, check_time
from stalwart_g.mailauth.dns import Answer, Dns, Question

ChainResult = Literal["none", "pass", "fail", "temperror"]

_CRLF = b"\r\n"

Answers = Mapping[Question, Answer]


@dataclass(frozen=True, slots=True)
class Chain:
    """What became of the chain.

    Args:
        result: ``temperror`` is ``fail`` to others (RFC 8617 knows no other word), but may pass later.
        reason: why it does not pass, in our words.
        sets: how many there are.
        sealers: the domains that sealed it, the oldest first; nobody vouches for them unless it passes.
        oldest_pass: the message is unchanged since this hop; 0: since before the first.
    """

    result: ChainResult = "none"
    reason: str = ""
    sets: int = 0
    sealers: tuple[str, ...] = ()
    oldest_pass: int = 0


def verify(content: Content, dns: Dns, now_seconds: float) -> Chain:
    """Check the chain of a message. All questions for keys are asked at the same time."""
    amount = count(content)
    if not amount:
        return Chain()
    try:
        sets = collect(content)
    except ChainBroken as error:
        return Chain("fail", str(error), amount)
    sealers = tuple(each.seal.domain for each in sets)
    try:
        _check_claims(sets)
        answers = _ask(sets, dns)
        _check_message(content, sets[-1], answers, now_seconds)
        _check_seals(content, sets, answers)
    except ChainBroken as error:
        return Chain("fail", str(error), amount, sealers)
    except Unusable as error:
        return Chain("temperror" if error.result == "temperror" else "fail", error.reason, amount, sealers)
    return Chain("pass", "", amount, sealers, _oldest_pass(content, sets, answers, now_seconds))


def authentication_result(chain: Chain, remote_ip: str = "") -> results.Result:
    """The part of an Authentication-Results field (RFC 8617 section 10.1)."""
    outcome = "fail" if chain.result == "temperror" else chain.result
    properties: list[results.Property] = []
    if chain.result == "pass":
        properties.append(("header", "oldest-pass", str(chain.oldest_pass)))
    if remote_ip:
        properties.append(("smtp", "remote-ip", remote_ip))
    return results.Result("arc", outcome, tuple(properties), chain.reason)


def _check_claims(sets: Sequence[ArcSet]) -> None:
    if sets[-1].seal.chain == "fail":
        raise ChainBroken("the chain was broken before it came here")
    if sets[0].seal.chain != "none" or any(each.seal.chain != "pass" for each in sets[1:]):
        raise ChainBroken("seals contradict each other")


def _ask(sets: Sequence[ArcSet], dns: Dns) -> Answers:
    wanted = [records.question(each) for one in sets for each in (one.message, one.seal)]
    questions = list(dict.fromkeys(wanted))
    return dict(zip(questions, dns.query_all(questions), strict=True))


def _check_message(content: Content, each: ArcSet, answers: Answers, now_seconds: float) -> None:
    check_time(each.message, now_seconds)
    record = records.record_of(answers[records.question(each.message)])
    check_content(content, each.message_number, each.message, record)


def _check_seals(content: Content, sets: Sequence[ArcSet], answers: Answers) -> None:
    for each, data in zip(sets, _sealed(content, sets), strict=True):
        records.check(each.seal, data, records.record_of(answers[records.question(each.seal)]))


def _sealed(content: Content, sets: Sequence[ArcSet]) -> Iterator[bytes]:
    """What each seal is over: all sets up to it, itself without its value (section 5.1.1)."""
    before = b""
    for each in sets:
        seal = relaxed_field(signature.without_value(content.fields[each.seal_number]))
        yield before + covered(content, each.numbers[:2]) + seal
        before += covered(content, each.numbers)


def covered(content: Content, numbers: Sequence[int]) -> bytes:
    return b"".join(content.relaxed(number) + _CRLF for number in numbers)


def _oldest_pass(content: Content, sets: Sequence[ArcSet], answers: Answers, now_seconds: float) -> int:
    """Going back from the newest: before which hop was the message changed?"""
    for instance in range(len(sets) - 1, 0, -1):
        try:
            _check_message(content, sets[instance - 1], answers, now_seconds)
        except Unusable:
            return instance + 1
    return 0
