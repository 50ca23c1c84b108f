"""TLS over a wire: OpenSSL works on memory, the wire moves the octets (RFC 8446, RFC 5246)."""

from __future__ import annotations

import contextlib
import ssl
from typing import Any

from gevent.lock import BoundedSemaphore

from stalwart_g.green.errors import ConnectionLost, TimedOut, TlsFailed
from stalwart_g.green.wire import Wire

_RECORD = 16384
_PLAIN_PIECE = 1 << 16


class NamedSSLObject(ssl.SSLObject):
    """Remembers which server name the client asked for; `tls.ServerTls` sets it from its SNI callback."""

    asked_name: str | None = None


class TlsChannel:
    """One TLS session on a wire. `handshake` comes first.

    Args:
        early: octets that were already taken from the wire and belong to the handshake.
    """

    __slots__ = ("_incoming", "_outgoing", "_turn", "_wire", "object")

    def __init__(
        self, wire: Wire, context: ssl.SSLContext, *, server_side: bool, server_hostname: str | None, early: bytes = b""
    ) -> None:
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._incoming.write(early)
        self._turn = BoundedSemaphore()
        self.object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=server_hostname
        )

    def handshake(self) -> None:
        """Raises: TlsFailed, TimedOut, ConnectionLost"""
        while True:
            try:
                self.object.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._feed()
            except (ssl.SSLError, ssl.CertificateError, OSError) as error:
                self._flush_alert()
                raise _tls_failed(error) from error
            else:
                self._flush()
                return

    def receive(self, limit: int, *, interruptible: bool = False) -> bytes:
        """Like `Wire.receive`, of decrypted octets."""
        while True:
            try:
                return self.object.read(min(limit, _RECORD))
            except ssl.SSLWantReadError:
                self._flush()
                self._feed(interruptible=interruptible)
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                self._flush_alert()
                raise _tls_failed(error) from error

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """Like `Wire.send`, encrypted."""
        view = memoryview(data)
        for start in range(0, len(view), _PLAIN_PIECE):
            try:
                self.object.write(view[start : start + _PLAIN_PIECE])
            except ssl.SSLError as error:
                raise _tls_failed(error) from error
            self._flush()

    def send_now(self, data: bytes) -> None:
        """Like `Wire.send_now`, encrypted."""
        try:
            self.object.write(data)
        except ssl.SSLError:
            return
        self._wire.send_now(self._outgoing.read())

    def say_goodbye(self) -> None:
        """Send close_notify if it goes out without waiting (RFC 8446 section 6.1); its answer is not awaited."""
        with contextlib.suppress(ssl.SSLError, OSError, ValueError):
            self.object.unwrap()
        self._wire.send_now(self._outgoing.read())

    def _feed(self, *, interruptible: bool = False) -> None:
        data = self._wire.receive(_RECORD, interruptible=interruptible)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _flush(self) -> None:
        # A reader may have to send too (key update): records of two greenlets must not mix.
        while self._outgoing.pending:
            with self._turn:
                self._wire.send(self._outgoing.read())

    def _flush_alert(self) -> None:
        try:
            self._flush()
        except (ConnectionLost, TimedOut):
            return


def peer_chain(channel: TlsChannel) -> list[bytes]:
    """The certificates that the peer sent, DER, its own first, verified or not (DANE needs them, RFC 7671)."""
    inner: Any = getattr(channel.object, "_sslobj", None)
    chain = (inner.get_unverified_chain() if inner is not None else None) or []
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes(1)) for certificate in chain]


def _tls_failed(error: Exception) -> TlsFailed:
    reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or type(error).__name__
    return TlsFailed(f"TLS: {reason}", str(reason))
