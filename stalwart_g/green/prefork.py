"""The master: it has no hub; it forks, watches, restarts, reloads and stops the processes that do the work.

Signals to the master: TERM and INT stop gracefully (a second one at once), HUP reloads in every child. A child that
dies is started again, after a pause that doubles while it dies young. A child notices the death of its master by the
end of a pipe (the lifeline), stops gracefully, and is gone after the grace period even if its hub is stuck.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from gevent import monkey

from stalwart_g.green import process
from stalwart_g.green.child import Child
from stalwart_g.observe import metrics

log = logging.getLogger(__name__)

_fork: Callable[[], int] = monkey.get_original("os", "fork")
_waitpid: Callable[[int, int], tuple[int, int]] = monkey.get_original("os", "waitpid")
_signal: Callable[[int, Any], Any] = monkey.get_original("signal", "signal")
_poll: Callable[[], select.poll] = monkey.get_original("select", "poll")

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_YOUNG_SECONDS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
_HOPELESS = 3
_LAST_SECONDS = 2.0
_ONE_WISH_SECONDS = 0.3

_restarts = metrics.counter("process_restarts", "Children started again after their death", ("role",))


@dataclass(frozen=True, slots=True)
class Role:
    """What some of the children are: ``count`` processes that run ``main(child)``.

    ``main`` starts its services, calls `Child.ready`, waits with `Child.wait_stop`, stops its services within
    `Child.grace_seconds` and returns. An exception of it ends the process with status 1.
    """

    name: str
    count: int
    main: Callable[[Child], None]


@dataclass
class _Slot:
    """One child's place. Its index is the same after each restart (queue partitions depend on it)."""

    role: Role
    index: int
    pid: int = 0
    started: float = 0.0
    start_at: float = 0.0
    died_young: int = 0
    ready: bool = False

    def __str__(self) -> str:
        return f"{self.role.name}-{self.index}"


def run(roles: Sequence[Role], *, grace_seconds: float = 30.0, on_ready: Callable[[], None] | None = None) -> int:
    """Run all children until the master is told to stop. Later roles are stopped first.

    Args:
        grace_seconds: how long children may take to end by themselves; 2 s later they are killed.
        on_ready: called in the master, once, when every child has called `Child.ready`.

    Returns:
        an exit status: 0 after a stop that was asked for, 1 when a child died three times before it was ready.
    """
    master = _Master(roles, grace_seconds, on_ready)
    with master.installed():
        return master.loop()


