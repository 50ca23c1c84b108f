"""The server, its listeners and what their sessions are told."""

from __future__ import annotations

from stalwart_g.config import settings as own
from stalwart_g.config.kinds import (
    BOOLEAN,
    DURATION,
    ENDPOINTS,
    HOSTNAME,
    OPTIONAL_HOSTNAME,
    PATH,
    SIZE,
    SNI,
    TEXT,
    choice,
    choices,
    integer,
)
from stalwart_g.config.schema import Key, Section
from stalwart_g.green.sockets import SocketOptions
from stalwart_g.green.tls import CertificateFiles, ServerOptions
from stalwart_g.services.smtp.settings import Settings as SmtpSettings

COUNT, POSITIVE = integer(0), integer(1)

SERVER = Section(
    "server",
    own.Server,
    "The server as a whole. What stands here of tls.*, socket.*, greeting and max-connections\n"
    "holds for every listener that does not say otherwise.",
    (
        Key(
            "hostname",
            "hostname",
            HOSTNAME,
            "The name in greetings, Received fields and reports.",
            required=True,
            example="mail.example.org",
        ),
        Key("directory", "directory", TEXT, "The directory (below) of logins, recipients and local delivery."),
        Key("workers", "workers", COUNT, "Processes that serve; 0: one a processor."),
        Key("shutdown-grace", "shutdown_grace_seconds", DURATION, "How long sessions may go on once the server stops."),
        Key("run-as.user", "user", TEXT, "Who the server becomes once its ports are open; empty: it stays who it is."),
        Key("run-as.group", "group", TEXT, "The group to go with it; empty: the user's own."),
    ),
)
LISTENER = Section(
    "server.listener.*",
    own.Listener,
    "A listener. Protocol and addresses are its own; keys of [server] may be repeated for it alone.",
    (
        Key(
            "bind",
            "bind",
            ENDPOINTS,
            "Where it listens; IPv6 in brackets, [::] takes IPv4 too.",
            required=True,
            example=["[::]:25"],
        ),
        Key(
            "protocol",
            "protocol",
            choice(*own.PROTOCOLS),
            "Submission is smtp too: policy knows it by the listener.",
            required=True,
            example="smtp",
        ),
        Key("max-connections", "max_connections", POSITIVE, "Connections at a time, in each worker.", shared=True),
    ),
)
LISTENER_SMTP = Section(
    "server.listener.*",
    SmtpSettings,
    "",
    (
        Key("hostname", "hostname", OPTIONAL_HOSTNAME, "Another name than that of the server.", default=""),
        Key("greeting", "greeting", TEXT, "What follows the name in the greeting.", shared=True),
        Key("lenient", "lenient", BOOLEAN, "Take broken line ends and paths of old programs; trusted networks only."),
        Key(
            "bare-newline", "bare_newline", choice("", "reject", "normalize", "allow"),
            "A bare LF in a message; empty: reject from strangers, normalize for users.",
        ),
    ),
)  # fmt: skip
LISTENER_TLS = Section(
    "server.listener.*",
    own.ListenerTls,
    "",
    (
        Key("enable", "enable", BOOLEAN, "Is there TLS, by STARTTLS or at once?", shared=True),
        Key("implicit", "implicit", BOOLEAN, "TLS from the first octet, as on port 465.", shared=True),
        Key("certificate", "certificate", TEXT, "The id of the certificate (below).", shared=True, default=""),
        Key(
            "sni", "sni", SNI,
            'Others by the name that the client asks for: [{ subject = "*.example.org", certificate = "id" }].',
            shared=True, default={},
        ),
        Key("timeout", "timeout_seconds", DURATION, "How long a handshake may take.", shared=True, default=60.0),
    ),
    part="tls",
)  # fmt: skip
LISTENER_TLS_OPTIONS = Section(
    "server.listener.*",
    ServerOptions,
    "",
    (
        Key("protocols", "versions", choices("TLSv1.2", "TLSv1.3"), "The versions that are spoken.", shared=True),
        Key("ciphers", "ciphers", TEXT, "Suites of TLS 1.2, in OpenSSL's words.", shared=True),
        Key("ignore-client-order", "ignore_client_order", BOOLEAN, "Our order of suites counts.", shared=True),
    ),
    part="tls",
)
LISTENER_SOCKET = Section(
    "server.listener.*",
    SocketOptions,
    "",
    (
        Key("backlog", "backlog", POSITIVE, "Connections that the kernel holds until they are taken.", shared=True),
        Key("reuse-addr", "reuse_address", BOOLEAN, "Bind again at once after a restart.", shared=True),
        Key("reuse-port", "reuse_port", BOOLEAN, "Several servers on one port.", shared=True),
        Key("nodelay", "nodelay", BOOLEAN, "Send replies at once (TCP_NODELAY).", shared=True),
        Key("ttl", "ttl", integer(0, 255), "Hops that packets may take; 0: the system's value.", shared=True),
        Key("send-buffer-size", "send_buffer", SIZE, "0: the system's value.", shared=True),
        Key("recv-buffer-size", "receive_buffer", SIZE, "0: the system's value.", shared=True),
        Key(
            "linger",
            "linger",
            integer(-1, 3600),
            "Seconds that a close waits for what is unsent; -1: off.",
            shared=True,
        ),
        Key("tos", "tos", integer(0, 255), "Type of service of packets; 0: the system's value.", shared=True),
    ),
    part="socket",
)
CERTIFICATE = Section(
    "certificate.*",
    CertificateFiles,
    "A certificate. The files are read again when they change.",
    (
        Key(
            "cert",
            "certificate",
            PATH,
            "PEM file: the certificate, then its chain.",
            required=True,
            example="certs/mail.crt",
        ),
        Key("private-key", "private_key", PATH, "PEM file of its key.", required=True, example="certs/mail.key"),
    ),
)
SESSION = Section(
    "session",
    SmtpSettings,
    "Limits of one SMTP connection. A policy script may set others where its stage has a parameter for it.",
    (
        Key("timeout", "timeout_seconds", DURATION, "The longest silence of a client."),
        Key("duration", "duration_seconds", DURATION, "The longest session."),
        Key("transfer-limit", "transfer_octets", SIZE, "Octets that one session may send."),
        Key("errors.max", "errors_max", POSITIVE, "Refused commands until the connection is closed."),
        Key(
            "auth.errors.max", "auth_errors_max", POSITIVE, "Failed logins until then.", aliases=("auth.errors.total",)
        ),
        Key("auth.errors.wait", "auth_wait_seconds", DURATION, "The pause before a failed login is told."),
        Key(
            "rcpt.errors.max",
            "rcpt_errors_max",
            POSITIVE,
            "Refused recipients until then.",
            aliases=("rcpt.errors.total",),
        ),
        Key("rcpt.errors.wait", "rcpt_wait_seconds", DURATION, "The pause before a refused recipient is told."),
        Key("rcpt.max-recipients", "recipients_max", integer(1, 5000), "Recipients of one message."),
        Key("data.limits.messages", "messages_max", POSITIVE, "Messages of one session."),
        Key("data.limits.size", "size_octets", SIZE, "The largest message; announced as SIZE (RFC 1870)."),
        Key("data.limits.received-headers", "received_max", POSITIVE, "Received fields; more of them are a loop."),
        Key(
            "data.dmarc.organization",
            "dmarc_organization",
            choice("walk", "suffixes"),
            "How DMARC knows which names are one organization: by asking the DNS (RFC 9989), or from the Public Suffix"
            " List (RFC 7489).",
        ),
    ),
)

SECTIONS = (SERVER, LISTENER, LISTENER_SMTP, LISTENER_TLS, LISTENER_TLS_OPTIONS, LISTENER_SOCKET, CERTIFICATE, SESSION)
