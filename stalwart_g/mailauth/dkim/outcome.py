"""What the check of a signature comes to (RFC 8601 section 2.7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stalwart_g.mailauth import results
from stalwart_g.model.errors import Violation

Result = Literal["none", "pass", "fail", "policy", "neutral", "temperror", "permerror"]

_BEST_FIRST: tuple[Result, ...] = ("pass", "temperror", "fail", "policy", "permerror", "neutral", "none")


class Unusable(Violation):
    """A signature, or the key to it, counts for nothing. It ends as an ``Outcome`` with this result and reason."""

    def __init__(self, reason: str, result: Result = "neutral") -> None:
        super().__init__(reason)
        self.reason = reason
        self.result: Result = result


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One signature.

    Args:
        reason: why it does not pass, in our words; empty for ``pass``.
        domain, selector, identity, algorithm: what it says (d=, s=, i=, a=); empty where it says nothing usable.
        signature: the first octets of it as text, which tell it from others (header.b).
        testing: the signer tries things out (t=y of the key).
        partial: only the beginning of the body is covered (l=).
        key_bits: the size of an RSA key.
        secure: DNSSEC vouches for the key.
        third_party, third_party_hash: for whom it claims to be made, and how to ask whether that is right (RFC 6541).
        wants_reports: the signer asks to be told of failures (r=y).
    """

    result: Result
    reason: str = ""
    domain: str = ""
    selector: str = ""
    identity: str = ""
    algorithm: str = ""
    signature: str = ""
    testing: bool = False
    partial: bool = False
    key_bits: int = 0
    secure: bool = False
    third_party: str = ""
    third_party_hash: str = ""
    wants_reports: bool = False

    @property
    def counts(self) -> bool:
        """Does its domain answer for the whole message? That is what DMARC asks."""
        return self.result == "pass" and not self.partial


@dataclass(frozen=True, slots=True)
class Verdict:
    """All signatures of a message, from the top down.

    Args:
        ignored: so many more were not looked at.
    """

    outcomes: tuple[Outcome, ...] = ()
    ignored: int = 0

    @property
    def result(self) -> Result:
        """The best of them; ``none`` without signatures."""
        return min((outcome.result for outcome in self.outcomes), key=_BEST_FIRST.index, default="none")

    @property
    def domains(self) -> tuple[str, ...]:
        """Who answers for the whole message."""
        return tuple(dict.fromkeys(outcome.domain for outcome in self.outcomes if outcome.counts))


def authentication_results(verdict: Verdict) -> list[results.Result]:
    """The parts of an Authentication-Results field, one for each signature."""
    return [_part(outcome) for outcome in verdict.outcomes] or [results.Result("dkim", "none")]


def _part(outcome: Outcome) -> results.Result:
    said = {"d": outcome.domain, "i": outcome.identity, "s": outcome.selector, "a": outcome.algorithm}
    said["b"] = outcome.signature
    properties = tuple(("header", name, value) for name, value in said.items() if value)
    return results.Result("dkim", outcome.result, properties, outcome.reason)