@dataclass
class _Master:
    roles: Sequence[Role]
    grace_seconds: float
    on_ready: Callable[[], None] | None
    slots: list[_Slot] = field(init=False)
    received: list[int] = field(default_factory=list)
    stopping: bool = False
    hasty_from: float = 0.0
    kill_at: float = 0.0
    status: int = 0
    live: bool = False

    def __post_init__(self) -> None:
        self.slots = [_Slot(role, index) for role in self.roles for index in range(role.count)]
        self.wake_in, self.wake_out = _pipe()
        self.report_in, self.report_out = _pipe()
        self.life_in, self.life_out = os.pipe()

    @contextlib.contextmanager
    def installed(self) -> Any:
        """Our signal handlers and descriptors, for as long as the master runs."""
        before = {number: _signal(number, self._note) for number in _SIGNALS}
        wakeup = signal.set_wakeup_fd(self.wake_out, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(wakeup)
            for number, handler in before.items():
                _signal(number, handler)
            self._close_descriptors()

    def loop(self) -> int:
        gc.collect()
        gc.freeze()
        poll = _poll()
        poll.register(self.wake_in, select.POLLIN)
        poll.register(self.report_in, select.POLLIN)
        while True:
            self._handle_signals()
            self._reap()
            self._read_reports()
            if self.stopping and not any(slot.pid for slot in self.slots):
                return self.status
            self._start_due()
            self._kill_late()
            poll.poll(self._pause_milliseconds())
            _drain(self.wake_in)

    def _note(self, number: int, _: Any) -> None:
        self.received.append(number)

    def _handle_signals(self) -> None:
        while self.received:
            number = self.received.pop(0)
            if number == signal.SIGHUP:
                self._send_all(signal.SIGHUP)
            elif number in (signal.SIGTERM, signal.SIGINT):
                self._stop(again=self.stopping)

    def _stop(self, *, again: bool = False) -> None:
        """Ask the last role to end; `_reap` goes on with the one before it, so the broker outlives the workers."""
        now = monotonic()
        if again and now < self.hasty_from:
            return  # one wish, told to the process and to its group
        self.stopping, self.hasty_from = True, now + _ONE_WISH_SECONDS
        self.kill_at = now if again else now + self.grace_seconds + _LAST_SECONDS
        log.info("stopping%s", " at once" if again else f", grace {self.grace_seconds}s")
        self._stop_last_role()

    def _stop_last_role(self) -> None:
        for slot in self._last_role():
            self._send(slot, signal.SIGTERM)

    def _kill_late(self) -> None:
        if self.stopping and monotonic() >= self.kill_at:
            for slot in self._last_role():
                self._send(slot, signal.SIGKILL)

    def _last_role(self) -> list[_Slot]:
        alive = [slot for slot in self.slots if slot.pid]
        return [slot for slot in alive if slot.role is alive[-1].role]

    def _send_all(self, number: int) -> None:
        for slot in self.slots:
            self._send(slot, number)

    @staticmethod
    def _send(slot: _Slot, number: int) -> None:
        if slot.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(slot.pid, number)

    def _start_due(self) -> None:
        now = monotonic()
        for slot in self.slots:
            if not slot.pid and not self.stopping and slot.start_at <= now:
                self._start(slot)

    def _start(self, slot: _Slot) -> None:
        slot.started, slot.ready = monotonic(), False
        slot.pid = _fork()
        if slot.pid == 0:
            self._become(slot)
        log.debug("started %s pid=%d", slot, slot.pid)

    def _become(self, slot: _Slot) -> None:
        """In the child. Never returns."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in _SIGNALS:
                _signal(number, signal.SIG_DFL)
            _signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the master decides
            _signal(signal.SIGHUP, signal.SIG_IGN)  # until the child can react
            for descriptor in (self.wake_in, self.wake_out, self.report_in, self.life_out):
                os.close(descriptor)
            process.set_name(f"stalwart-{slot}")
            child = Child(
                slot.role.name, slot.index, slot.role.count, self.grace_seconds, self.report_out, self.life_in
            )
            status = child.run(slot.role.main)
        except Exception:
            log.exception("%s failed", slot)
        finally:
            logging.shutdown()
            os._exit(status)

    def _reap(self) -> None:
        for slot in self.slots:
            if slot.pid:
                pid, status = _waitpid(slot.pid, os.WNOHANG)
                if pid:
                    self._ended(slot, os.waitstatus_to_exitcode(status))

    def _ended(self, slot: _Slot, code: int) -> None:
        metrics.process_ended(slot.pid)
        was_ready, slot.pid = slot.ready, 0
        if self.stopping:
            if slot.role not in [other.role for other in self._last_role()]:
                self.kill_at = max(self.kill_at, monotonic() + _LAST_SECONDS)  # the next role may need a moment
                self._stop_last_role()
            return
        _restarts.inc(slot.role.name)
        metrics.flush()
        lived = monotonic() - slot.started
        slot.died_young = slot.died_young + 1 if lived < _YOUNG_SECONDS else 0
        pause = min(_FIRST_PAUSE * 2 ** max(slot.died_young - 1, 0), _LONGEST_PAUSE)
        slot.start_at = monotonic() + pause
        log.error("%s ended with %s after %.1fs; it starts again in %.1fs", slot, _how(code), lived, pause)
        if not was_ready and slot.died_young >= _HOPELESS and not self.live:
            log.critical("%s never became ready", slot)
            self.status = 1
            self._stop()

    def _read_reports(self) -> None:
        for word in _drain(self.report_in).decode().split():
            pid = int(word)
            for slot in self.slots:
                if slot.pid == pid:
                    slot.ready = True
        if not self.live and all(slot.ready for slot in self.slots):
            self.live = True
            if self.on_ready is not None:
                self.on_ready()

    def _pause_milliseconds(self) -> int:
        """Until something has to be started or killed; at most 5 s."""
        now = monotonic()
        times = [slot.start_at for slot in self.slots if not slot.pid and not self.stopping]
        if self.stopping:
            times.append(self.kill_at)
        return int(1000 * max(0.01, min([5.0, *(time - now for time in times)])))

    def _close_descriptors(self) -> None:
        ours = (self.wake_in, self.wake_out, self.report_in, self.report_out, self.life_in, self.life_out)
        for descriptor in ours:
            os.close(descriptor)


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    return reading, writing


def _drain(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except BlockingIOError:
        return b""


def _how(code: int) -> str:
    return f"status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
