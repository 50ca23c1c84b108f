"""Notices when something keeps the hub for itself, and says who: one native thread looks at the hub's heartbeat."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import Any

from gevent import monkey
from gevent.hub import get_hub

from stalwart_g.observe import metrics

log = logging.getLogger(__name__)

_sleep: Callable[[float], None] = monkey.get_original("time", "sleep")
_start_native: Callable[[Callable[[], None], tuple[()]], int] = monkey.get_original("_thread", "start_new_thread")
_native_id: Callable[[], int] = monkey.get_original("_thread", "get_ident")

_stall_seconds = metrics.histogram(
    "hub_stall_seconds", "Times for which one greenlet kept all others waiting", buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10)
)


class Watchdog:
    """Watches the hub of the thread that makes it, from `start` on.

    Args:
        limit_seconds: a hub that does not come round for so long is a stall.
        report: gets the stack of the culprit (text, once a stall) while it still runs.
    """

    def __init__(self, limit_seconds: float = 0.1, report: Callable[[float, str], None] | None = None) -> None:
        self._limit = limit_seconds
        self._report = report or _log_stall
        self._beat = monotonic()
        self._stopped = False
        self._hub = get_hub()
        self._watched = _native_id()
        self._timer: Any = None

    def start(self) -> None:
        period = self._limit / 4
        self._timer = self._hub.loop.timer(period, period, ref=False)
        self._timer.start(self._heartbeat)
        self._beat = monotonic()
        _start_native(self._watch, ())

    def stop(self) -> None:
        self._stopped = True
        if self._timer is not None:
            self._timer.close()

    def _heartbeat(self) -> None:
        now = monotonic()
        late = now - self._beat
        self._beat = now
        if late > self._limit * 1.25:
            _stall_seconds.observe(late)

    def _watch(self) -> None:
        """In the native thread."""
        reported = 0.0
        while not self._stopped:
            _sleep(self._limit / 4)
            beat = self._beat
            late = monotonic() - beat
            if late > self._limit * 1.25 and reported != beat and not self._stopped:
                reported = beat
                frame = sys._current_frames().get(self._watched)
                if frame is not None and not _idle(frame):
                    self._report(late, "".join(traceback.format_stack(frame)))


def _idle(frame: FrameType) -> bool:
    """The hub itself waits for events: the machine was busy elsewhere, or stopped us."""
    return frame.f_code.co_name == "run" and frame.f_globals.get("__name__") == "gevent.hub"


def _log_stall(seconds: float, stack: str) -> None:
    log.warning("the hub has been blocked for %.0f ms by:\n%s", seconds * 1000, stack)
