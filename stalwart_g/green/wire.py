"""A non-blocking socket that greenlets wait for: readiness, due times, one timer for both directions.

Why not gevent's own socket: it makes a `gevent.Timeout` for each call that may wait (2 µs; the timer of a wire keeps
running from wait to wait and is re-armed when it fires too early), and has two watchers from the start.
"""

from __future__ import annotations

import contextlib
import errno
import math
import socket
from time import monotonic
from typing import Any

import gevent
from gevent import monkey
from gevent.hub import get_hub

from stalwart_g.green.errors import ConnectFailed, ConnectionLost, Interrupted, TimedOut

RealSocket: type[socket.socket] = monkey.get_original("socket", "socket")
"""The class of the standard library, also when `socket.socket` is patched."""

_READ, _WRITE = 1, 2
_RUN_WITHOUT_WAIT = 32
_SEND_PIECE = 1 << 18
_LINGER_PIECE = 1 << 16
_IN_PROGRESS = frozenset({errno.EINPROGRESS, errno.EAGAIN})


class _Side:
    """One direction of a wire: who waits, and until when."""

    __slots__ = ("due", "greenlet", "watcher")

    def __init__(self, watcher: Any) -> None:
        self.watcher = watcher
        self.greenlet: Any = None
        self.due = math.inf


