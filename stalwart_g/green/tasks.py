"""Greenlets, timers and what passes between them, for the floors above, which do not import gevent."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar

import gevent
import gevent.event
import gevent.lock
import gevent.queue
from gevent.hub import get_hub

from stalwart_g.green.errors import TimedOut

log = logging.getLogger(__name__)

T = TypeVar("T")

_BREATH_SECONDS = 1e-6


class Task(Generic[T]):
    """Something that runs beside its caller. An exception of it is logged once, when it happens."""

    def __init__(self, run: Callable[..., T], arguments: tuple[Any, ...], name: str) -> None:
        self.name = name
        self.error: Exception | None = None
        self._greenlet: Any = gevent.Greenlet(self._main, run, arguments)
        self._greenlet.start()

    @property
    def done(self) -> bool:
        return bool(self._greenlet.ready())

    @property
    def result(self) -> T | None:
        """What the function returned; None before that, after an exception and after `kill`."""
        value: T | None = self._greenlet.value if self._greenlet.successful() else None
        return None if isinstance(value, gevent.GreenletExit) else value

    def join(self, timeout_seconds: float | None = None) -> bool:
        """Wait until it ended, however; False when it took too long."""
        self._greenlet.join(timeout_seconds)
        return self.done

    def kill(self, *, wait: bool = True) -> None:
        """End it where it waits; its ``finally`` and ``with`` blocks run."""
        self._greenlet.kill(block=wait and gevent.getcurrent() is not self._greenlet)

    def _main(self, run: Callable[..., T], arguments: tuple[Any, ...]) -> T | None:
        try:
            return run(*arguments)
        except Exception as error:
            self.error = error
            log.exception("task=%s failed", self.name)
            return None


class Event:
    """Set once or cleared again; many may wait for it."""

    def __init__(self) -> None:
        self._event = gevent.event.Event()

    def set(self) -> None:
        self._event.set()

    def clear(self) -> None:
        self._event.clear()

    def is_set(self) -> bool:
        return bool(self._event.is_set())

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """True once it is set, False when that took too long."""
        return bool(self._event.wait(timeout_seconds))


class Queue(Generic[T]):
    """First in, first out; with ``limit`` > 0, `put` waits for room."""

    def __init__(self, limit: int = 0) -> None:
        self._queue = gevent.queue.Queue(limit or None)

    def put(self, item: T, timeout_seconds: float | None = None) -> None:
        """Raises: TimedOut"""
        try:
            self._queue.put(item, timeout=timeout_seconds)
        except gevent.queue.Full:
            raise TimedOut("queue full") from None

    def get(self, timeout_seconds: float | None = None) -> T:
        """Raises: TimedOut"""
        try:
            item: T = self._queue.get(timeout=timeout_seconds)
        except gevent.queue.Empty:
            raise TimedOut("queue empty") from None
        return item

    def get_all(self) -> list[T]:
        """What is there now, perhaps nothing; does not wait."""
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]

    def __len__(self) -> int:
        return int(self._queue.qsize())


class Semaphore:
    """At most ``count`` greenlets inside at a time; ``with`` enters and leaves."""

    def __init__(self, count: int = 1) -> None:
        self._semaphore = gevent.lock.BoundedSemaphore(count)

    def acquire(self, timeout_seconds: float | None = None) -> bool:
        """Enter; False when that took too long. 0 does not wait."""
        return bool(self._semaphore.acquire(blocking=timeout_seconds != 0, timeout=timeout_seconds or None))

    def release(self) -> None:
        self._semaphore.release()

    def __enter__(self) -> None:
        self._semaphore.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._semaphore.release()


class Lock(Semaphore):
    """One greenlet at a time; not to be entered twice by the same."""

    def __init__(self) -> None:
        super().__init__(1)


class Repeated:
    """What `every` started. `now` lets it run at once, `cancel` for the last time."""

    def __init__(self, seconds: float, run: Callable[[], object], jitter: float) -> None:
        self._seconds, self._run, self._jitter = seconds, run, jitter
        self._nudge = Event()
        self._task = spawn(self._loop, name=getattr(run, "__qualname__", "every"))

    def now(self) -> None:
        self._nudge.set()

    def cancel(self) -> None:
        self._task.kill()

    def _loop(self) -> None:
        while True:
            self._nudge.wait(self._seconds * random.uniform(1 - self._jitter, 1 + self._jitter))  # noqa: S311
            self._nudge.clear()
            try:
                self._run()
            except Exception:
                log.exception("task=%s failed, it goes on", self._task.name)


def spawn(run: Callable[..., T], *arguments: Any, name: str = "") -> Task[T]:
    """Run it beside the caller, soon."""
    return Task(run, arguments, name or getattr(run, "__qualname__", "task"))


def soon(run: Callable[[], object]) -> None:
    """Have the hub call it in its next turn; it must not wait."""
    get_hub().loop.run_callback(run)


def every(seconds: float, run: Callable[[], object], *, jitter: float = 0.0) -> Repeated:
    """Run it each ``seconds`` (± the fraction ``jitter``), first after that time; a failed run is logged."""
    return Repeated(seconds, run, jitter)


def sleep(seconds: float) -> None:
    """Let others run for so long."""
    gevent.sleep(seconds)


def breathe() -> None:
    """Let everybody else run who is ready, sockets included, then go on; for long computations.

    `sleep(0)` would not do: gevent runs some 50 ready greenlets before it looks at the sockets again.
    """
    gevent.sleep(_BREATH_SECONDS)


class timeout:  # noqa: N801  # used like a function; a generator around gevent's Timeout would cost three times as much
    """Raises TimedOut in the block when it takes longer; None: no limit."""

    __slots__ = ("_over", "_seconds", "_timer")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._timer: Any = None

    def __enter__(self) -> None:
        if self._seconds is None:
            return
        self._over = _Over(f"{self._seconds}s are over")
        self._timer = get_hub().loop.timer(max(self._seconds, 0.0), priority=-1)  # what is ready now goes first
        # The loop's clock stands still between its turns: without the update a long turn before this would count.
        self._timer.start(gevent.getcurrent().throw, self._over, update=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is None:
            return
        self._timer.close()
        if error is self._over:
            raise TimedOut(str(error)) from None


class _Over(BaseException):
    """What ends a `timeout` block. No Exception: nothing inside the block shall take it for an error of its own."""


def wait_any(events: Sequence[Event | Task[Any]], timeout_seconds: float | None = None) -> Event | Task[Any] | None:
    """The first of the events to be set, or tasks to end; None when that took too long."""
    inner = {id(_inner(event)): event for event in events}
    found = gevent.wait([_inner(event) for event in events], timeout=timeout_seconds, count=1)
    return inner[id(found[0])] if found else None


def _inner(event: Event | Task[Any]) -> Any:
    return event._event if isinstance(event, Event) else event._greenlet
