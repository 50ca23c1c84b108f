"""The algorithms behind limits, slots, remembered keys and wake-ups; the broker runs them for a whole host."""

from __future__ import annotations

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable
from time import time

from stalwart_g.green.state.expiring import ExpiringTable
from stalwart_g.green.state.interface import Callback

log = logging.getLogger(__name__)

_CAPACITY = 1_000_000
_TOKEN_BITS = 62


class MemoryState:
    """The state of one process; never waits, never fails.

    Args:
        clock: seconds; wall time by default, because remembered keys survive a restart (`dump`, `load`).
        capacity: so many entries of each kind; over it, those that end first are dropped.
    """

    def __init__(self, clock: Callable[[], float] = time, *, capacity: int = _CAPACITY) -> None:
        self._clock = clock
        self._windows = ExpiringTable[str, tuple[float, int, int]](capacity)
        self._known = ExpiringTable[tuple[str, str], float](capacity)
        self._leases = ExpiringTable[int, str](capacity)
        self._holders = ExpiringTable[str, dict[int, float]](capacity)
        self._subscribers: defaultdict[str, list[Callback]] = defaultdict(list)

    def limit(self, key: str, count: int, period_seconds: float, cost: int = 1, *, peek: bool = False) -> bool:
        """See `State`. Two buckets: what was used in the last full period counts as far as it still overlaps."""
        now = self._clock()
        key = f"{period_seconds}:{key}"
        start = now - now % period_seconds
        bucket, used, before = self._windows.get(key, now) or (start, 0, 0)
        if bucket != start:
            before = used if bucket == start - period_seconds else 0
            used = 0
        overlap = 1 - (now - start) / period_seconds
        if used + cost + before * overlap > count:
            return False
        if not peek:
            self._windows.put(key, (start, used + cost, before), start + 2 * period_seconds, now)
        return True

    def slot(self, key: str, maximum: int, lease_seconds: float) -> int | None:
        """See `State`."""
        if len(self._living_holders(key)) >= maximum:
            return None
        token = secrets.randbits(_TOKEN_BITS)
        self._hold(token, key, lease_seconds)
        return token

    def hold(self, token: int, key: str, lease_seconds: float) -> None:
        """Take back a slot that was ours before the state was lost, also over the maximum."""
        self._hold(token, key, lease_seconds)

    def release(self, token: int) -> None:
        """See `State`."""
        key = self._leases.remove(token)
        if key is not None:
            self._living_holders(key).pop(token, None)

    def renew(self, token: int, lease_seconds: float) -> bool:
        """See `State`."""
        key = self._leases.get(token, self._clock())
        if key is None:
            return False
        self._hold(token, key, lease_seconds)
        return True

    def remember(self, table: str, key: str, ttl_seconds: float, *, peek: bool = False) -> float | None:
        """See `State`."""
        now = self._clock()
        since = self._known.get((table, key), now)
        if since is not None:
            return max(now - since, 0.0)
        if not peek:
            self._known.put((table, key), now, now + ttl_seconds, now)
        return None

    def forget(self, table: str, key: str) -> None:
        """See `State`."""
        self._known.remove((table, key))

    def publish(self, channel: str, payload: bytes) -> None:
        """See `State`."""
        for callback in list(self._subscribers.get(channel, ())):
            try:
                callback(payload)
            except Exception:
                log.exception("a subscriber of %s failed", channel)

    def subscribe(self, channel: str, callback: Callback) -> Callable[[], None]:
        """See `State`."""
        self._subscribers[channel].append(callback)
        return lambda: self._unsubscribe(channel, callback)

    def dump(self) -> list[tuple[str, str, float, float]]:
        """All remembered keys: table, key, since when, until when."""
        return [(table, key, since, end) for (table, key), since, end in self._known.items(self._clock())]

    def load(self, dumped: Iterable[tuple[str, str, float, float]]) -> None:
        """Take up what `dump` gave."""
        now = self._clock()
        for table, key, since, end in dumped:
            if end > now:
                self._known.put((table, key), since, end, now)

    def _hold(self, token: int, key: str, lease_seconds: float) -> None:
        now = self._clock()
        end = now + lease_seconds
        self._leases.put(token, key, end, now)
        holders = self._living_holders(key)
        holders[token] = end
        self._holders.put(key, holders, max(holders.values()), now)

    def _living_holders(self, key: str) -> dict[int, float]:
        now = self._clock()
        holders = self._holders.get(key, now) or {}
        for token in [token for token, end in holders.items() if end <= now]:
            del holders[token]
        return holders

    def _unsubscribe(self, channel: str, callback: Callback) -> None:
        subscribers = self._subscribers.get(channel, [])
        if callback in subscribers:
            subscribers.remove(callback)
        if not subscribers:
            self._subscribers.pop(channel, None)
