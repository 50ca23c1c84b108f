"""Queue ids: 63 bits, ordered by time, given once and never again, on any worker, after any crash.

From the top: 41 bits of milliseconds, 5 bits of node, 7 bits of partition, 10 bits of sequence. Time may stand still or
run backwards over a restart; therefore a bound is kept in the store, past which no id has ever been given, and ids that
need a later bound travel in the same batch with it.
"""

from __future__ import annotations

from collections.abc import Callable

NODES, PARTITIONS, _SEQUENCE = 32, 128, 1024
_EPOCH_SECONDS = 1_704_067_200  # 2024-01-01
_RESERVED_MILLISECONDS = 60_000


class Ids:
    """The ids of one partition.

    Args:
        bound: what was kept in the store last, in milliseconds of our epoch; 0 at the very first start.
        clock: unix time in seconds.
    """

    def __init__(self, node: int, partition: int, bound: int, clock: Callable[[], float]) -> None:
        if not (0 <= node < NODES and 0 <= partition < PARTITIONS):
            raise ValueError(f"node {node} or partition {partition} is out of range")
        self._place = node * PARTITIONS + partition
        self._clock = clock
        self._durable = bound
        self._last, self._sequence = bound, 0

    def next(self) -> int:
        """A new id, greater than all before it."""
        now = self.now()
        if now > self._last:
            self._last, self._sequence = now, 0
        else:
            self._sequence += 1
            if self._sequence == _SEQUENCE:  # a millisecond of ours may come before one of the clock's
                self._last, self._sequence = self._last + 1, 0
        return (self._last * NODES * PARTITIONS + self._place) * _SEQUENCE + self._sequence

    def now(self) -> int:
        """Milliseconds of our epoch."""
        return int((self._clock() - _EPOCH_SECONDS) * 1000)

    def bound_to_keep(self) -> int | None:
        """The bound that must become durable together with the ids given so far; None: the durable one will do."""
        return None if self._last < self._durable else self._last + _RESERVED_MILLISECONDS

    def kept(self, bound: int) -> None:
        """The bound is durable."""
        self._durable = max(self._durable, bound)


def shown(number: int) -> str:
    """As people see it."""
    return f"{number:016x}"


def parsed(text: str) -> int:
    """Raises: ValueError, for what is no id."""
    return int(text, 16)
