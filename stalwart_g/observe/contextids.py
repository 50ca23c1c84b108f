"""Ids that tie log lines together: one a session, one a queued message. Unique without asking anybody.

An id begins with the time, so ids sort by age; it ends in random bits, so no process, restart or fork repeats one.
"""

from __future__ import annotations

import logging
import secrets
import time
from contextvars import ContextVar

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(70, -1, -10)
_RANDOM_BITS = 35

_session: ContextVar[str] = ContextVar("session", default="")
_queue: ContextVar[str] = ContextVar("queue", default="")


def new_id() -> str:
    """16 characters of Crockford's base 32: 45 bits of milliseconds, 35 random bits. Two at a time, for speed."""
    number = time.time_ns() // 1_000_000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def session_id() -> str:
    """The id of the session that this greenlet serves; empty outside of one."""
    return _session.get()


def queue_id() -> str:
    """The queue id of the message that this greenlet works on; empty outside of such work."""
    return _queue.get()


class bound:  # noqa: N801  # used like a function; as a generator, each idle session would keep a kilobyte more
    """Inside the block, log lines carry these ids; what is None stays as it was."""

    __slots__ = ("_before", "_queue_id", "_session_id")

    def __init__(self, *, session: str | None = None, queue: str | None = None) -> None:
        self._session_id, self._queue_id = session, queue

    def __enter__(self) -> None:
        self._before = _session.get(), _queue.get()
        if self._session_id is not None:
            _session.set(self._session_id)
        if self._queue_id is not None:
            _queue.set(self._queue_id)

    def __exit__(self, *_: object) -> None:
        session, queue = self._before
        if self._session_id is not None:
            _session.set(session)
        if self._queue_id is not None:
            _queue.set(queue)


class ContextFilter(logging.Filter):
    """Gives each log record ``session`` and ``queue``, for use in a format string."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.session, record.queue = _session.get(), _queue.get()
        return True
