"""Which hosts take a domain's mail, in the order in which to try them (RFC 5321 section 5, RFC 7505).

Guards against loops: a host that is ourselves is left out with all that are no better than it, and what the DNS says
about loopback addresses is not believed (``5.4.6``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from stalwart_g.delivery.outcome import Deferred, Failed
from stalwart_g.delivery.route import Route
from stalwart_g.delivery.settings import RemoteSettings
from stalwart_g.green.dns import Answer, Mx, MxHost, Resolver

_RECORD_TYPES = {
    "ipv4-then-ipv6": ("A", "AAAA"),
    "ipv6-then-ipv4": ("AAAA", "A"),
    "ipv4-only": ("A",),
    "ipv6-only": ("AAAA",),
}
_DNS_TEMPORARY = Deferred(code=451, status="4.4.3", text="The DNS gives no answer", stage="dns", error="dns")
_LOOP = Failed(code=554, status="5.4.6", text="The mail would come back to us", stage="dns", error="dns")
_NO_ADDRESS = Failed(code=550, status="5.4.4", text="The domain's mail hosts have no address", stage="dns", error="dns")
_NOT_AUTHENTIC = Failed(
    code=550, status="5.7.10", text="The domain's mail hosts are not authenticated", stage="dns", error="requiretls"
)
_MX_FAILURES = {
    "null": Failed(code=556, status="5.1.10", text="The domain takes no mail", stage="dns", error="dns"),
    "nxdomain": Failed(code=550, status="5.1.2", text="No such domain", stage="dns", error="dns"),
    "unusable": Failed(code=550, status="5.4.4", text="The domain has no usable MX record", stage="dns", error="dns"),
}

Unreachable = Deferred | Failed


@dataclass(frozen=True, slots=True)
class Target:
    """One address to try. ``host`` is its name (for certificates and reports)."""

    host: str
    ip: str
    port: int


class Targets:
    """Iterate to get one target after the other; the DNS is asked only as far as that goes.

    ``failure`` tells what the DNS had against the domain or against some of its hosts; a temporary failure wins.
    """

    def __init__(self, resolver: Resolver, settings: RemoteSettings, route: Route) -> None:
        self._resolver, self._settings, self._route = resolver, settings, route
        self._types = _RECORD_TYPES[route.ip_strategy or settings.ip_strategy]
        self.failure: Unreachable | None = None

    def of_domain(self, domain: str, *, authentic: bool = False) -> Iterator[Target]:
        """The hosts of a recipient's domain, or the address of a domain literal.

        Args:
            authentic: the sender demands that the DNS vouches for the hosts (RFC 8689 section 4.2.1).
        """
        if domain.startswith("["):
            return self._guarded([Target(domain, _literal(domain), self._settings.port)])
        mx = self._resolver.mx(_ascii(domain))
        if mx.status != "ok":
            self._fail(_MX_FAILURES.get(mx.status, _DNS_TEMPORARY))
        elif authentic and not mx.secure:
            self._fail(_NOT_AUTHENTIC)
        else:
            return self._of_hosts(mx)
        return iter(())

    def of_host(self, host: str, port: int) -> Iterator[Target]:
        """A relay's addresses. It was named by the administrator, so loopback is as good as any."""
        if _is_ip(host):
            return iter([Target(host, host, port)])
        answer = self._resolver.addresses(_ascii(host), self._types)
        self._note(answer)
        return iter([Target(host, ip, port) for ip in self._first(answer)])

    def _of_hosts(self, mx: Mx) -> Iterator[Target]:
        hosts = mx.hosts[: self._route.mx_max or self._settings.mx_max]
        for _, equals in groupby(hosts, key=lambda host: host.preference):
            group = list(equals)
            if any(_same_name(host.name, self._settings.hostname) for host in group):
                self._fail(_LOOP)
                return
            targets = list(self._resolved(group))
            if any(target.ip in self._settings.own_ips for target in targets):
                self._fail(_LOOP)
                return
            yield from self._guarded(targets)

    def _resolved(self, hosts: Iterable[MxHost]) -> Iterator[Target]:
        for host in hosts:
            if host.name == self._route.skip_host:
                continue
            answer = self._resolver.addresses(host.name, self._types)
            self._note(answer)
            for ip in self._first(answer):
                yield Target(host.name, ip, self._settings.port)

    def _guarded(self, targets: Sequence[Target]) -> Iterator[Target]:
        for target in targets:
            if self._is_forbidden(target.ip):
                self._fail(_LOOP)
            else:
                yield target

    def _is_forbidden(self, ip: str) -> bool:
        if ip in self._settings.own_ips:
            return True
        if not _is_ip(ip):
            return True
        address = ipaddress.ip_address(ip)
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_unspecified or address.is_multicast or (
            address.is_loopback and not self._settings.allow_loopback
        )  # fmt: skip

    def _first(self, answer: Answer) -> tuple[str, ...]:
        return answer.records[: self._route.hosts_max or self._settings.hosts_max]

    def _note(self, answer: Answer) -> None:
        if answer.status != "ok":
            self._fail(_DNS_TEMPORARY if answer.temporary else _NO_ADDRESS)

    def _fail(self, failure: Unreachable) -> None:
        """Keep the first one, unless a temporary one comes: then another time may be better."""
        if self.failure is None or (isinstance(self.failure, Failed) and isinstance(failure, Deferred)):
            self.failure = failure


def _literal(domain: str) -> str:
    """The address in a domain literal (RFC 5321 section 4.1.3)."""
    text = domain.strip("[]")
    return text[5:] if text.lower().startswith("ipv6:") else text


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _same_name(one: str, other: str) -> bool:
    return one.rstrip(".").lower() == other.rstrip(".").lower()


def _ascii(domain: str) -> str:
    """The A-labels of a domain (RFC 5891); what has none is asked for as it is, and is not found."""
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
