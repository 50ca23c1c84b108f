"""What a listener's sessions are told by the configuration (SPEC-SMTP sections 1.1 and 1.3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One listener. Where a stage has a parameter of the same meaning, its script starts from this value."""

    hostname: str
    listener: str = "smtp"
    lmtp: bool = False
    lenient: bool = False  # bare LF after commands, paths without brackets: for old programs on trusted networks
    bare_newline: str = ""  # reject, normalize or allow; empty: reject from strangers, normalize for users
    greeting: str = "stalwart_g"

    timeout_seconds: float = 300.0  # between two reads
    duration_seconds: float = 900.0  # of the whole session
    transfer_octets: int = 262_144_000  # read in one session
    command_octets: int = 2048
    sasl_octets: int = 12_288
    linger_seconds: float = 2.0  # after the last words, for a client that is still talking
    errors_max: int = 20
    idle_commands_max: int = 100

    tls_timeout_seconds: float = 60.0
    auth_errors_max: int = 3
    auth_wait_seconds: float = 5.0  # before each refusal
    rcpt_errors_max: int = 10
    rcpt_wait_seconds: float = 5.0

    size_octets: int = 26_214_400
    recipients_max: int = 100
    recipients_ceiling: int = 5000
    messages_max: int = 10
    received_max: int = 50  # Received fields: more is a loop
    data_timeout_seconds: float = 60.0  # in which at least ``data_minimum_octets`` must come, after the first minute
    data_minimum_octets: int = 1024
    dmarc_organization: str = "walk"  # through the DNS; suffixes: from a list of public suffixes
    decision_seconds: float = 120.0  # from the end of data to the reply
    delay_max_seconds: float = 60.0  # the longest that ``param "delay"`` may hold a client
