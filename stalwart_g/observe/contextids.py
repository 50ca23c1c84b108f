"""Ids that tie log lines together: one a session, one a queued message. Unique without asking anybody.

An id begins with the time, so ids sort by age; it ends in random bits, so no process, restart or fork repeats one.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS = 9
_RANDOM_DIGITS = 7

_session: ContextVar[str] = ContextVar("session", default="")
_queue: ContextVar[str] = ContextVar("queue", default="")


def new_id() -> str:
    """16 characters of Crockford's base 32: 45 bits of milliseconds, 35 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    return _digits(milliseconds, _TIME_DIGITS) + _digits(secrets.randbits(5 * _RANDOM_DIGITS), _RANDOM_DIGITS)


def session_id() -> str:
    """The id of the session that this greenlet serves; empty outside of one."""
    return _session.get()


def queue_id() -> str:
    """The queue id of the message that this greenlet works on; empty outside of such work."""
    return _queue.get()


@contextmanager
def bound(*, session: str | None = None, queue: str | None = None) -> Iterator[None]:
    """Inside the block, log lines carry these ids; what is None stays as it was."""
    variables = ((_session, session), (_queue, queue))
    tokens = [(variable, variable.set(value)) for variable, value in variables if value is not None]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


class ContextFilter(logging.Filter):
    """Gives each log record ``session`` and ``queue``, for use in a format string."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.session, record.queue = _session.get(), _queue.get()
        return True


def _digits(number: int, count: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (count - 1), -1, -5))