class Wire:
    """One connected socket. At most one greenlet reads and one greenlet writes at a time.

    Args:
        sock: connected, or about to be by `connect`; the wire owns it from here on.
    """

    __slots__ = (
        "_alarm",
        "_alarm_due",
        "_hub",
        "_interrupts",
        "_reader",
        "_run",
        "_writer",
        "closed",
        "deadline",
        "sock",
        "stopping",
        "timeout",
    )

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.timeout = math.inf
        """Seconds that a single wait may take."""
        self.deadline = math.inf
        """Monotonic time at which every wait ends."""
        self.closed = False
        self.stopping = False
        self._interrupts = False
        self._hub = get_hub()
        self._reader = _Side(self._hub.loop.io(sock.fileno(), _READ))
        self._writer: _Side | None = None
        self._alarm: Any = None
        self._alarm_due = math.inf
        self._run = 0

    def connect(self, address: Any, source: Any = None) -> None:
        """Connect a socket that is not connected yet, from the local address ``source`` if given.

        Raises:
            ConnectFailed: with the system's reason.
            TimedOut: no answer in time.
        """
        try:
            if source is not None:
                self.sock.bind(source)
            code = self.sock.connect_ex(address)
        except OSError as error:
            raise ConnectFailed(f"{address}: {error}") from error
        if code in _IN_PROGRESS:
            self._wait(self._writing_side())
            code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise ConnectFailed(f"{address}: {errno.errorcode.get(code, code)}")

    def receive(self, limit: int, *, interruptible: bool = False) -> bytes:
        """Wait for octets: 1 to ``limit`` of them, or ``b""`` when the peer has finished sending.

        Raises:
            TimedOut, ConnectionLost, Interrupted (only when ``interruptible``)
        """
        while True:
            if interruptible and (self._interrupts or self.stopping):
                self._interrupts = False
                raise Interrupted("stopping" if self.stopping else "interrupted")
            try:
                data = self.sock.recv(limit)
            except BlockingIOError:
                self._wait(self._reader)
            except OSError as error:
                raise self._lost(error) from error
            else:
                self._run += 1
                if self._run >= _RUN_WITHOUT_WAIT:
                    self._let_others_run()
                return data

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it, however small the pieces that the kernel takes.

        Raises:
            TimedOut, ConnectionLost
        """
        rest: bytes | bytearray | memoryview = data  # a view of it only once the kernel takes less than all
        while rest:
            try:
                sent = self.sock.send(rest if len(rest) <= _SEND_PIECE else memoryview(rest)[:_SEND_PIECE])
            except BlockingIOError:
                self._wait(self._writing_side())
            except OSError as error:
                raise self._lost(error) from error
            else:
                self._run += 1
                if self._run >= _RUN_WITHOUT_WAIT:
                    self._let_others_run()
                if sent == len(rest):
                    return
                rest = memoryview(rest)[sent:]

    def send_now(self, data: bytes) -> None:
        """Send what goes out without waiting; for last words to a peer that may not listen."""
        if data:
            with contextlib.suppress(OSError):
                self.sock.send(data)

    def interrupt(self) -> None:
        """End the interruptible `receive` that waits now, or else the next one."""
        self._interrupts = True
        self._wake(self._reader)

    def stop(self) -> None:
        """From now on each interruptible `receive` raises Interrupted."""
        self.stopping = True
        self._wake(self._reader)

    def expect_end(self, seconds: float) -> bool:
        """Say that we have finished sending and give the peer a moment to do the same; True when it did.

        A socket closed over unread input makes the kernel send RST, which can destroy our last reply on its way.
        """
        self.deadline = min(self.deadline, monotonic() + seconds)
        with contextlib.suppress(OSError, TimedOut, ConnectionLost):
            self.sock.shutdown(socket.SHUT_WR)
            while seconds > 0 and self.receive(_LINGER_PIECE):
                pass
            return seconds > 0
        return False

    def close(self, *, drain: bool = True) -> None:
        """Give everything back; who still waits gets ConnectionLost. May be called twice and by any greenlet.

        Args:
            drain: take what has already come in, lest the kernel answer it with RST (see `expect_end`).
        """
        if self.closed:
            return
        self.closed = True
        for side in (self._reader, self._writer):
            if side is not None:
                side.watcher.stop()
                self._wake(side)
                side.watcher.close()
        self._disarm()
        if drain:
            self._drain()
        self.sock.close()

    def _drain(self) -> None:
        """Take what is already here: see `expect_end`."""
        with contextlib.suppress(OSError):
            for _ in range(4):
                if not self.sock.recv(_LINGER_PIECE):
                    return

    def _writing_side(self) -> _Side:
        if self._writer is None:
            self._writer = _Side(self._hub.loop.io(self._fileno(), _WRITE))
        return self._writer

    def _fileno(self) -> int:
        if self.closed:
            raise ConnectionLost("closed on our side")
        return self.sock.fileno()

    def _lost(self, error: OSError) -> ConnectionLost:
        return ConnectionLost("closed on our side" if self.closed else str(error))

    def _let_others_run(self) -> None:
        """A peer that always has something for us must not keep the hub for itself, nor outlive its deadline."""
        self._run = 0
        if monotonic() >= self.deadline:
            raise TimedOut("deadline")
        gevent.sleep(1e-6)

    def _wait(self, side: _Side) -> None:
        self._run = 0
        if side.greenlet is not None:
            raise AssertionError("two greenlets wait for the same direction of one stream")
        side.due = due = min(monotonic() + self.timeout, self.deadline)
        if due < self._alarm_due:
            self._arm(due)
        side.greenlet = greenlet = gevent.getcurrent()
        side.watcher.start(greenlet.switch, False)
        try:
            expired = self._hub.switch()
        finally:
            side.greenlet = None
            if not self.closed:
                side.watcher.stop()
        if self.closed:
            raise ConnectionLost("closed on our side")
        if expired is True:
            raise TimedOut("deadline" if due == self.deadline else "idle")

    def _wake(self, side: _Side) -> None:
        # Never `greenlet.switch()` from another greenlet: the caller would not be resumed. The hub switches.
        if side.greenlet is not None:
            self._hub.loop.run_callback(self._resume, side)

    @staticmethod
    def _resume(side: _Side) -> None:
        if side.greenlet is not None:
            side.greenlet.switch(False)

    def _arm(self, due: float) -> None:
        self._disarm()
        self._alarm = self._hub.loop.timer(max(due - monotonic(), 0.001), ref=False)
        self._alarm_due = due
        self._alarm.start(self._ring)

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.close()
            self._alarm, self._alarm_due = None, math.inf

    def _ring(self) -> None:
        """The alarm fires: end the waits that are due, look again when the next one is."""
        self._disarm()
        now = monotonic()
        sides = [self._reader, self._writer] if self._writer else [self._reader]
        waiting = [side for side in sides if side.greenlet is not None]
        for side in waiting:
            if side.due <= now:
                side.greenlet.switch(True)
        later = [side.due for side in waiting if side.greenlet is not None and side.due > now]
        if later and min(later) < self._alarm_due and not self.closed:
            self._arm(min(later))
