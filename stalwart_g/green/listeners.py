"""Accepts connections and hands each to a greenlet of the pool (SPEC-SMTP sections 1.1 and 1.2)."""

from __future__ import annotations

import errno
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from gevent.hub import get_hub

from stalwart_g.green.errors import ConnectionLost, TimedOut, TlsFailed
from stalwart_g.green.pool import GreenletPool
from stalwart_g.green.stream import Endpoint, Stream, endpoint
from stalwart_g.green.wire import RealSocket
from stalwart_g.observe import metrics

log = logging.getLogger(__name__)

Handler = Callable[[Stream], None]

_READ = 1
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_SECONDS = 0.5

_accepted = metrics.counter("connections_accepted", "Connections taken", ("listener",))
_turned_away = metrics.counter("connections_turned_away", "Connections over the limit of the listener", ("listener",))
_open = metrics.gauge("connections_open", "Connections open now", ("listener",))
_tls_failures = metrics.counter("tls_handshake_failures", "Failed implicit TLS handshakes", ("listener",))


class Listener:
    """Serves connections from listening sockets until it is stopped.

    Args:
        sockets: listening and non-blocking (`sockets.bind`); shared with other processes, so never closed here.
        handler: serves one stream in a greenlet of its own; the stream is closed for it when it returns or raises.
        pool_size: so many connections at a time in this process.
        on_full: sent without waiting to a connection over ``pool_size`` before it is closed (``421 4.3.2 ...``).
        tls: asked for the server context of each connection; the handshake comes before the handler (implicit TLS).
        prepare: runs before the handshake (PROXY protocol); a ConnectionLost or TimedOut of it closes the connection.
    """

    def __init__(
        self,
        sockets: Sequence[socket.socket],
        handler: Handler,
        *,
        name: str = "listener",
        pool_size: int = 8192,
        on_full: bytes = b"",
        tls: Callable[[], ssl.SSLContext] | None = None,
        handshake_seconds: float = 60.0,
        prepare: Handler | None = None,
        accept_batch: int = 8,
    ) -> None:
        self.name = name
        self.streams: set[Stream] = set()
        self._handler, self._on_full, self._tls, self._prepare = handler, on_full, tls, prepare
        self._handshake_seconds, self._accept_batch = handshake_seconds, accept_batch
        self._pool: GreenletPool[Stream] = GreenletPool(self._serve, pool_size)
        self._sockets = list(sockets)
        self._watchers: list[Any] = []
        self._stopped = False

    def start(self) -> None:
        """Begin to accept; returns at once."""
        loop = get_hub().loop
        for sock in self._sockets:
            watcher = loop.io(sock.fileno(), _READ)
            self._watchers.append(watcher)
            watcher.start(self._accept, sock, watcher)

    @property
    def active(self) -> int:
        """Connections that are open now."""
        return self._pool.active

    @property
    def addresses(self) -> list[Endpoint]:
        """What the sockets are bound to."""
        return [endpoint(sock.getsockname()) for sock in self._sockets]

    def stop_accepting(self) -> None:
        """Take no more connections and tell the services of those that are open (`Stream.stopping`)."""
        self._stopped = True
        for watcher in self._watchers:
            watcher.close()
        self._watchers.clear()
        for stream in list(self.streams):
            stream.stop()

    def stop(self, grace_seconds: float) -> bool:
        """Stop accepting, wait for the open connections, then end what is left; True when all ended by themselves."""
        self.stop_accepting()
        if drained := self._pool.wait_drained(grace_seconds):
            self._pool.kill()
            return drained
        log.warning("listener=%s ends %d connections after a grace of %ss", self.name, self.active, grace_seconds)
        self._pool.kill()
        for stream in list(self.streams):
            stream.close()
        return False

    def _accept(self, listening: socket.socket, watcher: Any) -> None:
        """Runs in the hub: takes what is there, must not wait."""
        for _ in range(self._accept_batch):
            try:
                descriptor, address = listening._accept()  # type: ignore[attr-defined]
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:
                self._accept_failed(error, listening, watcher)
                return
            self._take(RealSocket(listening.family, listening.type, listening.proto, fileno=descriptor), address)

    def _accept_failed(self, error: OSError, listening: socket.socket, watcher: Any) -> None:
        if error.errno not in _EXHAUSTED:
            log.warning("listener=%s accept: %s", self.name, error)
            return
        log.error("listener=%s accept: %s; trying again in %ss", self.name, error, _PAUSE_SECONDS)
        watcher.stop()
        timer = get_hub().loop.timer(_PAUSE_SECONDS, ref=False)
        timer.start(self._resume, timer, listening, watcher)

    def _resume(self, timer: Any, listening: socket.socket, watcher: Any) -> None:
        timer.close()
        if not self._stopped:
            watcher.start(self._accept, listening, watcher)

    def _take(self, sock: socket.socket, address: Any) -> None:
        if self._pool.active >= self._pool.size:
            _turned_away.inc(self.name)
            _turn_away(sock, self._on_full)
            return
        stream = Stream(sock, endpoint(address))
        self.streams.add(stream)
        _accepted.inc(self.name)
        _open.inc(self.name)
        self._pool.submit(stream)

    def _serve(self, stream: Stream) -> None:
        try:
            if self._stopped:
                stream.stop()
            if self._prepare is not None:
                self._prepare(stream)
            if self._tls is not None:
                stream.starttls(self._tls(), server_side=True, timeout_seconds=self._handshake_seconds)
            self._handler(stream)
        except TlsFailed as error:
            _tls_failures.inc(self.name)
            log.info("listener=%s peer=%s %s", self.name, stream.peer.ip, error)
        except (ConnectionLost, TimedOut) as error:
            log.debug("listener=%s peer=%s %s", self.name, stream.peer.ip, error)
        except Exception:
            log.exception("listener=%s peer=%s the session failed", self.name, stream.peer.ip)
        finally:
            stream.close()
            self.streams.discard(stream)
            _open.dec(self.name)


def _turn_away(sock: socket.socket, last_words: bytes) -> None:
    sock.setblocking(False)
    try:
        if last_words:
            sock.send(last_words)
            sock.shutdown(socket.SHUT_WR)
    except OSError as error:
        log.debug("last words not sent: %s", error)
    finally:
        sock.close()
