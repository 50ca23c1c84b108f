"""Concurrency slots that scripts took, until their scope ends (SPEC-SMTP section 8.3)."""

from __future__ import annotations

from stalwart_g.green.state import State

LEASE_SECONDS = 3600.0
"""A slot of a process that forgot it is free after this time; that of a process that died, at once."""


class Slots:
    """Whoever opens a session or an attempt makes one, gives it to each run, and releases the scopes as they end.

    ``with Slots(state) as slots:`` releases all.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._held: dict[tuple[str, str], int] = {}

    def take(self, scope: str, key: str, maximum: int) -> bool:
        """Take one of ``maximum``; a slot of this key that is held already is enough.

        Raises:
            StateUnavailable
        """
        if (scope, key) in self._held:
            return True
        token = self._state.slot(key, maximum, LEASE_SECONDS)
        if token is not None:
            self._held[scope, key] = token
        return token is not None

    def release(self, scope: str) -> None:
        """The session, txn or delivery has ended."""
        for held in [held for held in self._held if held[0] == scope]:
            self._state.release(self._held.pop(held))

    def close(self) -> None:
        for scope in {scope for scope, _ in self._held}:
            self.release(scope)

    def __len__(self) -> int:
        return len(self._held)

    def __enter__(self) -> Slots:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
