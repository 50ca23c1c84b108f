"""Who may get reports on a domain: its own people, and others who say that they want them (RFC 9990 section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stalwart_g.mailauth.dmarc.record import ReportUri, parse
from stalwart_g.mailauth.dmarc.walk import OrganizationOf, Unreachable, Walks
from stalwart_g.mailauth.dns import Answer, Dns
from stalwart_g.mailauth.domains import is_domain


@dataclass(frozen=True, slots=True)
class Destinations:
    """The addresses that may be written to, and those for which no name server answered: ask again later."""

    allowed: tuple[ReportUri, ...] = ()
    unknown: tuple[ReportUri, ...] = ()


def destinations(
    dns: Dns,
    policy_domain: str,
    uris: Sequence[ReportUri],
    *,
    failures: bool = False,
    organization_of: OrganizationOf | None = None,
) -> Destinations:
    """Of the URIs of a record at ``policy_domain`` those that may be used. Others than ``mailto`` are left out.

    A domain of another organization must have a record ``<policy domain>._report._dmarc.<its name>``; an address of its
    own in there takes the place of the one that was asked for.

    Args:
        failures: the URIs are for failure reports (``ruf``), not for aggregate ones (``rua``).
    """
    walks = Walks(dns, organization_of)
    inside: list[ReportUri] = []
    outside: list[ReportUri] = []
    unknown: list[ReportUri] = []
    for uri in uris:
        if uri.address:
            try:
                (inside if _is_inside(walks, policy_domain, uri.domain) else outside).append(uri)
            except Unreachable:
                unknown.append(uri)
    for uri, answer in _permits(dns, policy_domain, outside):
        if answer.temporary:
            unknown.append(uri)
        else:
            inside += _permitted(uri, answer, failures=failures)
    return Destinations(tuple(dict.fromkeys(inside)), tuple(unknown))


def _is_inside(walks: Walks, policy_domain: str, domain: str) -> bool:
    return domain == policy_domain or walks.organization(domain) == walks.organization(policy_domain)


def _permits(dns: Dns, policy_domain: str, uris: Sequence[ReportUri]) -> Iterator[tuple[ReportUri, Answer]]:
    """The answers of the domains that are to permit it, asked for at the same time."""
    asked = [(uri, f"{policy_domain}._report._dmarc.{uri.domain}") for uri in uris]
    asked = [(uri, name) for uri, name in asked if is_domain(name)]
    answers = dns.query_all([(name, "TXT") for _, name in asked]) if asked else ()
    return zip((uri for uri, _ in asked), answers, strict=True)


def _permitted(uri: ReportUri, answer: Answer, *, failures: bool) -> Sequence[ReportUri]:
    """The URI, or those of the same domain that its owner has put in its place."""
    records = [record for record in map(parse, answer.records) if record is not None]
    if len(records) != 1:
        return ()
    instead = records[0].failures_to if failures else records[0].aggregate_to
    return [each for each in instead if each.domain == uri.domain] or [uri]
