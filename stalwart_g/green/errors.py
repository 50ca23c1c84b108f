"""What can go wrong on a connection, and with shared state. All are `MailError`, none is a `BaseException`."""

from stalwart_g.model.errors import Deferred, MailError


class TimedOut(MailError):
    """The time for this step, or for the whole stream, is over."""


class ConnectionLost(MailError):
    """The peer is gone, or the stream was closed on our side while somebody still used it."""


class ConnectFailed(ConnectionLost):
    """No connection came about: refused, unreachable, or no such local address."""


class TlsFailed(ConnectionLost):
    """The handshake failed, or the peer broke the TLS protocol. ``reason`` is OpenSSL's word for it."""

    def __init__(self, text: str, reason: str = "") -> None:
        super().__init__(text)
        self.reason = reason


class Interrupted(MailError):
    """An interruptible `recv` was ended by `Stream.interrupt` or by the server's stop; the stream itself is fine."""


class StateUnavailable(Deferred):
    """The shared state does not answer and there is nothing to fall back on."""
