"""Native threads called from greenlets: group commit, errors, killed callers."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Sequence
from time import monotonic, sleep

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut
from stalwart_g.green.threads import BatchThread, Closed, ThreadPool


class Gate:
    """A worker whose batches wait in the thread until the test lets them go on."""

    def __init__(self) -> None:
        self.open = _thread.allocate_lock()
        self.open.acquire()
        self.batches: list[list[int]] = []

    def work(self, items: Sequence[int]) -> Sequence[int | Exception]:
        with self.open:
            self.batches.append(list(items))
        return [ValueError(f"odd {item}") if item % 2 else item * 10 for item in items]


def test_what_waits_goes_to_the_thread_as_one_batch() -> None:
    gate = Gate()
    thread = BatchThread("writer", gate.work)
    callers = [tasks.spawn(thread.call, 0)]
    while not thread._crew._queue.empty() or not thread._crew._threads:
        tasks.breathe()
    callers += [tasks.spawn(thread.call, number) for number in range(2, 102, 2)]
    tasks.sleep(0)
    gate.open.release()
    assert all(task.join(5) for task in callers)
    assert [task.result for task in callers] == [number * 10 for number in range(0, 102, 2)]
    assert gate.batches == [[0], list(range(2, 102, 2))]
    thread.close()


def test_each_caller_gets_its_own_outcome() -> None:
    gate = Gate()
    gate.open.release()
    thread = BatchThread("writer", gate.work)
    assert thread.call(4) == 40
    with pytest.raises(ValueError, match="odd 3"):
        thread.call(3)
    thread.close()


def test_a_batch_that_fails_as_a_whole_fails_for_all() -> None:
    def fail(items: Sequence[int]) -> Sequence[int]:
        raise OSError("disk full")

    thread = BatchThread("writer", fail)
    with pytest.raises(OSError, match="disk full"):
        thread.call(1)
    with pytest.raises(OSError, match="disk full"):
        thread.call(2)
    thread.close()


def test_what_a_killed_caller_asked_for_is_dropped_when_it_has_not_begun() -> None:
    gate = Gate()
    thread = BatchThread("writer", gate.work)
    first = tasks.spawn(thread.call, 2)
    while not thread._crew._queue.empty() or not thread._crew._threads:
        tasks.breathe()
    killed, kept = tasks.spawn(thread.call, 4), tasks.spawn(thread.call, 6)
    tasks.sleep(0)
    killed.kill()
    gate.open.release()
    assert first.join(5) and kept.join(5)
    assert gate.batches == [[2], [6]]
    thread.close()


def test_a_caller_may_time_out_and_the_thread_goes_on() -> None:
    gate = Gate()
    thread = BatchThread("writer", gate.work)
    with pytest.raises(TimedOut), tasks.timeout(0.02):
        thread.call(2)
    gate.open.release()
    assert thread.call(4) == 40
    thread.close()


def test_the_hub_runs_while_a_thread_blocks() -> None:
    pool = ThreadPool(4)
    ticks: list[float] = []
    ticking = tasks.every(0.01, lambda: ticks.append(monotonic()))
    callers = [tasks.spawn(pool.run, sleep, 0.15) for _ in range(4)]
    start = monotonic()
    assert all(task.join(5) for task in callers)
    ticking.cancel()
    assert monotonic() - start < 0.5
    assert len(ticks) > 5
    pool.close()


def test_a_pool_raises_what_the_function_raised() -> None:
    pool = ThreadPool(2)
    with pytest.raises(ZeroDivisionError):
        pool.run(divmod, 1, 0)
    with pytest.raises(SystemExit):
        pool.run(exit, 3)
    assert pool.run(int, "ff", base=16) == 255
    pool.close()


def test_a_pool_runs_in_other_threads_and_no_more_than_its_size() -> None:
    pool = ThreadPool(3)
    barrier = threading.Barrier(3, timeout=5)

    def meet() -> int:
        barrier.wait()
        return _thread.get_ident()

    callers = [tasks.spawn(pool.run, meet) for _ in range(9)]
    assert all(task.join(10) for task in callers)
    identities = {task.result for task in callers}
    assert len(identities) == 3
    assert _thread.get_ident() not in identities
    pool.close()


def test_a_pool_starts_threads_only_as_needed() -> None:
    pool = ThreadPool(8)
    for _ in range(20):
        pool.run(len, "x")
    assert pool._crew._threads == 1
    pool.close()


def test_a_closed_crew_takes_no_more() -> None:
    pool = ThreadPool(1)
    assert pool.run(len, "abc") == 3
    pool.close()
    with pytest.raises(Closed):
        pool.run(len, "abc")


def test_other_native_threads_may_call_too() -> None:
    """Each has a hub of its own; its outcomes come back there."""
    pool = ThreadPool(2)
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(pool.run(len, "four"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert results == [4, 4, 4]
    pool.close()
