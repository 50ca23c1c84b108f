"""What can be asked of the shared state (SPEC-SMTP sections 8.3 and 8.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Callback = Callable[[bytes], object]


class State(Protocol):
    """Every call is atomic over all processes and waits cooperatively.

    Raises:
        StateUnavailable: from any call, when there is no answer and nothing to fall back on.
    """

    def limit(self, key: str, count: int, period_seconds: float, cost: int = 1, *, peek: bool = False) -> bool:
        """True when adding ``cost`` keeps ``key`` within ``count`` in any ``period_seconds``; then it is added.

        A refused request is not counted. ``peek`` only looks. Between two periods the past one counts as if it had
        been spread evenly, so a burst at its very end may let up to half as much again through.
        """

    def slot(self, key: str, maximum: int, lease_seconds: float) -> int | None:
        """Take one of ``maximum`` slots: a token for `release`, or None when all are taken.

        The slot is freed by `release`, by the end of the lease, or by the death of this process.
        """

    def release(self, token: int) -> None:
        """Give a slot back; unknown tokens are no error."""

    def renew(self, token: int, lease_seconds: float) -> bool:
        """Extend a lease from now on; False when the slot is ours no longer."""

    def remember(self, table: str, key: str, ttl_seconds: float, *, peek: bool = False) -> float | None:
        """The age in seconds of a known key; None for a new one, which is known from now on, for ``ttl_seconds``.

        ``peek`` only looks. Asking for a known key does not prolong it.
        """

    def forget(self, table: str, key: str) -> None:
        """The key is new again."""

    def publish(self, channel: str, payload: bytes) -> None:
        """Tell all subscribers in all processes, ours included. Wake-ups, not a queue: who is away misses it."""

    def subscribe(self, channel: str, callback: Callback) -> Callable[[], None]:
        """Get each payload from now on. The callback must not wait; what it raises is logged.

        Returns:
            a function that ends the subscription.
        """
