"""The broker: a small process beside the workers that keeps the state of the host in memory."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from stalwart_g.green import tasks
from stalwart_g.green.child import Child
from stalwart_g.green.errors import ConnectionLost, TimedOut
from stalwart_g.green.listeners import Listener
from stalwart_g.green.state.frames import FrameReader, Item, frame
from stalwart_g.green.state.memory import MemoryState
from stalwart_g.green.stream import Stream
from stalwart_g.green.wire import RealSocket

log = logging.getLogger(__name__)

_BACKLOG = 256
_OUTBOX_ITEMS = 100_000
_SNAPSHOT_SECONDS = 300.0


def bind_broker(path: Path) -> socket.socket:
    """The listening socket; the master binds it once, so that a restarted broker finds the same callers.

    Raises:
        OSError: the folder cannot be written, or the path is too long for a socket (107 octets).
    """
    path.unlink(missing_ok=True)
    sock = RealSocket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        sock.bind(str(path))
    finally:
        os.umask(before)
    sock.setblocking(False)
    sock.listen(_BACKLOG)
    return sock


class Broker:
    """Serves a `MemoryState` on a socket of `bind_broker`.

    Args:
        snapshot: a file that remembered keys are kept in over a restart (greylisting, bans); None: they are not.
    """

    def __init__(self, sock: socket.socket, state: MemoryState | None = None, snapshot: Path | None = None) -> None:
        self._state = state or MemoryState()
        self._snapshot = snapshot
        self._listener = Listener([sock], self._serve, name="broker")
        self._saving: tasks.Repeated | None = None

    def run(self, child: Child) -> None:
        """The ``main`` of a role of `prefork`."""
        self.start()
        child.ready()
        child.wait_stop()
        self.stop(child.grace_seconds)

    def start(self) -> None:
        if self._snapshot is not None:
            self._load(self._snapshot)
            self._saving = tasks.every(_SNAPSHOT_SECONDS, self._save)
        self._listener.start()

    def stop(self, grace_seconds: float = 0.0) -> None:
        """Serve the workers until they are gone, then save what has to last.

        A service manager signals all processes of a service at once: the broker must not be the first to go.
        """
        self._listener.stop(grace_seconds)
        if self._saving is not None:
            self._saving.cancel()
            self._save()

    def _serve(self, stream: Stream) -> None:
        with contextlib.closing(_Caller(stream, self._state)) as caller:
            caller.serve()

    def _save(self) -> None:
        assert self._snapshot
        fresh = self._snapshot.with_name(f".{self._snapshot.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.msgpack.encode(self._state.dump()))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._snapshot)

    def _load(self, snapshot: Path) -> None:
        try:
            dumped = msgspec.msgpack.decode(snapshot.read_bytes(), type=list[tuple[str, str, float, float]])
        except FileNotFoundError:
            return
        except (OSError, msgspec.MsgspecError) as error:
            log.error("snapshot=%s cannot be read, remembered keys are lost: %s", snapshot, error)
            return
        self._state.load(dumped)


class _Caller:
    """One worker's connection: what it holds is given back when it ends."""

    def __init__(self, stream: Stream, state: MemoryState) -> None:
        self._stream, self._state = stream, state
        self._tokens: set[int] = set()
        self._cancels: dict[str, Callable[[], None]] = {}
        self._outbox: list[Item] = []
        self._work = tasks.Event()
        self._sender = tasks.spawn(self._send)
        self._calls: dict[str, Callable[..., Any]] = {
            "limit": lambda key, count, period, cost, peek: state.limit(key, count, period, cost, peek=peek),
            "slot": self._slot,
            "hold": self._hold,
            "release": self._release,
            "renew": state.renew,
            "remember": lambda table, key, ttl, peek: state.remember(table, key, ttl, peek=peek),
            "forget": state.forget,
            "publish": state.publish,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
        }

    def serve(self) -> None:
        reader = FrameReader()
        while data := self._stream.recv():
            for number, call, arguments in reader.feed(data):
                result = self._calls[call](*arguments)
                if number:
                    self._post((number, result))

    def close(self) -> None:
        self._sender.kill(wait=False)
        for token in self._tokens:
            self._state.release(token)
        for cancel in self._cancels.values():
            cancel()

    def _slot(self, key: str, maximum: int, lease_seconds: float) -> int | None:
        token = self._state.slot(key, maximum, lease_seconds)
        if token is not None:
            self._tokens.add(token)
        return token

    def _hold(self, token: int, key: str, lease_seconds: float) -> None:
        self._state.hold(token, key, lease_seconds)
        self._tokens.add(token)

    def _release(self, token: int) -> None:
        self._tokens.discard(token)
        self._state.release(token)

    def _subscribe(self, channel: str) -> None:
        if channel not in self._cancels:
            self._cancels[channel] = self._state.subscribe(channel, lambda payload: self._post((0, channel, payload)))

    def _unsubscribe(self, channel: str) -> None:
        if cancel := self._cancels.pop(channel, None):
            cancel()

    def _post(self, item: Item) -> None:
        if len(self._outbox) > _OUTBOX_ITEMS:
            log.error("a worker does not read what the broker answers; its connection is closed")
            self._stream.close()
        self._outbox.append(item)
        self._work.set()

    def _send(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            items, self._outbox = self._outbox, []
            try:
                self._stream.send(frame(items))
            except (ConnectionLost, TimedOut):
                return
