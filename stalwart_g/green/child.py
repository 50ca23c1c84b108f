"""What a forked process knows and can do: it is ready, it waits for the stop, it reloads (see `prefork`)."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from typing import Any

import gevent
from gevent import monkey
from gevent.hub import get_hub

from stalwart_g.green import process
from stalwart_g.green.tasks import Event, every, spawn
from stalwart_g.model.errors import MailError
from stalwart_g.observe import metrics

log = logging.getLogger(__name__)

_sleep: Callable[[float], None] = monkey.get_original("time", "sleep")
_read: Callable[[int, int], bytes] = monkey.get_original("os", "read")
_start_native: Callable[..., int] = monkey.get_original("_thread", "start_new_thread")

_AFTER_GRACE_SECONDS = 3.0
_COUNT_SECONDS = 1.0


class Child:
    """A process of a role. ``index`` counts from 0 below ``count`` and is the same after each restart."""

    def __init__(self, role: str, index: int, count: int, grace_seconds: float, report: int, lifeline: int) -> None:
        self.role, self.index, self.count = role, index, count
        self.grace_seconds = grace_seconds
        self._report, self._lifeline = report, lifeline
        self._reloads: list[Callable[[], object]] = []
        self._watchers: list[Any] = []

    def ready(self) -> None:
        """All services are live: tell the master, and settle the garbage collector on what exists now."""
        process.settle()
        os.write(self._report, b"%d\n" % os.getpid())

    def on_reload(self, callback: Callable[[], object]) -> None:
        """Call it, in a greenlet, each time the master gets SIGHUP."""
        self._reloads.append(callback)

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def wait_stop(self, timeout_seconds: float | None = None) -> bool:
        """Wait until the master (or its death) tells us to end; False when the time was over before."""
        return self._stop.wait(timeout_seconds)

    def run(self, main: Callable[[Child], None]) -> int:
        """Make this process a cooperative one and run ``main`` in it; returns the exit status."""
        gevent.reinit()
        self._stop = Event()
        loop = get_hub().loop
        for number, react in ((signal.SIGTERM, self._stop.set), (signal.SIGHUP, self._reload)):
            watcher = loop.signal(number)
            watcher.start(react)
            self._watchers.append(watcher)
        _start_native(_hold_lifeline, (self._lifeline, self.grace_seconds))
        counting = every(_COUNT_SECONDS, metrics.flush)
        try:
            main(self)
        except MailError as error:  # has words for people, who need no trace
            log.critical("%s-%d: %s", self.role, self.index, error)
            return 1
        except Exception:
            log.exception("%s-%d failed", self.role, self.index)
            return 1
        finally:
            counting.cancel()
            metrics.flush()
        return 0

    def _reload(self) -> None:
        for callback in self._reloads:
            spawn(callback, name="reload")


def _hold_lifeline(lifeline: int, grace_seconds: float) -> None:
    """In a native thread, for the hub may be stuck: the pipe ends when the master dies, however it dies."""
    _read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    _sleep(grace_seconds + _AFTER_GRACE_SECONDS)
    os._exit(1)
