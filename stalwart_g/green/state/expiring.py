"""A dictionary whose entries end, bounded in size. Reads no clock: the time is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

_SWEEP_EACH = 4
_STALE_ENDS = 1000


class ExpiringTable(Generic[K, V]):
    """Each write also throws away a few ended entries, so the cost of cleaning up is spread evenly.

    Args:
        capacity: over it, the entry that ends first makes room.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: dict[K, tuple[float, V]] = {}
        self._ends: list[tuple[float, int, K]] = []
        self._turn = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K, now: float) -> V | None:
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] > now else None

    def put(self, key: K, value: V, end: float, now: float) -> None:
        """Write or overwrite; the entry lives until ``end``."""
        if key not in self._entries:
            self._schedule(key, end)
        self._entries[key] = (end, value)
        self._sweep(now)

    def remove(self, key: K) -> V | None:
        # What was scheduled for it stays and finds nothing, or a later entry of the same key, when its time comes.
        entry = self._entries.pop(key, None)
        return entry[1] if entry is not None else None

    def items(self, now: float) -> Iterator[tuple[K, V, float]]:
        """Key, value and end of each living entry."""
        return ((key, value, end) for key, (end, value) in self._entries.items() if end > now)

    def _schedule(self, key: K, end: float) -> None:
        self._turn += 1
        heappush(self._ends, (end, self._turn, key))

    def _sweep(self, now: float) -> None:
        for _ in range(_SWEEP_EACH):
            if not self._ends or (self._ends[0][0] > now and len(self._entries) <= self._capacity):
                break
            planned, _, key = heappop(self._ends)
            entry = self._entries.get(key)
            if entry is not None and entry[0] > planned:
                self._schedule(key, entry[0])
            elif entry is not None:
                del self._entries[key]
        if len(self._ends) > 2 * len(self._entries) + _STALE_ENDS:
            self._ends = [(end, turn, key) for turn, (key, (end, _)) in enumerate(self._entries.items())]
            heapify(self._ends)
