"""How much one session of a server may ask for (RFC 5321 section 4.5.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Limits:
    """Ceilings of one session. The session may change them while it runs."""

    line_octets: int = 2048  # with CR LF; RFC 5321 demands 512 plus what extensions add
    sasl_octets: int = 12_288  # RFC 4954 section 4
    size_octets: int = 26_214_400
    recipients: int = 100
    messages: int = 10
    errors: int = 20
    idle_commands: int = 100  # NOOP, RSET and VRFY beyond these count as errors
