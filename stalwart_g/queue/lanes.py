"""Deliveries at a time: a lane for each named queue, fairness between destinations, greenlets that are used again."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeAlias

from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut
from stalwart_g.observe import metrics
from stalwart_g.queue import settings

log = logging.getLogger(__name__)

_SPARE = 25
_WAITING_PER_WORKER = 20

_running = metrics.gauge("queue_deliveries", "Deliveries that are going on", ("lane",))

Rest: TypeAlias = Callable[[], object]
Work: TypeAlias = Callable[[], Rest | None]
"""What it returns is called after its place was left, in the same greenlet."""


class Crew:
    """Greenlets for work that has its place already, as many as there is work; some stay for the next."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ready: tasks.Queue[Rest] = tasks.Queue()
        self._members: dict[int, tasks.Task[None]] = {}
        self._idle = self._last = 0

    def __len__(self) -> int:
        return len(self._members)

    def put(self, work: Rest) -> None:
        """Have it done soon."""
        self._ready.put(work)
        if len(self._ready) > self._idle:
            self._last += 1
            self._members[self._last] = tasks.spawn(self._serve, self._last, name=self._name)

    def stop(self) -> None:
        """Whatever is going on ends where it is."""
        self._ready.get_all()
        for member in list(self._members.values()):
            member.kill()
        self._members.clear()

    def _serve(self, number: int) -> None:
        try:
            while self._ready or self._idle < _SPARE:
                self._next()()
        finally:
            self._members.pop(number, None)

    def _next(self) -> Rest:
        self._idle += 1
        try:
            return self._ready.get()  # without a time limit: a timer for each piece of work costs more than a greenlet
        finally:
            self._idle -= 1


class Lane:
    """One named queue: its work at a time, in all and for each destination.

    What one destination has no room for waits apart, so that it holds nobody else up.

    Args:
        is_counted: its work is deliveries, of which the metrics tell.
    """

    def __init__(self, name: str, limits: settings.Lane, crew: Crew, *, is_counted: bool = True) -> None:
        self.name = name
        self._limits, self._crew, self._is_counted = limits, crew, is_counted
        self._going_on = 0
        self._busy: dict[str, int] = {}  # destination to work that waits for a worker or is going on
        self._waiting: deque[tuple[str, Work]] = deque()
        self._parked: dict[str, deque[Work]] = {}

    def __len__(self) -> int:
        """Work that has not begun."""
        return len(self._waiting) + sum(map(len, self._parked.values()))

    @property
    def is_full(self) -> bool:
        """So much is waiting that more would only take room."""
        return len(self) >= self._limits.workers * _WAITING_PER_WORKER

    def put(self, destination: str, work: Work, at_a_time: int = 0) -> None:
        """Have it done as soon as there is room, with at most so many of this destination at a time.

        Args:
            at_a_time: 0: as the settings say.
        """
        if (begun := self.begin(destination, work, at_a_time)) is not None:
            self._crew.put(begun)
        elif self._has_room_for(destination, at_a_time):
            self._busy[destination] = self._busy.get(destination, 0) + 1
            self._waiting.append((destination, work))
        else:
            self._parked.setdefault(destination, deque()).append(work)

    def begin(self, destination: str, work: Work, at_a_time: int = 0) -> Rest | None:
        """The work with a place in the lane, to be called at once; None: there is no room for it now.

        Whoever has a greenlet for it spares the switch to another one.
        """
        if self._going_on >= self._limits.workers or not self._has_room_for(destination, at_a_time):
            return None
        self._busy[destination] = self._busy.get(destination, 0) + 1
        self._going_on += 1
        return partial(self._do, destination, work)

    def stop(self, grace_seconds: float) -> None:
        """Begin nothing more; what is going on has so much time to end."""
        self._parked.clear()
        while self._waiting:
            self._leave(self._waiting.popleft()[0])
        with suppress(TimedOut), tasks.timeout(grace_seconds):
            while self._going_on:
                tasks.sleep(0.02)

    def _do(self, destination: str, work: Work) -> None:
        rest = None
        self._count(1)
        try:
            rest = work()
        except Exception:
            log.exception("lane=%s destination=%s failed", self.name, destination)
        finally:
            self._count(-1)
            self._done(destination)
        if rest is not None:
            rest()

    def _count(self, difference: int) -> None:
        if self._is_counted:
            _running.inc(self.name, by=difference)

    def _has_room_for(self, destination: str, at_a_time: int) -> bool:
        return self._busy.get(destination, 0) < (at_a_time or self._limits.per_destination)

    def _done(self, destination: str) -> None:
        """Its place at the destination goes to who waits for it, its place in the lane to who has waited longest."""
        self._going_on -= 1
        if parked := self._parked.get(destination):
            self._waiting.append((destination, parked.popleft()))
        else:
            self._leave(destination)
        if self._waiting:
            self._going_on += 1
            self._crew.put(partial(self._do, *self._waiting.popleft()))

    def _leave(self, destination: str) -> None:
        self._parked.pop(destination, None)
        self._busy[destination] -= 1
        if not self._busy[destination]:
            del self._busy[destination]
