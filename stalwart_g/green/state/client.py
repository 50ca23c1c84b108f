"""A worker's view of the broker: many greenlets share one connection; without a broker, a share of each budget."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from gevent.event import AsyncResult

from stalwart_g.green import tasks
from stalwart_g.green.errors import ConnectionLost, StateUnavailable, TimedOut
from stalwart_g.green.state.expiring import ExpiringTable
from stalwart_g.green.state.frames import FrameError, FrameReader, Item, frame
from stalwart_g.green.state.interface import Callback
from stalwart_g.green.state.memory import MemoryState
from stalwart_g.green.stream import Stream, dial_unix
from stalwart_g.observe import metrics

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
_HELD_CAPACITY = 100_000

_lost = metrics.counter("state_broker_lost", "Connections to the broker that ended unasked")
_alone_gauge = metrics.gauge("state_fallback", "Workers that decide alone, because the broker does not answer")


class BrokerState:
    """A `State` over the socket of `bind_broker`.

    While the broker is away this worker goes on with a memory of its own and 1/``workers`` of each budget (at least 1),
    so that no limit is ever off. When it comes back, held slots and subscriptions are announced again.

    Args:
        workers: how many processes share the budgets.
        patience_seconds: a broker that answers nothing for so long is given up.
        fallback: False: raise StateUnavailable instead of deciding alone.
    """

    def __init__(self, path: Path, *, workers: int = 1, patience_seconds: float = 5.0, fallback: bool = True) -> None:
        self._path, self._workers, self._patience, self._fallback = path, workers, patience_seconds, fallback
        self._local = MemoryState()
        self._held = ExpiringTable[int, str](_HELD_CAPACITY)
        self._channels: Counter[str] = Counter()
        self._waiting: dict[int, tuple[AsyncResult, float]] = {}
        self._outbox: list[Item] = []
        self._work = tasks.Event()
        self._connected = tasks.Event()
        self._stream: Stream | None = None
        self._number = 0
        self._tasks: list[tasks.Task[None] | tasks.Repeated] = []

    def start(self, wait_seconds: float = _CONNECT_SECONDS) -> None:
        """Connect, and keep connected. A broker that is not there in time is waited for in the background."""
        self._tasks = [
            tasks.spawn(self._keep_connected, name="state-connection"),
            tasks.spawn(self._send, name="state-sender"),
            tasks.every(max(self._patience / 4, 0.05), self._check_patience),
        ]
        self._connected.wait(wait_seconds)

    def close(self) -> None:
        """End the connection; the broker frees what we hold."""
        for task in self._tasks:
            task.cancel() if isinstance(task, tasks.Repeated) else task.kill()
        self._tasks.clear()
        self._disconnect()

    @property
    def connected(self) -> bool:
        return self._stream is not None

    def limit(self, key: str, count: int, period_seconds: float, cost: int = 1, *, peek: bool = False) -> bool:
        """See `State`."""
        try:
            return bool(self._ask("limit", key, count, period_seconds, cost, peek))
        except ConnectionLost:
            return self._alone().limit(key, self._share(count), period_seconds, cost, peek=peek)

    def slot(self, key: str, maximum: int, lease_seconds: float) -> int | None:
        """See `State`."""
        token: int | None
        try:
            token = self._ask("slot", key, maximum, lease_seconds)
        except ConnectionLost:
            token = self._alone().slot(key, self._share(maximum), lease_seconds)
        if token is not None:
            self._note_held(token, key, lease_seconds)
        return token

    def release(self, token: int) -> None:
        """See `State`."""
        self._held.remove(token)
        self._local.release(token)
        self._tell("release", token)

    def renew(self, token: int, lease_seconds: float) -> bool:
        """See `State`."""
        key = self._held.get(token, monotonic())
        if key is None:
            return False
        try:
            renewed = bool(self._ask("renew", token, lease_seconds))
        except ConnectionLost:
            self._alone().hold(token, key, lease_seconds)
            renewed = True
        if renewed:
            self._note_held(token, key, lease_seconds)
        return renewed

    def remember(self, table: str, key: str, ttl_seconds: float, *, peek: bool = False) -> float | None:
        """See `State`."""
        try:
            age: float | None = self._ask("remember", table, key, ttl_seconds, peek)
        except ConnectionLost:
            return self._alone().remember(table, key, ttl_seconds, peek=peek)
        return age

    def forget(self, table: str, key: str) -> None:
        """See `State`."""
        self._local.forget(table, key)
        self._tell("forget", table, key)

    def publish(self, channel: str, payload: bytes) -> None:
        """See `State`."""
        if not self._tell("publish", channel, payload):
            self._alone().publish(channel, payload)

    def subscribe(self, channel: str, callback: Callback) -> Callable[[], None]:
        """See `State`. The callback runs in the greenlet that reads from the broker."""
        cancel = self._local.subscribe(channel, callback)
        self._channels[channel] += 1
        self._tell("subscribe", channel)

        def end() -> None:
            cancel()
            self._channels[channel] -= 1
            if self._channels[channel] <= 0:
                del self._channels[channel]
                self._tell("unsubscribe", channel)

        return end

    def _share(self, budget: int) -> int:
        return max(budget // self._workers, 1)

    def _alone(self) -> MemoryState:
        if not self._fallback:
            raise StateUnavailable("the state broker does not answer", "4.3.0")
        return self._local

    def _note_held(self, token: int, key: str, lease_seconds: float) -> None:
        now = monotonic()
        self._held.put(token, key, now + lease_seconds, now)

    def _ask(self, call: str, *arguments: Any) -> Any:
        """Send with whatever else goes out now, wait for the answer.

        Raises:
            ConnectionLost: there is no broker, or it went away before it answered.
        """
        if self._stream is None:
            raise ConnectionLost("no broker")
        self._number = number = self._number + 1
        result = AsyncResult()
        self._waiting[number] = (result, monotonic())
        self._outbox.append((number, call, arguments))
        self._work.set()
        try:
            return result.get()
        finally:
            self._waiting.pop(number, None)

    def _tell(self, call: str, *arguments: Any) -> bool:
        """Send without an answer; False when there is no broker."""
        if self._stream is None:
            return False
        self._outbox.append((0, call, arguments))
        self._work.set()
        return True

    def _send(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            items, self._outbox = self._outbox, []
            stream = self._stream
            if stream is not None and items:
                try:
                    stream.send(frame(items))
                except (ConnectionLost, TimedOut):
                    stream.close()

    def _keep_connected(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                stream = self._meet()
            except (ConnectionLost, TimedOut) as error:
                log.debug("state broker: %s", error)
                tasks.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            self._announce(stream)
            self._read(stream)
            _lost.inc()
            log.error("the state broker is gone; each worker goes on with 1/%d of every budget", self._workers)
            _alone_gauge.set(1)
            self._disconnect()

    def _meet(self) -> Stream:
        """A connection that a living broker has answered on: the socket alone is the master's and always there."""
        stream = dial_unix(self._path, timeout_seconds=_CONNECT_SECONDS)
        try:
            with stream.within(self._patience):
                stream.send(frame([(1, "renew", (0, 0.0))]))
                if not stream.recv():
                    raise ConnectionLost("the broker closed the connection")
        except (ConnectionLost, TimedOut):
            stream.close()
            raise
        return stream

    def _announce(self, stream: Stream) -> None:
        """A new connection: what we hold and want to hear goes out first."""
        now = monotonic()
        held = [(0, "hold", (token, key, end - now)) for token, key, end in self._held_until(now)]
        self._outbox = [*held, *((0, "subscribe", (channel,)) for channel in self._channels)]
        self._stream = stream
        self._work.set()
        if self._connected.is_set():
            log.warning("the state broker is back")
        self._connected.set()
        _alone_gauge.set(0)

    def _held_until(self, now: float) -> list[tuple[int, str, float]]:
        return [(token, key, end) for token, key, end in self._held.items(now)]

    def _read(self, stream: Stream) -> None:
        reader = FrameReader()
        try:
            while data := stream.recv():
                for item in reader.feed(data):
                    self._take(item)
        except (ConnectionLost, TimedOut, FrameError) as error:
            log.debug("state broker: %s", error)

    def _take(self, item: Item) -> None:
        if item[0]:
            waiting = self._waiting.get(item[0])
            if waiting is not None:
                waiting[0].set(item[1])
        else:
            self._local.publish(item[1], item[2])

    def _disconnect(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._outbox = []
        for result, _ in self._waiting.values():
            result.set_exception(ConnectionLost("no broker"))
        self._waiting.clear()

    def _check_patience(self) -> None:
        oldest = next(iter(self._waiting.values()), None)
        if oldest is not None and self._stream is not None and monotonic() - oldest[1] > self._patience:
            log.error("the state broker does not answer")
            self._stream.close()
