"""What the couriers and the delivery reports are told by the configuration (SPEC-SMTP sections 5.4 to 5.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

IP_STRATEGIES = ("ipv4-then-ipv6", "ipv6-then-ipv4", "ipv4-only", "ipv6-only")
TLS_LEVELS = ("none", "may", "encrypt", "verify")
"""From the weakest to the strictest: never, if offered, always, always with a valid certificate."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """``queue.outbound.timeouts.*`` in seconds; ``data`` covers the final reply, ``total`` a whole attempt."""

    connect: float = 300.0
    greeting: float = 300.0
    tls: float = 180.0
    ehlo: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 600.0
    quit: float = 10.0
    total: float = 1800.0


@dataclass(frozen=True, slots=True)
class Relay:
    """``remote.<id>.*``: a host that takes our mail, whatever the recipient's domain; ``secret`` is its password."""

    address: str
    port: int = 25
    protocol: str = "smtp"  # or lmtp
    implicit_tls: bool = False
    tls_level: str = "may"
    allow_invalid_certificates: bool = False
    username: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """``queue.outbound.*``. ``hostname`` is our name in EHLO; ``own_ips`` are the addresses that we listen on."""

    hostname: str
    port: int = 25
    ip_strategy: str = "ipv4-then-ipv6"
    source_ipv4: tuple[str, ...] = ()
    source_ipv6: tuple[str, ...] = ()
    mx_max: int = 7
    hosts_max: int = 2
    timeouts: Timeouts = Timeouts()
    named_timeouts: Mapping[str, Timeouts] = field(default_factory=dict)
    relays: Mapping[str, Relay] = field(default_factory=dict)
    own_ips: frozenset[str] = frozenset()
    allow_loopback: bool = False  # take loopback addresses from the DNS for hosts like others; for test networks
    authorities: Path | None = None  # PEM file of trusted roots; None: those of the system


@dataclass(frozen=True, slots=True)
class ExternalList:
    """``delivery.list.<id>.*``: what is in a list that scripts know by this name, a ``tag:`` or ``urn:`` URI."""

    name: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Delivery into mailboxes. ``scripts`` is the folder with ``<account>/active.sieve``.

    Attributes:
        notifications_max: that one script may ask for; 0: none at all.
        protected_headers: fields that scripts may neither add nor delete.
        vacation_seconds: until the next answer to the same sender, where the script does not say.
        vacation_template: the subject of an answer; ``%$`` stands for that of the mail.
        vacation_subject: of an answer to a mail without a subject.
        duplicate_seconds: how long a mail is remembered, where the script does not say.
        lists: external lists (RFC 6134) by the ids that the configuration gives them.
    """

    hostname: str
    scripts: Path | None = None
    redirects_max: int = 4
    notifications_max: int = 10
    received_max: int = 50
    junk_mailbox: str = "Junk"
    protected_headers: tuple[str, ...] = ("original-subject", "original-from", "received", "auto-submitted")
    vacation_seconds: float = 7 * 86_400.0
    vacation_seconds_min: float = 0.0
    vacation_seconds_max: float = 90 * 86_400.0
    vacation_template: str = "Auto: %$"
    vacation_subject: str = "Automated reply"
    duplicate_seconds: float = 7 * 86_400.0
    duplicate_seconds_max: float = 90 * 86_400.0
    lists: Mapping[str, ExternalList] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """``report.dsn.*``: who our delivery reports come from. An empty address means MAILER-DAEMON@hostname."""

    hostname: str
    from_name: str = "Mail Delivery Subsystem"
    from_address: str = ""
    full_octets: int = 65_536
    header_octets: int = 16_384

    @property
    def sender(self) -> str:
        return self.from_address or f"MAILER-DAEMON@{self.hostname}"
