"""Mail addresses and IP addresses as texts."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from stalwart_g.spam.functions.extension import extension

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x7f-\U0010ffff-]+"
_ATOMS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_LABELS = re.compile(r"[A-Za-z0-9_\x7f-\U0010ffff-]+(?:\.[A-Za-z0-9_\x7f-\U0010ffff-]+)+")
_ADDRESS_MAXIMUM = 512


@extension.function()
def is_email(text: str) -> bool:
    """Is it ``local@domain`` with a dot in the domain (RFC 5321 section 4.1.2), and nothing else?"""
    if len(text) > _ADDRESS_MAXIMUM:
        return False
    local, _, domain = text.rpartition("@")
    named = _ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)
    return bool(named and _LABELS.fullmatch(domain))


@extension.function(maps=True)
def email_part(text: str, part: str) -> str:
    """``local`` or ``domain``, split at the last @; without one, empty."""
    local, found, domain = text.strip().rpartition("@")
    return {"local": local.strip(), "domain": domain.strip()}.get(part, "") if found else ""


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text) if len(text) < 46 else None
    except ValueError:
        return None


@extension.function()
def is_ip_addr(text: str) -> bool:
    """Is it an IPv4 or IPv6 address?"""
    return _address(text) is not None


@extension.function()
def is_ipv4_addr(text: str) -> bool:
    """Is it an IPv4 address?"""
    return isinstance(_address(text), IPv4Address)


@extension.function()
def is_ipv6_addr(text: str) -> bool:
    """Is it an IPv6 address?"""
    return isinstance(_address(text), IPv6Address)


@extension.function()
def ip_reverse_name(text: str) -> str:
    """The labels under which the DNS knows an address, without the zone: ``4.3.2.1``, or nibbles with dots."""
    address = _address(text)
    return address.reverse_pointer.rpartition(".")[0].rpartition(".")[0] if address else ""
