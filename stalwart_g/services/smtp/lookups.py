"""Questions that facts ask of the directory and the DNS. Each is asked when a script wants to know, and once."""

from __future__ import annotations

import ipaddress
from functools import cached_property

from stalwart_g.directory.interface import Directory, DirectoryUnavailable, Resolution
from stalwart_g.green.dns import Resolver
from stalwart_g.model.address import Address


class RecipientLookup:
    """What the directory knows of one recipient."""

    def __init__(self, directory: Directory, address: Address) -> None:
        self._directory, self.address = directory, address

    @cached_property
    def is_local(self) -> bool:
        """Raises: DirectoryUnavailable"""
        return self._directory.is_local_domain(self.address.domain)

    @property
    def exists(self) -> str:
        """``yes``, ``no``, ``unknown`` for what is not ours to know, or ``error``."""
        try:
            return ("yes" if self._resolution else "no") if self.is_local else "unknown"
        except DirectoryUnavailable:
            return "error"

    @property
    def kind(self) -> str:
        """``individual``, ``group``, ``list``, ``alias`` or ``catchall``; empty for an unknown address."""
        try:
            return self._resolution.kind if self._resolution else ""
        except DirectoryUnavailable:
            return ""

    @cached_property
    def _resolution(self) -> Resolution | None:
        return self._directory.resolve(self.address)


def is_owned(directory: Directory, address: Address, account: str) -> bool:
    """Does mail to the address reach the account: its own address, an alias, a group of it, a list, a catch-all?

    Raises:
        DirectoryUnavailable
    """
    if not account or not address:
        return False
    resolution = directory.resolve(address)
    return resolution is not None and account in resolution.accounts


def mx_status(resolver: Resolver, domain: str) -> str:
    """``ok``, ``none``, ``null`` or ``error``: can mail be sent back?"""
    if not domain or domain.startswith("["):
        return "ok" if domain else "none"
    mx = resolver.mx(domain)
    if mx.temporary:
        return "error"
    if mx.status == "ok" and mx.implicit:
        return "ok" if resolver.addresses(domain).records else "none"
    return mx.status if mx.status in ("ok", "null") else "none"


def subnet(ip: str) -> str:
    """The network that one customer of a provider usually has: /24, or /64 with IPv6."""
    address = ipaddress.ip_address(ip)
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False))
