"""Native threads for C code that would stop the hub, called from greenlets that wait cooperatively.

All locks and queues in here are native ones, monkey patching or not. A greenlet that is killed or times out while it
waits leaves the crew intact: what the thread has not begun is dropped, what it has begun runs to its end unheard.
"""

from __future__ import annotations

import _queue
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, ParamSpec, TypeVar

from gevent import monkey
from gevent.hub import Waiter, get_hub

log = logging.getLogger(__name__)

_DELIVERED_AT_A_TIME = 50  # then the sockets have their turn

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")

native_id: Callable[[], int] = monkey.get_original("_thread", "get_ident")
"""Which native thread we are in; after patching, `threading.get_ident` tells greenlets apart instead."""

_start_native: Callable[[Callable[[], None], tuple[()]], int] = monkey.get_original("_thread", "start_new_thread")


class Closed(Exception):
    """The crew was closed; no more work is taken."""


class _Job:
    """One item on its way: to a thread, and its outcome back to the hub that waits for it."""

    __slots__ = ("abandoned", "error", "item", "mailbox", "value", "waiter")

    def __init__(self, item: Any, mailbox: _Mailbox) -> None:
        self.item, self.mailbox = item, mailbox
        self.waiter = Waiter()
        self.abandoned = False
        self.value: Any = None
        self.error: BaseException | None = None

    def finish(self, value: Any, error: BaseException | None) -> None:
        """Called in the thread."""
        self.value, self.error = value, error
        self.mailbox.post(self)

    def deliver(self) -> None:
        """Called in the hub, which goes on when the greenlet waits for something else."""
        self.waiter.switch(None)

    def outcome(self) -> Any:
        """Wait for it, cooperatively."""
        self.waiter.get()
        if self.error is not None:
            raise self.error
        return self.value


class _Mailbox:
    """Outcomes for the greenlets of one hub; one wake-up delivers all that have come in."""

    def __init__(self) -> None:
        self._arrived: deque[_Job] = deque()
        self.outstanding = 0
        self._watcher: Any = get_hub().loop.async_()

    def post(self, job: _Job) -> None:
        self._arrived.append(job)
        self._watcher.send_ignoring_arg(None)

    def expect(self) -> None:
        # The watcher keeps the loop alive only while somebody waits.
        if not self.outstanding:
            self._watcher.start(self._deliver)
        self.outstanding += 1

    def _deliver(self) -> None:
        for _ in range(min(len(self._arrived), _DELIVERED_AT_A_TIME)):
            self.outstanding -= 1
            self._arrived.popleft().deliver()
        if self._arrived:
            self._watcher.send_ignoring_arg(None)
        if not self.outstanding:
            self._watcher.stop()


class _Crew:
    """Threads over one queue of jobs. A thread takes up to ``batch`` waiting jobs at once."""

    def __init__(self, name: str, size: int, batch: int, work: Callable[[list[_Job]], None]) -> None:
        self._name, self._size, self._batch, self._work = name, size, batch, work
        self._queue: _queue.SimpleQueue[_Job | None] = _queue.SimpleQueue()
        self._mailboxes: dict[Any, _Mailbox] = {}
        self._threads = 0
        self._closed = False

    def ask(self, item: Any) -> Any:
        """Hand over and wait, cooperatively, for the outcome."""
        if self._closed:
            raise Closed(self._name)
        hub = get_hub()
        mailbox = self._mailboxes.get(hub) or self._mailboxes.setdefault(hub, _Mailbox())
        job = _Job(item, mailbox)
        mailbox.expect()
        self._queue.put(job)
        if self._threads < min(self._size, mailbox.outstanding):
            self._threads += 1
            _start_native(self._main, ())
        try:
            return job.outcome()
        finally:
            job.abandoned = True

    def close(self) -> None:
        """Take no more; the threads end after what they have got."""
        if not self._closed:
            self._closed = True
            for _ in range(self._threads):
                self._queue.put(None)

    def _main(self) -> None:
        while jobs := self._take():
            wanted = [job for job in jobs if not job.abandoned]
            for job in jobs:
                if job.abandoned:
                    job.finish(None, None)
            if wanted:
                self._work(wanted)

    def _take(self) -> list[_Job]:
        """Wait for a job, take with it all others that wait too; none when the crew is closed."""
        job = self._queue.get()
        jobs = [job] if job is not None else []
        while job is not None and len(jobs) < self._batch:
            try:
                job = self._queue.get_nowait()
            except _queue.Empty:
                break
            if job is None:
                self._queue.put(None)
            else:
                jobs.append(job)
        return jobs


class BatchThread(Generic[T, R]):
    """One native thread that gets all waiting items at once: concurrent callers share one transaction (group commit).

    Args:
        work: called in the thread with 1 to ``limit`` items; returns an outcome for each, in order: a value, or an
            exception that its caller gets. When ``work`` itself raises, all callers of the batch get that.
    """

    def __init__(self, name: str, work: Callable[[Sequence[T]], Sequence[R | Exception]], *, limit: int = 500) -> None:
        self._work = work
        self._crew = _Crew(name, 1, limit, self._run)

    def call(self, item: T) -> R:
        """Hand over one item and wait cooperatively for its outcome."""
        outcome: R = self._crew.ask(item)
        return outcome

    def close(self) -> None:
        """The thread ends after the items that it has got; later calls raise Closed."""
        self._crew.close()

    def _run(self, jobs: list[_Job]) -> None:
        try:
            outcomes = self._work([job.item for job in jobs])
        except BaseException as error:  # noqa: BLE001  # else a caller would wait for ever
            outcomes = [error] * len(jobs)  # type: ignore[list-item]
        if len(outcomes) != len(jobs):
            wrong = AssertionError(f"{len(outcomes)} outcomes for {len(jobs)} items")
            outcomes = [wrong] * len(jobs)
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                job.finish(None, outcome)
            else:
                job.finish(outcome, None)


class ThreadPool:
    """Up to ``size`` native threads, started as they are needed."""

    def __init__(self, size: int, name: str = "pool") -> None:
        self._crew = _Crew(name, size, 1, self._run)

    def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call it in a thread and wait cooperatively: its value, or its exception."""
        value: R = self._crew.ask((function, args, kwargs))
        return value

    def close(self) -> None:
        """The threads end after what they have got; later calls raise Closed."""
        self._crew.close()

    @staticmethod
    def _run(jobs: list[_Job]) -> None:
        for job in jobs:
            function, args, kwargs = job.item
            try:
                value = function(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001  # else the caller would wait for ever
                job.finish(None, error)
            else:
                job.finish(value, None)
