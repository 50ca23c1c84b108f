"""The services of a worker, one a listener: what a protocol of the configuration means is a row of `SERVICES`."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from stalwart_g.config.settings import Listener as ListenerSettings
from stalwart_g.config.settings import ListenerTls
from stalwart_g.green.listeners import Listener
from stalwart_g.green.stream import Stream
from stalwart_g.green.tls import ServerTls
from stalwart_g.model.errors import MailError
from stalwart_g.observe import maillog
from stalwart_g.services.smtp.host import Host
from stalwart_g.services.smtp.session import Session

_TOO_MANY = b"421 4.3.2 Too many connections, try again later\r\n"


class NoTls(MailError):
    """A listener's certificate cannot be used."""


class Service(Protocol):
    """One listener in one worker."""

    tls: Tls | None
    settings: ListenerSettings

    def start(self) -> None: ...

    def stop(self, grace_seconds: float) -> bool:
        """Take no more, tell the sessions that are open, wait for them; False when some had to be cut off."""


class Tls:
    """A listener's contexts, read again when their files change.

    Raises:
        NoTls
    """

    def __init__(self, listener: str, settings: ListenerTls) -> None:
        assert settings.default is not None, "the configuration sees to that"
        self._listener = listener
        try:
            self._contexts = ServerTls(settings.default, settings.by_name, settings.options)
        except (OSError, ValueError) as error:
            raise NoTls(f"listener {listener}: {settings.default.certificate}: {_reason(error)}") from error

    def current(self) -> ssl.SSLContext:
        return self._contexts.current()

    def files(self) -> list[Path]:
        return self._contexts.files()

    def reload(self) -> str | None:
        """Read the files anew; what is wrong with them, if anything: then the old contexts stay."""
        try:
            self._contexts.reload()
        except (OSError, ValueError) as error:
            maillog.reload_failed(what=f"certificates of listener {self._listener}", error=_reason(error))
            return f"certificates of listener {self._listener}: {_reason(error)}; the old ones stay in use"
        maillog.certificates_live(listener=self._listener)
        return None

    def changed(self, paths: Sequence[Path]) -> None:
        """For `files.watch`."""
        self.reload()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def tls_of(listener: ListenerSettings) -> Tls | None:
    """Raises: NoTls"""
    return Tls(listener.id, listener.tls) if listener.tls.enable else None


class SmtpService:
    """SMTP, submission and LMTP. A change of ``settings`` counts for the sessions that begin after it."""

    def __init__(self, settings: ListenerSettings, sockets: Sequence[socket.socket], host: Host) -> None:
        self.settings = settings
        self.tls = tls_of(settings)
        current = self.tls.current if self.tls else None
        self._host = replace(host, tls=None if settings.tls.implicit else current)
        self._listener = Listener(
            sockets,
            self._serve,
            name=settings.id,
            pool_size=settings.max_connections,
            on_full=_TOO_MANY,
            tls=current if settings.tls.implicit else None,
            handshake_seconds=settings.smtp.tls_timeout_seconds,
        )

    def start(self) -> None:
        self._listener.start()

    def stop(self, grace_seconds: float) -> bool:
        return self._listener.stop(grace_seconds)

    def _serve(self, stream: Stream) -> None:
        Session(stream, self.settings.smtp, self._host).handle()


SERVICES: dict[str, Callable[[ListenerSettings, Sequence[socket.socket], Host], Service]] = {
    "smtp": SmtpService,
    "lmtp": SmtpService,
}
"""What serves a listener, by its protocol."""
