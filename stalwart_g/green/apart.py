"""Runs a function in a process of its own: the hub and the threads that it needs never come into being in ours."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from typing import TypeVar

import gevent
from gevent import monkey

T = TypeVar("T")

_fork: Callable[[], int] = monkey.get_original("os", "fork")
_waitpid: Callable[[int, int], tuple[int, int]] = monkey.get_original("os", "waitpid")


class Died(Exception):
    """The process ended without an answer."""


def apart(function: Callable[[], T]) -> T:
    """What the function returns, or its exception; both must be picklable. For before the server starts.

    Raises:
        Died: killed, or what it returned cannot travel.
        Exception: that of the function.
    """
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = _fork()
    if pid == 0:
        os.close(reading)
        _answer(function, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        octets = pipe.read()
    _, status = _waitpid(pid, 0)
    if not octets:
        raise Died(f"a process ended with status {os.waitstatus_to_exitcode(status)} and said nothing")
    value, error = pickle.loads(octets)  # noqa: S301  # our own fork wrote it
    if error is not None:
        raise error
    result: T = value
    return result


def _answer(function: Callable[[], object], writing: int) -> None:
    """In the child. Never returns."""
    status = 1
    try:
        gevent.reinit()
        outcome: tuple[object, Exception | None]
        try:
            outcome = (function(), None)
        except Exception as error:  # noqa: BLE001  # it is raised where we were called
            outcome = (None, error)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(outcome, pipe)
        status = 0
    finally:
        os._exit(status)
