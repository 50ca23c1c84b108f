"""Addresses of clients that a script has banned for a while (SPEC-SMTP section 8.1); all workers know of them."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from stalwart_g.green.state import State

BELIEVED_SECONDS = 1.0
_TABLE = "smtp.banned"
_BELIEVED_MAX = 4096


class Bans:
    """The bans as one worker sees them.

    That an address is free is believed for a second: a client with many connections is not worth a question to the
    other workers for each of them. A ban of this worker counts at once.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._free: dict[str, float] = {}  # until when that is believed

    def holds(self, state: State, ip: str) -> bool:
        """Is the address banned?"""
        now = self._clock()
        if self._free.get(ip, 0.0) > now:
            return False
        if state.remember(_TABLE, ip, 1.0, peek=True) is not None:
            return True
        if len(self._free) >= _BELIEVED_MAX:
            self._free.clear()
        self._free[ip] = now + BELIEVED_SECONDS
        return False

    def add(self, state: State, ip: str, seconds: float) -> None:
        """Do not let it in for so long."""
        state.remember(_TABLE, ip, seconds)
        self._free.pop(ip, None)
