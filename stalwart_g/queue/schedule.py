"""When: due times of messages, the retry ladder, delay notices, expiry (SPEC-SMTP section 5.2). Reads no clock."""

from __future__ import annotations

import random
from heapq import heappop, heappush

from stalwart_g.model.mail import SERVER_KINDS
from stalwart_g.queue.entry import Entry, RecipientRecord, State
from stalwart_g.queue.settings import MAXIMUM_LIFE_SECONDS, Schedule

_OLDEST_EVERY = 8  # so that a stream of urgent mail starves nobody
NEVER = float("inf")


class DueTimes:
    """Which message is next. What is due goes out by priority, then by age; each eighth one by age alone.

    A message has one time at most; `put` replaces an earlier one. Heap items that are out of date are skipped.
    """

    def __init__(self) -> None:
        self._times: dict[int, tuple[float, int]] = {}  # id to due time and priority
        self._waiting: list[tuple[float, int]] = []  # due, id
        self._by_priority: list[tuple[int, float, int]] = []  # -priority, due, id
        self._by_age: list[tuple[int, float, int]] = []  # 0, due, id
        self._taken = 0

    def __len__(self) -> int:
        return len(self._times)

    def put(self, number: int, due: float, priority: int = 0) -> None:
        if due == NEVER:
            self.remove(number)
            return
        self._times[number] = (due, priority)
        heappush(self._waiting, (due, number))

    def remove(self, number: int) -> None:
        self._times.pop(number, None)

    def next_due(self) -> float:
        """The earliest time; `NEVER` when there is none."""
        while self._by_age and not self._is_current(*self._by_age[0][1:]):
            heappop(self._by_age)
        while self._waiting and not self._is_current(*self._waiting[0]):
            heappop(self._waiting)
        ripe = self._by_age[0][1] if self._by_age else NEVER
        return min(ripe, self._waiting[0][0]) if self._waiting else ripe

    def take(self, now: float, count: int) -> list[int]:
        """Up to ``count`` messages whose time has come; they have no time any more."""
        self._ripen(now)
        taken: list[int] = []
        while len(taken) < count and (number := self._pop()) is not None:
            del self._times[number]
            taken.append(number)
        return taken

    def _ripen(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            due, number = heappop(self._waiting)
            known = self._times.get(number)
            if known is not None and known[0] == due:
                heappush(self._by_priority, (-known[1], due, number))
                heappush(self._by_age, (0, due, number))

    def _pop(self) -> int | None:
        self._taken += 1
        heap = self._by_priority if self._taken % _OLDEST_EVERY else self._by_age
        while heap:
            _, due, number = heappop(heap)
            if self._is_current(due, number):
                return number
        return None

    def _is_current(self, due: float, number: int) -> bool:
        known = self._times.get(number)
        return known is not None and known[0] == due


def wait_seconds(attempts: int, schedule: Schedule, dice: random.Random) -> float:
    """How long to wait after so many attempts: the ladder's step, ± jitter."""
    step = schedule.retry[min(max(attempts, 1), len(schedule.retry)) - 1]
    return step * (1 + dice.uniform(-schedule.jitter, schedule.jitter))


def expires_at(entry: Entry, recipient: RecipientRecord) -> float:
    """When to give up: the recipient's time, the sender's (RFC 2852, mode R), and never later than our maximum."""
    latest = entry.first_due + MAXIMUM_LIFE_SECONDS
    parameters = entry.parameters
    if parameters.by_seconds is not None and parameters.by_mode.startswith("R"):
        latest = min(latest, entry.created + parameters.by_seconds)
    return min(recipient.expires, latest)


def notice_times(entry: Entry, schedule: Schedule) -> list[float]:
    """When the sender is told of the delay, in order; none for mail that the server wrote itself, nor for bounces.

    The by-time of RFC 2852 mode N is one of them.
    """
    if entry.origin.kind in SERVER_KINDS or not entry.reverse_path:
        return []
    times = [entry.first_due + age for age in schedule.notify]
    parameters = entry.parameters
    if parameters.by_seconds is not None and parameters.by_mode.startswith("N"):
        times.append(entry.created + parameters.by_seconds)
    return sorted(times)


def notices_due(entry: Entry, now: float, schedule: Schedule) -> int:
    """How many delay notices should have been sent by now."""
    return sum(time <= now for time in notice_times(entry, schedule))


def next_event(entry: Entry, schedule: Schedule) -> float:
    """When the message needs somebody again: an attempt, a notice, or the end of its life."""
    times = notice_times(entry, schedule)
    earliest = NEVER
    for recipient in entry.recipients:
        if recipient.state is State.SCHEDULED:
            notices = times[recipient.notices : recipient.notices + 1] if recipient.attempts else []
            earliest = min(earliest, recipient.due, expires_at(entry, recipient), *notices)
    return earliest
