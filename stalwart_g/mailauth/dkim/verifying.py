"""Checking the signatures of a message (RFC 6376 section 6)."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from stalwart_g.mailauth.canonical import relaxed_field, with_crlf
from stalwart_g.mailauth.content import Content, TooOften
from stalwart_g.mailauth.dkim import records, signature
from stalwart_g.mailauth.dkim.outcome import Outcome, Result, Unusable, Verdict
from stalwart_g.mailauth.dkim.signature import Signature
from stalwart_g.mailauth.dns import Answer, Dns, Question
from stalwart_g.mailauth.domains import ascii_domain

FIELD = "dkim-signature"
_SHOWN_OCTETS = 6  # 8 characters of base64
_SHOWN_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is believed.

    Args:
        signatures: so many are looked at, from the top.
        skew_seconds: so far ahead of ours a signer's clock may be.
    """

    signatures: int = 20
    skew_seconds: int = 300


_DEFAULT = Limits()


class _Attempt(NamedTuple):
    """A field, what it says, and the signature; without one it is decided already."""

    number: int
    outcome: Outcome
    signature: Signature | None = None


def verify(content: Content, dns: Dns, now_seconds: float, limits: Limits = _DEFAULT) -> Verdict:
    """Check all signatures of a message. The questions for their keys are asked at the same time."""
    numbers = content.numbers(FIELD)
    attempts = [_read(content, number, now_seconds, limits) for number in numbers[: limits.signatures]]
    asking = (records.question(attempt.signature) for attempt in attempts if attempt.signature is not None)
    questions = list(dict.fromkeys(asking))
    answers = dict(zip(questions, dns.query_all(questions), strict=True)) if questions else {}
    outcomes = tuple(_outcome(content, attempt, answers) for attempt in attempts)
    return Verdict(outcomes, len(numbers) - len(attempts))


def _read(content: Content, number: int, now_seconds: float, limits: Limits) -> _Attempt:
    octets, said = content.fields[number], None
    try:
        found = signature.parse(octets)
        said = _says(found)
        check_time(found, now_seconds, limits)
    except Unusable as error:
        return _Attempt(number, replace(said or _claims(octets), result=error.result, reason=error.reason))
    return _Attempt(number, said, found)


def _says(found: Signature) -> Outcome:
    return Outcome(
        result="neutral",
        domain=found.domain,
        selector=found.selector,
        identity=found.identity,
        algorithm=found.algorithm,
        signature=binascii.b2a_base64(found.value[:_SHOWN_OCTETS], newline=False).decode(),
        third_party=found.third_party,
        third_party_hash=found.third_party_hash,
        wants_reports=found.wants_reports,
    )


def _claims(octets: bytes) -> Outcome:
    """What a signature that cannot be used says of itself, as far as that can be shown."""
    try:
        found = signature.field_tags(octets)
    except Unusable:
        return Outcome(result="neutral")
    domain, selector = ascii_domain(found.get("d", "")), ascii_domain(found.get("s", ""))
    return Outcome(result="neutral", domain=domain or "", selector=selector or "", algorithm=_word(found.get("a", "")))


def _word(text: str) -> str:
    return text.lower()[:_SHOWN_CHARACTERS] if text.replace("-", "").isalnum() and text.isascii() else ""


def _outcome(content: Content, attempt: _Attempt, answers: Mapping[Question, Answer]) -> Outcome:
    found, said = attempt.signature, attempt.outcome
    if found is None:
        return said
    answer = answers[records.question(found)]
    try:
        record = records.record_of(answer)
    except Unusable as error:
        return replace(said, result=error.result, reason=error.reason, secure=answer.secure)
    result, reason, partial = _decide(content, attempt.number, found, record)
    return replace(
        said,
        result=result,
        reason=reason,
        testing=record.testing,
        partial=partial,
        key_bits=record.bits,
        secure=answer.secure,
    )


def _decide(content: Content, number: int, found: Signature, record: records.KeyRecord) -> tuple[Result, str, bool]:
    try:
        _check_identity(found, record)
        return "pass", "", check_content(content, number, found, record)
    except Unusable as error:
        return error.result, error.reason, False


def _check_identity(found: Signature, record: records.KeyRecord) -> None:
    if record.exact and found.identity.rpartition("@")[2] != found.domain:
        raise Unusable("tag i has another domain than d, which the key forbids", "permerror")


def check_time(found: Signature, now_seconds: float, limits: Limits = _DEFAULT) -> None:
    """
    Raises:
        Unusable: it has expired, or is of the future.
    """
    if found.expires_at is not None and now_seconds > found.expires_at:
        raise Unusable("expired", "fail")
    if found.signed_at is not None and found.signed_at > now_seconds + limits.skew_seconds:
        raise Unusable("made in the future")


def check_content(content: Content, number: int, found: Signature, record: records.KeyRecord) -> bool:
    """Does a signature, which is the field of a number, fit the message? Then: is only a part of the body covered?

    Raises:
        Unusable: it does not.
    """
    records.check(found, signed_data(content, number, found), record)
    try:
        body = content.body_digest(relaxed=found.relaxed_body, length=found.length)
    except TooOften as error:
        raise Unusable(str(error), "policy") from error
    if found.length is not None and body.octets < found.length:
        raise Unusable("body is shorter than tag l says", "fail")
    if body.digest != found.body_hash:
        raise Unusable("body does not fit", "fail")
    return not body.is_whole


def signed_data(content: Content, number: int, found: Signature) -> bytes:
    """What the signature is over: the fields that it names, and itself without its value (section 3.7)."""
    itself = signature.without_value(content.fields[number])
    form = relaxed_field(itself) if found.relaxed_header else with_crlf(itself)
    return content.header(found.headers, relaxed=found.relaxed_header, but=number) + form
