"""Do the address of a client and its name point at each other (RFC 8601 section 3)?"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Literal

from stalwart_g.mailauth.dns import Dns
from stalwart_g.mailauth.domains import is_domain
from stalwart_g.mailauth.results import Result

NAMES_MAX = 10  # of one address; more are not looked at

Outcome = Literal["pass", "fail", "temperror", "permerror"]


@dataclass(frozen=True, slots=True)
class Iprev:
    """``name`` is the first that leads back to the address; empty where none does."""

    outcome: Outcome
    ip: str
    name: str = ""


def check(dns: Dns, ip: str) -> Iprev:
    """Ask for the names of the address, then for the addresses of all those names at the same time.

    Raises:
        ValueError: no address.
    """
    address = ip_address(ip.partition("%")[0])
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    (answer,) = dns.query_all([(address.reverse_pointer, "PTR")])
    names = [name for name in answer.records[:NAMES_MAX] if is_domain(name)]
    if not names:
        return Iprev("temperror" if answer.temporary else "permerror", ip)
    kind = "A" if address.version == 4 else "AAAA"
    answers = dns.query_all([(name, kind) for name in names])
    for name, forward in zip(names, answers, strict=True):
        if any(ip_address(record) == address for record in forward.records):
            return Iprev("pass", ip, name)
    return Iprev("temperror" if any(forward.temporary for forward in answers) else "fail", ip)


def authentication_result(iprev: Iprev) -> Result:
    """The part of an Authentication-Results field."""
    return Result("iprev", iprev.outcome, (("policy", "iprev", iprev.ip),), iprev.name)
