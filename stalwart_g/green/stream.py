"""One connection as the services see it: octets in and out, deadlines, counters, TLS.

A stream does not buffer what it receives: after `recv` nothing is left on our side, so that a service which empties its
own buffer before `starttls` cannot be fooled by text injected before the handshake (RFC 3207 section 6).
"""

from __future__ import annotations

import math
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from stalwart_g.green.tls_channel import NamedSSLObject, TlsChannel, peer_chain
from stalwart_g.green.wire import RealSocket, Wire


class Endpoint(NamedTuple):
    """An address in text form and a port. IPv4-mapped IPv6 is shown as the IPv4 address that it means."""

    ip: str
    port: int


@dataclass(frozen=True, slots=True)
class TlsInfo:
    """What a handshake agreed on. ``sni`` is the name that the client asked for."""

    version: str
    cipher: str
    bits: int
    sni: str = ""
    peer_certificate: bytes | None = None


class Stream:
    """A connected socket.

    One greenlet may receive while another one sends; two at the same direction is a bug of the caller. Any greenlet
    may `close`, `interrupt` or `stop`.

    Args:
        sock: a connected stream socket, or the wire around it; the stream owns it.
        peer, local: their addresses where the caller knows them already.
    """

    __slots__ = ("__weakref__", "_channel", "_early", "_tls", "_wire", "local", "peer", "received", "sent", "tls")

    def __init__(self, sock: socket.socket | Wire, peer: Endpoint | None = None, local: Endpoint | None = None) -> None:
        self._wire = wire = sock if isinstance(sock, Wire) else Wire(sock)
        self._channel: Wire | TlsChannel = wire
        self._tls: TlsChannel | None = None
        self._early = b""
        self.peer = peer or endpoint(_name_of(wire.sock.getpeername))
        self.local = local or endpoint(_name_of(wire.sock.getsockname))
        self.received = 0
        """Octets received so far, after decryption."""
        self.sent = 0
        """Octets sent so far, before encryption."""
        self.tls: TlsInfo | None = None

    def recv(self, limit: int = 65536, *, interruptible: bool = False) -> bytes:
        """Wait for 1 to ``limit`` octets; ``b""`` once the peer has finished sending.

        Args:
            interruptible: `interrupt` and `stop` may end this wait; for a service that waits for the next command.

        Raises:
            TimedOut: idle for longer than `set_timeout`, or the deadline has passed.
            ConnectionLost, Interrupted
        """
        if self._early:
            data, self._early = self._early[:limit], self._early[limit:]
            return data
        data = self._channel.receive(limit, interruptible=interruptible)
        self.received += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Give back octets that belong to whoever reads next, `starttls` included (PROXY protocol)."""
        self._early = data + self._early

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it.

        Raises:
            TimedOut, ConnectionLost
        """
        self._channel.send(data)
        self.sent += len(data)

    def send_now(self, data: bytes) -> None:
        """Last words: send what goes out without waiting, forget the rest, raise nothing."""
        self._channel.send_now(data)

    def set_timeout(self, seconds: float | None) -> None:
        """Bound each single wait for the peer; None: no bound."""
        self._wire.timeout = math.inf if seconds is None else seconds

    def set_deadline(self, seconds: float | None) -> None:
        """Let every call raise TimedOut from ``seconds`` after now on; None: no deadline."""
        self._wire.deadline = math.inf if seconds is None else monotonic() + seconds

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """A tighter deadline for one step; afterwards the one before counts again."""
        before = self._wire.deadline
        self._wire.deadline = min(before, monotonic() + seconds)
        try:
            yield
        finally:
            self._wire.deadline = before

    def starttls(
        self,
        context: ssl.SSLContext,
        *,
        server_side: bool,
        server_hostname: str | None = None,
        timeout_seconds: float = 60.0,
    ) -> TlsInfo:
        """Go over to TLS and return what was agreed on. After an error the stream can only be closed.

        Raises:
            TlsFailed, TimedOut, ConnectionLost
        """
        early, self._early = self._early, b""
        channel = TlsChannel(self._wire, context, server_side=server_side, server_hostname=server_hostname, early=early)
        with self.within(timeout_seconds):
            channel.handshake()
        self._channel = self._tls = channel
        self.tls = _tls_info(channel.object, server_hostname)
        return self.tls

    def peer_chain(self) -> list[bytes]:
        """The certificates that the peer sent (DER, its own first), whether they verified or not."""
        return peer_chain(self._tls) if self._tls else []

    def interrupt(self) -> None:
        """Make the interruptible `recv` that waits now, or else the next one, raise Interrupted."""
        self._wire.interrupt()

    def stop(self) -> None:
        """Tell the service that the server stops: each interruptible `recv` raises Interrupted from now on."""
        self._wire.stop()

    @property
    def stopping(self) -> bool:
        return self._wire.stopping

    @property
    def closed(self) -> bool:
        return self._wire.closed

    def close(self, linger_seconds: float = 0.0) -> None:
        """Close; whoever still waits gets ConnectionLost. Never raises.

        Args:
            linger_seconds: wait so long for the peer to finish, lest our last reply be lost over unread input.
        """
        if self._wire.closed:
            return
        if self._tls is not None:
            self._tls.say_goodbye()
        finished = linger_seconds > 0 and self._wire.expect_end(linger_seconds)
        self._wire.close(drain=not finished)

    def __repr__(self) -> str:
        return f"<Stream {self.peer.ip}:{self.peer.port} on {self.local.ip}:{self.local.port}>"


def dial(host: str, port: int, *, timeout_seconds: float, source_ip: str | None = None) -> Stream:
    """Connect to an address (not a name: see `dns`), from ``source_ip`` if given.

    Raises:
        ConnectFailed, TimedOut
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = RealSocket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _connect(sock, (host, port), timeout_seconds, (source_ip, 0) if source_ip else None)


def dial_unix(path: Path, *, timeout_seconds: float) -> Stream:
    """Connect to a local socket.

    Raises:
        ConnectFailed, TimedOut
    """
    return _connect(RealSocket(socket.AF_UNIX, socket.SOCK_STREAM), str(path), timeout_seconds)


def _connect(sock: socket.socket, address: Any, timeout_seconds: float, source: Any = None) -> Stream:
    wire = Wire(sock)
    wire.deadline = monotonic() + timeout_seconds
    try:
        wire.connect(address, source)
    except BaseException:  # also when killed: nobody else would close it
        wire.close()
        raise
    wire.deadline = math.inf
    return Stream(wire)


def endpoint(address: Any) -> Endpoint:
    """The public form of what `getpeername` and `accept` return; local sockets have an empty address."""
    if not isinstance(address, tuple):
        return Endpoint("", 0)
    ip, port = address[0], address[1]
    if ip.startswith("::ffff:") and "." in ip:
        return Endpoint(ip[7:], port)
    if "%" in ip:
        ip = ip.partition("%")[0]
    return Endpoint(ip, port)


def _name_of(ask: Any) -> Any:
    try:
        return ask()
    except OSError:  # reset before we came to look
        return ("0.0.0.0", 0)  # noqa: S104


def _tls_info(agreed: ssl.SSLObject, server_hostname: str | None) -> TlsInfo:
    cipher, version, bits = agreed.cipher() or ("", "", 0)
    asked = agreed.asked_name if isinstance(agreed, NamedSSLObject) else None
    return TlsInfo(
        version=agreed.version() or version,
        cipher=cipher,
        bits=bits or 0,
        sni=asked or server_hostname or "",
        peer_certificate=agreed.getpeercert(binary_form=True),
    )
