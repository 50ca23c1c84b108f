"""Does the mail come from the domain of its author, and what does that domain want otherwise (RFC 9989)?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stalwart_g.mailauth.dmarc.record import Policy, Record
from stalwart_g.mailauth.dmarc.walk import OrganizationOf, Unreachable, Walks
from stalwart_g.mailauth.dns import Dns
from stalwart_g.mailauth.domains import ascii_domain, is_within, mail_domain
from stalwart_g.mailauth.results import Result

AUTHORS_MAX = 10  # domains in From

Outcome = Literal["none", "pass", "fail", "temperror", "permerror"]
Method = Literal["spf", "dkim"]

_LOWER: dict[Policy, Policy] = {"none": "none", "quarantine": "none", "reject": "quarantine"}
_STRICTNESS: dict[Policy, int] = {"none": 0, "quarantine": 1, "reject": 2}
_GRAVITY: dict[Outcome, int] = {"pass": 0, "none": 1, "permerror": 2, "temperror": 3, "fail": 4}


@dataclass(frozen=True, slots=True)
class Identifier:
    """A domain that a method has looked at: of MAIL FROM with SPF, ``d=`` of each signature with DKIM.

    Attributes:
        outcome: of the method, as in RFC 8601; only ``pass`` authenticates.
    """

    method: Method
    domain: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Dmarc:
    """The result for a message.

    Attributes:
        domain: of the author whose policy counts.
        policy_domain: where the record is.
        published: the policy that the record has for this domain.
        policy: what the domain wants to become of mail that fails, which is less while it is testing.
        aligned: the identifiers that passed and belong to the author's domain.
        problem: why there is no clear result.
    """

    outcome: Outcome
    domain: str = ""
    policy_domain: str = ""
    organization: str = ""
    published: Policy = "none"
    policy: Policy = "none"
    aligned: tuple[Identifier, ...] = ()
    record: Record | None = field(default=None, repr=False)
    problem: str = ""

    @property
    def disposition(self) -> Policy:
        """What the domain wants to become of this message."""
        return self.policy if self.outcome == "fail" else "none"

    def is_aligned(self, method: Method) -> bool:
        return any(identifier.method == method for identifier in self.aligned)


def evaluate(
    dns: Dns,
    authors: Iterable[str],
    identifiers: Sequence[Identifier],
    *,
    organization_of: OrganizationOf | None = None,
) -> Dmarc:
    """Judge a message by what SPF and DKIM came to. With several authors' domains the strictest policy counts.

    Args:
        authors: the domains of all addresses in From.
        organization_of: see `Walks`.
    """
    domains = list(dict.fromkeys(mail_domain(author) or "" for author in authors))
    if not domains:
        return Dmarc("none", problem="no author")
    if len(domains) > AUTHORS_MAX:
        return Dmarc("permerror", problem=f"more than {AUTHORS_MAX} domains in From")
    walks = Walks(dns, organization_of)
    walks.ask(filter(None, domains))
    results = [_evaluate_one(walks, domain, identifiers) for domain in domains]
    return max(results, key=lambda result: (_STRICTNESS[result.disposition], _GRAVITY[result.outcome]))


def authentication_result(dmarc: Dmarc) -> Result:
    """The part of an Authentication-Results field."""
    properties = [("header", "from", dmarc.domain)] if dmarc.domain else []
    if dmarc.record is not None:
        properties.append(("policy", "dmarc", dmarc.published))
    return Result("dmarc", dmarc.outcome, tuple(properties), dmarc.problem)


def _evaluate_one(walks: Walks, domain: str, identifiers: Sequence[Identifier]) -> Dmarc:
    if not domain:
        return Dmarc("permerror", problem="an author without a domain")
    try:
        found = walks.policy(domain)
        if found is None:
            return Dmarc("none", domain)
        return _judge(walks, domain, found, identifiers)
    except Unreachable as error:
        return Dmarc("temperror", domain, problem=str(error))


def _judge(walks: Walks, domain: str, found: tuple[str, Record], identifiers: Sequence[Identifier]) -> Dmarc:
    policy_domain, record = found
    if not record.applies:
        return Dmarc("permerror", domain, policy_domain, record=record, problem=record.problem)
    alignment = _Alignment(walks, domain, record)
    aligned = tuple(each for each in identifiers if each.outcome == "pass" and alignment.of(each))
    open_ones = [each for each in identifiers if each.outcome == "temperror" and not aligned and alignment.of(each)]
    published = record.policy if policy_domain == domain else walks.inherited(record, domain)
    return Dmarc(
        "pass" if aligned else "temperror" if open_ones else "fail",
        domain,
        policy_domain,
        organization=alignment.organization,
        published=published,
        policy=_LOWER[published] if record.testing else published,
        aligned=aligned,
        record=record,
        problem=f"{open_ones[0].method} is not known for now" if open_ones else record.problem,
    )


class _Alignment:
    """Which identifiers belong to the author's domain. What this costs in questions is spent when it is needed."""

    def __init__(self, walks: Walks, domain: str, record: Record) -> None:
        self._walks, self._domain, self._record = walks, domain, record
        self.organization = ""

    def of(self, identifier: Identifier) -> bool:
        """Raises: Unreachable"""
        name = ascii_domain(identifier.domain)
        if name is None or name == self._domain:
            return name is not None
        strict = self._record.strict_dkim if identifier.method == "dkim" else self._record.strict_spf
        if strict or name.rpartition(".")[2] != self._domain.rpartition(".")[2]:
            return False
        self.organization = self.organization or self._walks.organization(self._domain)
        return is_within(name, self.organization) and self._walks.organization(name) == self.organization
