"""The master's side of a server: claims the home, binds, gives up privileges, forks, watches (`green.prefork`)."""

from __future__ import annotations

import grp
import importlib.metadata
import logging
import os
import pwd
import socket
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from stalwart_g.config import Settings
from stalwart_g.config.settings import Listener
from stalwart_g.green import prefork, process, sockets
from stalwart_g.green.state.broker import Broker, bind_broker
from stalwart_g.model.errors import MailError
from stalwart_g.observe import logs, maillog, metrics
from stalwart_g.policy.engine import warm_up
from stalwart_g.server import worker
from stalwart_g.server.home import RunFolder

log = logging.getLogger(__name__)

_ORPHANS_SECONDS = 5.0  # longer than the grace: what children of a dead master need at most
_SOCKET_PATH_OCTETS = 107  # of the system, for sockets in the file system


class CannotStart(MailError):
    """The server cannot begin; the text says why."""


class Server:
    """A server on its way: ``open`` it, look where it listens, ``run`` it.

    Args:
        workers: so many, whatever the configuration says; 0: as that says.
        free_ports: a loopback port that cannot be had is replaced by one that is free.
    """

    def __init__(self, settings: Settings, *, workers: int = 0, free_ports: bool = False) -> None:
        self.settings = settings
        self.workers = workers or settings.server.workers or os.cpu_count() or 1
        self._free_ports = free_ports
        self._folder = RunFolder(settings.home)
        self._sockets: dict[str, list[socket.socket]] = {}

    def open(self) -> None:
        """Claim the home, bind all listeners, become who the configuration wants us to be.

        Raises:
            AlreadyServed
            CannotStart: a port cannot be had, or there is no such user.
            OSError: the home cannot be written.
        """
        server, owner = self.settings.server, self._owner()
        os.umask(0o077)
        process.raise_file_limit()
        wait = server.shutdown_grace_seconds + _ORPHANS_SECONDS
        self._folder.claim(self.workers, wait_seconds=wait, owner=owner)
        for listener in self.settings.listeners.values():
            self._sockets[listener.id] = self._bound(listener)
        warm_up()
        if owner is not None:
            process.drop_privileges(server.user, server.group)

    @property
    def addresses(self) -> dict[str, list[str]]:
        """Where each listener really listens."""
        return {
            name: [sockets.shown(*sock.getsockname()[:2]) for sock in bound] for name, bound in self._sockets.items()
        }

    def run(self, on_ready: Callable[[], None] = lambda: None, warnings: Iterable[object] = ()) -> int:
        """Serve until told to stop: an exit status.

        Args:
            on_ready: called once all workers serve.
            warnings: what was found out before, for the log.

        Raises:
            OSError: the log, or what the processes talk over, cannot be opened.
        """
        settings = self.settings
        logs.begin(settings.log.level, settings.log.path)
        for warning in warnings:
            log.warning("%s", warning)
        if settings.metrics.enable:
            metrics.share(settings.metrics.folder)
        with ExitStack() as opened:
            state = self._state_path(opened)
            listening, snapshot = bind_broker(state), settings.home / "data" / "remembered.bin"
            shared = worker.Shared(settings, self._sockets, state, self._folder)
            roles = [
                prefork.Role("broker", 1, lambda child: Broker(listening, snapshot=snapshot).run(child)),
                prefork.Role("worker", self.workers, partial(worker.run, shared)),
            ]
            grace = settings.server.shutdown_grace_seconds
            return prefork.run(roles, grace_seconds=grace, on_ready=partial(self._ready, on_ready))

    def _ready(self, on_ready: Callable[[], None]) -> None:
        settings, addresses = self.settings, self.addresses
        for name, listener in settings.listeners.items():
            kind = "none" if not listener.tls.enable else "implicit" if listener.tls.implicit else "starttls"
            maillog.listening(listener=name, protocol=listener.protocol, addresses=addresses[name], tls=kind)
        version = importlib.metadata.version("stalwart_g")
        hostname = settings.server.hostname
        maillog.serving(version=version, hostname=hostname, home=str(settings.home), workers=self.workers)
        process.tell_service_manager("READY=1")
        on_ready()

    def _bound(self, listener: Listener) -> list[socket.socket]:
        try:
            return sockets.bind_all(listener.bind, listener.socket, free_ports=self._free_ports)
        except OSError as error:
            raise CannotStart(
                f"listener {listener.id} cannot listen on {error.filename or listener.bind}: {error.strerror or error}"
            ) from error

    def _owner(self) -> tuple[int, int] | None:
        """The user and group of ``server.run-as``, where that is not who we are already."""
        user, group = self.settings.server.user, self.settings.server.group
        if not user:
            return None
        try:
            account = pwd.getpwnam(user)
            group_id = grp.getgrnam(group).gr_gid if group else account.pw_gid
        except KeyError as error:
            raise CannotStart(f"server.run-as: {error.args[0]}") from error
        if os.geteuid() == account.pw_uid:
            return None
        if os.geteuid() != 0:
            raise CannotStart(f"server.run-as.user: only root can become {user}")
        return account.pw_uid, group_id

    def _state_path(self, opened: ExitStack) -> Path:
        """Where workers find the broker. In a home too deep for a socket, that is elsewhere."""
        path = self._folder.path / "state.sock"
        if len(os.fsencode(path)) <= _SOCKET_PATH_OCTETS:
            return path
        elsewhere = opened.enter_context(tempfile.TemporaryDirectory(prefix="stalwart-g-"))
        log.info("the path of %s is too long for a socket; it is in %s", path, elsewhere)
        return Path(elsewhere) / path.name
