"""What a check came to, and the fields that tell of it (RFC 7208 sections 2.6 and 9.1, RFC 8601 section 2.7.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stalwart_g.mailauth.results import Result, clean, comment, only_ascii, quoted
from stalwart_g.mailauth.spf.macros import MacroString

Outcome = Literal["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"]
Identity = Literal["mailfrom", "helo"]


@dataclass(frozen=True, slots=True)
class Client:
    """Who sends: its address, and the name that it gave."""

    ip: str
    helo: str


@dataclass(frozen=True, slots=True)
class Spf:
    """The result for one identity.

    Attributes:
        domain: whose record was asked for first.
        sender: the whole identity, ``postmaster@`` before a name alone.
        mechanism: the term that matched, as it was written; ``default`` where none did; empty without a record.
        problem: what is wrong with the record, with ``permerror``; what failed, with ``temperror``.
        explanation: where the domain tells why it fails the mail; see `evaluation.explain`.
        authority: the domain whose record decided.
    """

    outcome: Outcome
    identity: Identity
    client: Client
    domain: str
    sender: str
    mechanism: str = ""
    problem: str = ""
    explanation: MacroString | None = None
    authority: str = ""


_WORDS: Mapping[Outcome, str] = {
    "pass": "{ip} may send for {domain}",
    "fail": "{ip} may not send for {domain}",
    "softfail": "{ip} should not send for {domain}",
    "neutral": "{domain} says nothing about {ip}",
    "none": "{domain} has no SPF record",
    "permerror": "the SPF record of {domain} is broken",
    "temperror": "the SPF record of {domain} is out of reach for now",
}
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")


def received_spf(spf: Spf, receiver: str, *, utf8: bool = False) -> list[str]:
    """The words of a Received-SPF field, to be folded between them (RFC 7208 section 9.1).

    Args:
        utf8: as with `results.words`.
    """
    told = comment(f"{receiver}: {_WORDS[spf.outcome].format(ip=spf.client.ip, domain=spf.domain or 'nobody')}")
    pairs = {
        "receiver": receiver,
        "client-ip": spf.client.ip,
        "envelope-from": spf.sender if spf.identity == "mailfrom" else "",
        "helo": spf.client.helo,
        "identity": spf.identity,
        "mechanism": spf.mechanism,
        "problem": spf.problem,
    }
    known = {key: clean(value) for key, value in pairs.items()}
    values = {key: value if _DOT_ATOM.fullmatch(value) else quoted(value) for key, value in known.items() if value}
    words = [spf.outcome, *told.split(), *(f"{key}={value};" for key, value in values.items())]
    return words if utf8 else only_ascii(words)


def authentication_result(spf: Spf) -> Result:
    """The part of an Authentication-Results field."""
    name = "mailfrom" if spf.identity == "mailfrom" else "helo"
    value = spf.sender if spf.identity == "mailfrom" else spf.client.helo
    return Result("spf", spf.outcome, (("smtp", name, value),) if value else (), spf.problem)
