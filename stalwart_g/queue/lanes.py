"""Deliveries at a time: a pool of recycled greenlets for each named queue, and fairness between destinations."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut
from stalwart_g.observe import metrics
from stalwart_g.queue import settings

log = logging.getLogger(__name__)

_IDLE_SECONDS = 30.0
_WAITING_PER_WORKER = 20

_running = metrics.gauge("queue_deliveries", "Deliveries that are going on", ("lane",))

Work = Callable[[], object]


class Lane:
    """One named queue. What one destination has no room for waits apart, so that it holds nobody else up."""

    def __init__(self, name: str, limits: settings.Lane) -> None:
        self.name = name
        self._limits = limits
        self._ready: tasks.Queue[tuple[str, Work]] = tasks.Queue()
        self._busy: dict[str, int] = {}  # destination to work that is ready or running
        self._parked: dict[str, deque[Work]] = {}
        self._workers: set[tasks.Task[None]] = set()
        self._idle = self._started = 0

    def __len__(self) -> int:
        """Work that has not begun."""
        return len(self._ready) + sum(map(len, self._parked.values()))

    @property
    def is_full(self) -> bool:
        """So much is waiting that more would only take room."""
        return len(self) >= self._limits.workers * _WAITING_PER_WORKER

    def put(self, destination: str, work: Work, at_a_time: int = 0) -> None:
        """Have it done as soon as a greenlet is free, with at most so many of this destination at a time.

        Args:
            at_a_time: 0: as the settings say.
        """
        busy = self._busy.get(destination, 0)
        if busy >= (at_a_time or self._limits.per_destination):
            self._parked.setdefault(destination, deque()).append(work)
            return
        self._busy[destination] = busy + 1
        self._ready.put((destination, work))
        if len(self._ready) > self._idle and self._started < self._limits.workers:
            self._started += 1
            self._workers = {worker for worker in self._workers if not worker.done}
            self._workers.add(tasks.spawn(self._serve, name=f"lane {self.name}"))

    def stop(self, grace_seconds: float) -> None:
        """Begin nothing more; what is going on has so much time to end."""
        self._parked.clear()
        for destination, _ in self._ready.get_all():
            self._done(destination)
        with suppress(TimedOut), tasks.timeout(grace_seconds):
            while self._busy:
                tasks.sleep(0.02)
        for worker in list(self._workers):
            worker.kill()

    def _serve(self) -> None:
        try:
            while (job := self._next()) is not None:
                destination, work = job
                _running.inc(self.name)
                try:
                    work()
                except Exception:
                    log.exception("lane=%s destination=%s failed", self.name, destination)
                finally:
                    _running.dec(self.name)
                    self._done(destination)
        finally:
            self._started -= 1

    def _next(self) -> tuple[str, Work] | None:
        self._idle += 1
        try:
            return self._ready.get(_IDLE_SECONDS)
        except TimedOut:
            return None
        finally:
            self._idle -= 1

    def _done(self, destination: str) -> None:
        """Its place goes to who waits for it."""
        if parked := self._parked.get(destination):
            self._ready.put((destination, parked.popleft()))
            return
        self._parked.pop(destination, None)
        self._busy[destination] -= 1
        if not self._busy[destination]:
            del self._busy[destination]
