"""A stub resolver that waits cooperatively (RFC 1034, 1035, 2308, 5321 section 5.1, 6891, 7505)."""

from stalwart_g.green.dns.answers import Answer, Mx, MxHost, MxStatus, Status
from stalwart_g.green.dns.resolver import Resolver, system_nameservers

__all__ = ["Answer", "Mx", "MxHost", "MxStatus", "Resolver", "Status", "system_nameservers"]
