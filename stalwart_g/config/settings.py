"""The settings of one server, checked and complete. What a floor below defines for itself is only put in here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stalwart_g.config.problems import Problem
from stalwart_g.delivery.settings import LocalSettings, RemoteSettings
from stalwart_g.directory.settings import DirectorySettings
from stalwart_g.green.sockets import DEFAULT as DEFAULT_SOCKET
from stalwart_g.green.sockets import SocketOptions
from stalwart_g.green.tls import DEFAULT as DEFAULT_TLS
from stalwart_g.green.tls import CertificateFiles, ServerOptions
from stalwart_g.policy.tables.interface import TableSettings
from stalwart_g.queue.settings import QueueSettings
from stalwart_g.services.smtp.settings import Settings as SmtpSettings

Endpoint = tuple[str, int]
PROTOCOLS = ("smtp", "lmtp")


@dataclass(frozen=True, slots=True)
class Server:
    """``server.*``. ``workers`` 0: one a processor. ``user`` empty: privileges are kept. ``directory`` is an id."""

    hostname: str
    directory: str = "default"
    workers: int = 0
    shutdown_grace_seconds: float = 30.0
    user: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class ListenerTls:
    """``tls.*`` of a listener. ``default`` is None when TLS is off; ``by_name`` is by SNI name, wildcards too."""

    enable: bool = False
    implicit: bool = False
    default: CertificateFiles | None = None
    by_name: Mapping[str, CertificateFiles] = field(default_factory=dict)
    options: ServerOptions = DEFAULT_TLS


@dataclass(frozen=True, slots=True)
class Listener:
    """``server.listener.<id>.*``: where it listens, and what its sessions are told."""

    id: str
    bind: tuple[Endpoint, ...]
    protocol: str
    smtp: SmtpSettings
    max_connections: int = 8192
    tls: ListenerTls = ListenerTls()
    socket: SocketOptions = DEFAULT_SOCKET


@dataclass(frozen=True, slots=True)
class Storage:
    """``store.*``: the database of mailboxes and messages, and the folder of the messages' octets."""

    path: Path = Path("data/index.sqlite3")
    blobs: Path = Path("data/blobs")


@dataclass(frozen=True, slots=True)
class Policy:
    """``policy.*``: the folder of the stages' scripts, how often it is looked at, and the tables that they may ask."""

    folder: Path = Path("policy")
    reload_interval_seconds: float = 1.0
    tables: Mapping[str, TableSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Log:
    """``log.*``. ``path`` None: standard error."""

    level: str = "info"
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """``metrics.*``: the folder in which the processes keep their counters while they run."""

    enable: bool = True
    folder: Path = Path("data/metrics")


@dataclass(frozen=True, slots=True)
class Resolver:
    """``resolver.*``. No ``servers``: those of /etc/resolv.conf. ``trusted``: whose AD bit counts (RFC 4035)."""

    servers: tuple[Endpoint, ...] = ()
    timeout_seconds: float = 5.0
    attempts: int = 2
    trusted: tuple[str, ...] = ("127.0.0.1", "::1")
    entries: int = 16_384
    concurrency: int = 512


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything. ``path`` is the file, ``home`` its folder; ``warnings`` are problems that do not stop the server."""

    path: Path
    home: Path
    server: Server
    listeners: Mapping[str, Listener]
    certificates: Mapping[str, CertificateFiles]
    store: Storage
    directories: Mapping[str, DirectorySettings]
    queue_folder: Path
    queue: QueueSettings
    remote: RemoteSettings
    local: LocalSettings
    policy: Policy
    log: Log
    metrics: Metrics
    resolver: Resolver
    warnings: tuple[Problem, ...] = ()

    @property
    def directory(self) -> DirectorySettings:
        """The directory of logins, recipients and local delivery."""
        return self.directories[self.server.directory]
