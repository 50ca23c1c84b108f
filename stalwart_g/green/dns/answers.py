"""What a question to the DNS can come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "nxdomain", "nodata", "servfail", "timeout"]
MxStatus = Literal["ok", "null", "unusable", "nxdomain", "servfail", "timeout"]

_TEMPORARY = ("servfail", "timeout")


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one type of one name.

    Records are text: addresses as they are written, names in lower case without the last dot, TXT with its strings
    joined (undecodable octets replaced), MX as ``10 mx.example.org``, everything else in presentation form (RFC 1035).

    Args:
        status: ``nodata``: the name exists, but no such record. ``servfail``: no server gave a usable answer.
        ttl: seconds that the answer may be kept, counted from when it came in.
        secure: a validating resolver that we trust vouches for it (the AD bit, RFC 4035).
        canonical: the name at the end of the CNAME chain.
    """

    status: Status
    records: tuple[str, ...] = ()
    ttl: int = 0
    secure: bool = False
    canonical: str = ""

    @property
    def temporary(self) -> bool:
        """Another time the answer may be a different one."""
        return self.status in _TEMPORARY


@dataclass(frozen=True, slots=True, order=True)
class MxHost:
    preference: int
    name: str


@dataclass(frozen=True, slots=True)
class Mx:
    """Where mail for a domain goes (RFC 5321 section 5.1).

    Args:
        status: ``null``: the domain takes no mail (RFC 7505). ``unusable``: only addresses where names belong.
        hosts: best preference first, equal ones shuffled.
        implicit: there is no MX record, the domain itself is the host.
    """

    status: MxStatus
    hosts: tuple[MxHost, ...] = ()
    implicit: bool = False
    secure: bool = False
    ttl: int = 0

    @property
    def temporary(self) -> bool:
        return self.status in _TEMPORARY
