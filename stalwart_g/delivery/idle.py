"""Connections between two transactions, kept for the next mail to the same host (SPEC-SMTP section 5.7)."""

from __future__ import annotations

from time import monotonic

from stalwart_g.delivery.connection import Connection, Terms
from stalwart_g.green import tasks

IDLE_SECONDS = 5.0
LIFE_SECONDS = 300.0
TRANSACTIONS_MAX = 100
_KEPT_MAX = 50


class IdleConnections:
    """Only equal terms share a connection. Leave is taken in the background, so that nobody waits for it."""

    def __init__(self) -> None:
        self._kept: dict[Terms, list[tuple[float, Connection]]] = {}
        self._sweeper: tasks.Repeated | None = None

    def __len__(self) -> int:
        return sum(len(kept) for kept in self._kept.values())

    def take(self, terms: Terms) -> Connection | None:
        """The connection that was used last, if it is still fresh."""
        kept = self._kept.get(terms, [])
        while kept:
            since, connection = kept.pop()
            if monotonic() - since < IDLE_SECONDS:
                return connection
            self._leave(connection)
        return None

    def put(self, terms: Terms, connection: Connection) -> None:
        """Keep it for the next one, or take leave."""
        worn_out = connection.transactions >= TRANSACTIONS_MAX or monotonic() - connection.started > LIFE_SECONDS
        if worn_out or not connection.is_usable or len(self) >= _KEPT_MAX:
            self._leave(connection)
            return
        self._kept.setdefault(terms, []).append((monotonic(), connection))
        if self._sweeper is None:
            self._sweeper = tasks.every(1.0, self._sweep)

    def close(self) -> None:
        """Take leave of all."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        leaving = [connection for kept in self._kept.values() for _, connection in kept]
        self._kept.clear()
        for task in [self._leave(connection) for connection in leaving]:
            task.join(1.0)

    def _sweep(self) -> None:
        oldest = monotonic() - IDLE_SECONDS
        for terms, kept in list(self._kept.items()):
            for item in [item for item in kept if item[0] < oldest]:
                kept.remove(item)
                self._leave(item[1])
            if not kept:
                del self._kept[terms]

    @staticmethod
    def _leave(connection: Connection) -> tasks.Task[None]:
        return tasks.spawn(connection.quit, name="quit")
