"""Where mail is and where it goes: store, queue, other servers, mailboxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stalwart_g.config import settings as own
from stalwart_g.config.kinds import (
    ADDRESSES,
    BOOLEAN,
    DURATION,
    DURATIONS,
    OPTIONAL_HOSTNAME,
    PATH,
    SECRET,
    SIZE,
    TEXT,
    WORDS,
    Kind,
    choice,
    integer,
)
from stalwart_g.config.schema import Key, Section
from stalwart_g.delivery import settings as delivery
from stalwart_g.queue import settings as queue

COUNT, POSITIVE = integer(0), integer(1)


def _list_name(value: Any, folder: Path) -> str:
    name = str(TEXT.read(value, folder))
    if not name.lower().startswith(("tag:", "urn:", ":addrbook:")):
        raise ValueError('must be a URI like "tag:example.org,2026:team" or ":addrbook:default"')
    return name


LIST_NAME = Kind("tag: or urn: URI", _list_name, TEXT.show)

STORE = Section(
    "store",
    own.Storage,
    "Mailboxes and messages.",
    (
        Key("db.type", "type", choice("sqlite"), "The kind of database.", default="sqlite"),
        Key("db.path", "path", PATH, "Its file."),
        Key("blob.type", "blob_type", choice("local"), "Where the octets of messages are: in files.", default="local"),
        Key("blob.local.path", "blobs", PATH, "Their folder."),
    ),
)


QUEUE = Section(
    "queue",
    queue.QueueSettings,
    "Messages on their way. Nothing is acknowledged before it is in here.",
    (
        Key("path", "folder", PATH, "The folder of the queue.", default=Path("data/queue")),
        Key("min-free", "min_free_octets", SIZE, "With less room on the disk, clients are told to come again later."),
        Key(
            "double-bounce", "double_bounce", choice("drop", "hold", "postmaster"), "A report that cannot be delivered."
        ),
    ),
)
QUEUE_SCHEDULE = Section(
    "queue.schedule",
    queue.Schedule,
    "When to try again, where the retry script does not decide.",
    (
        Key("retry", "retry", DURATIONS, "Waits after the first, second, … attempt; the last one repeats."),
        Key("notify", "notify", DURATIONS, "Ages at which the sender is told of the delay."),
        Key("expire", "expire", DURATION, "The age at which we give up."),
    ),
)
QUEUE_LANE = Section(
    "queue.*",
    queue.Lane,
    'A queue of its own: local, remote, bulk, report, or another that a script names by param "queue".',
    (
        Key("workers", "workers", POSITIVE, "Deliveries at a time, in each worker process."),
        Key("per-destination", "per_destination", POSITIVE, "How many of them to one destination."),
    ),
    example="bulk",
)
OUTBOUND = Section(
    "queue.outbound",
    delivery.RemoteSettings,
    "Delivery to other servers.",
    (
        Key("hostname", "hostname", OPTIONAL_HOSTNAME, "Our name in EHLO; empty: that of the server.", default=""),
        Key("port", "port", integer(1, 65_535), "The port of other servers."),
        Key(
            "ip-strategy", "ip_strategy", choice(*delivery.IP_STRATEGIES), "Which addresses are tried, in which order."
        ),
        Key("source-ip.v4", "source_ipv4", ADDRESSES, "Addresses to deliver from; none: the system's choice."),
        Key("source-ip.v6", "source_ipv6", ADDRESSES, "The same for IPv6."),
        Key("limits.mx", "mx_max", POSITIVE, "Mail exchangers that are tried in one attempt."),
        Key("limits.multihomed", "hosts_max", POSITIVE, "Addresses of one exchanger that are."),
        Key(
            "tls.authorities",
            "authorities",
            PATH,
            "PEM file of trusted roots, instead of the system's.",
            example="certs/roots.pem",
        ),
        Key(
            "allow-loopback", "allow_loopback", BOOLEAN, "Deliver to hosts whose address is a loopback one; for tests."
        ),
    ),
)
TIMEOUTS = Section(
    "queue.outbound.timeouts",
    delivery.Timeouts,
    "How long other servers may take.",
    (
        Key("connect", "connect", DURATION, "To accept a connection."),
        Key("greeting", "greeting", DURATION, "For the greeting."),
        Key("tls", "tls", DURATION, "For the TLS handshake."),
        Key("ehlo", "ehlo", DURATION, "To answer EHLO."),
        Key("mail-from", "mail", DURATION, "To answer MAIL."),
        Key("rcpt-to", "rcpt", DURATION, "To answer RCPT."),
        Key("data", "data", DURATION, "To answer DATA, and again for the final reply."),
        Key("total", "total", DURATION, "For the whole attempt."),
    ),
)
REPORT = Section(
    "report.dsn",
    delivery.ReportSettings,
    "Delivery reports (RFC 3464).",
    (
        Key("from-name", "from_name", TEXT, "Who they are from."),
        Key("from-address", "from_address", TEXT, "The address; empty: MAILER-DAEMON at the host name."),
    ),
)
REMOTE = Section(
    "remote.*",
    delivery.Relay,
    'A host that takes mail for others; the route script sends it there by param "via" "relay:<id>".',
    (
        Key("address", "address", TEXT, "Its name or address.", required=True, example="relay.example.net"),
        Key("port", "port", integer(1, 65_535), "Its port."),
        Key("protocol", "protocol", choice("smtp", "lmtp"), "What it speaks."),
        Key("tls.implicit", "implicit_tls", BOOLEAN, "TLS from the first octet."),
        Key("tls.level", "tls_level", choice(*delivery.TLS_LEVELS), "How much TLS is asked of it."),
        Key("tls.allow-invalid-certs", "allow_invalid_certificates", BOOLEAN, "Believe any certificate."),
        Key("auth.username", "username", TEXT, "Our login there; empty: none."),
        Key("auth.secret", "secret", SECRET, "Our password there."),
    ),
    example="relay",
)
DELIVERY = Section(
    "delivery",
    delivery.LocalSettings,
    "Delivery into mailboxes here.",
    (
        Key("scripts", "scripts", PATH, "The folder of the users' scripts.", default=Path("data/sieve")),
        Key("junk-mailbox", "junk_mailbox", TEXT, "Where junk goes."),
        Key("redirects-max", "redirects_max", COUNT, "Redirects that one script may ask for."),
        Key("notifications-max", "notifications_max", COUNT, "Notifications that one script may send; 0: none."),
        Key("protected-headers", "protected_headers", WORDS, "Header fields that scripts neither add nor delete."),
        Key("vacation.default", "vacation_seconds", DURATION, "One answer to a sender in this time."),
        Key("vacation.max", "vacation_seconds_max", DURATION, "The longest time that a script may ask for."),
        Key("vacation.template", "vacation_template", TEXT, "The subject of an answer; %$ is that of the mail."),
        Key("vacation.subject", "vacation_subject", TEXT, "The subject where the mail has none."),
        Key("duplicate.default", "duplicate_seconds", DURATION, "How long scripts remember that a mail was here."),
        Key("duplicate.max", "duplicate_seconds_max", DURATION, "The longest time that a script may ask for."),
    ),
)
DELIVERY_LIST = Section(
    "delivery.list.*",
    delivery.ExternalList,
    "A list that users' scripts may compare with, and redirect to (RFC 6134).",
    (
        Key("name", "name", LIST_NAME, "Its name in scripts.", required=True, example="tag:example.org,2026:team"),
        Key("entries", "entries", WORDS, "What is in it, addresses as a rule."),
    ),
    example="team",
)

SECTIONS = (STORE, DELIVERY, DELIVERY_LIST, QUEUE, QUEUE_SCHEDULE, QUEUE_LANE, OUTBOUND, TIMEOUTS, REPORT, REMOTE)
