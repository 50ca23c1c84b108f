"""Tasks, timers and what passes between them."""

from __future__ import annotations

from time import monotonic

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.errors import TimedOut


def test_a_task_returns_its_result() -> None:
    task = tasks.spawn(divmod, 7, 2)
    assert task.join(5)
    assert task.result == (3, 1)


def test_a_failed_task_is_logged_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    task = tasks.spawn(divmod, 1, 0, name="division")
    assert task.join(5)
    assert isinstance(task.error, ZeroDivisionError)
    assert task.result is None
    assert "task=division" in caplog.text and "Traceback" in caplog.text


def test_a_killed_task_cleans_up() -> None:
    cleaned: list[bool] = []

    def work() -> None:
        try:
            tasks.sleep(60)
        finally:
            cleaned.append(True)

    task = tasks.spawn(work)
    tasks.breathe()
    task.kill()
    assert (cleaned, task.done, task.result) == ([True], True, None)


def test_a_task_killed_before_it_began_never_begins() -> None:
    begun: list[bool] = []
    task = tasks.spawn(begun.append, True)
    task.kill()
    assert not begun


def test_a_timeout_is_an_ordinary_exception() -> None:
    with pytest.raises(TimedOut), tasks.timeout(0.01):
        tasks.sleep(60)


def test_the_outer_timeout_is_not_taken_for_the_inner() -> None:
    reached: list[str] = []
    with pytest.raises(TimedOut), tasks.timeout(0.01):
        try:
            with tasks.timeout(60):
                tasks.sleep(60)
        except TimedOut:
            reached.append("inner")
    assert not reached


def test_no_timeout_is_no_limit() -> None:
    with tasks.timeout(None):
        tasks.breathe()


def test_an_event_wakes_all_who_wait() -> None:
    event = tasks.Event()
    waiting = [tasks.spawn(event.wait, 5) for _ in range(3)]
    tasks.breathe()
    event.set()
    assert [task.join(5) and task.result for task in waiting] == [True, True, True]
    assert event.is_set()


def test_an_event_that_does_not_come_gives_false() -> None:
    assert tasks.Event().wait(0.01) is False


def test_a_queue_keeps_the_order() -> None:
    queue = tasks.Queue[int]()
    for number in range(5):
        queue.put(number)
    assert queue.get() == 0
    assert len(queue) == 4
    assert queue.get_all() == [1, 2, 3, 4]
    assert queue.get_all() == []


def test_a_queue_bounds_waiting() -> None:
    queue = tasks.Queue[int](1)
    queue.put(1)
    with pytest.raises(TimedOut):
        queue.put(2, 0.01)
    queue.get()
    with pytest.raises(TimedOut):
        queue.get(0.01)


def test_a_semaphore_lets_so_many_in() -> None:
    semaphore = tasks.Semaphore(2)
    with semaphore:
        assert semaphore.acquire(0)
        assert not semaphore.acquire(0)
        assert not semaphore.acquire(0.01)
        semaphore.release()
    assert semaphore.acquire(0)


def test_every_goes_on_after_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[int] = []
    enough = tasks.Event()

    def run() -> None:
        runs.append(1)
        if len(runs) == 1:
            raise ValueError("first")
        enough.set()

    repeated = tasks.every(0.01, run)
    assert enough.wait(5)
    repeated.cancel()
    assert "ValueError: first" in caplog.text


def test_every_may_run_at_once() -> None:
    ran = tasks.Event()
    repeated = tasks.every(3600, ran.set)
    repeated.now()
    assert ran.wait(5)
    repeated.cancel()


def test_wait_any_gives_the_first() -> None:
    never, soon = tasks.Event(), tasks.spawn(tasks.sleep, 0.01)
    assert tasks.wait_any([never, soon], 5) is soon
    assert tasks.wait_any([never], 0.01) is None


def test_breathing_lets_timers_run() -> None:
    """`sleep(0)` in a loop would hold them up for hundreds of milliseconds."""
    fired: list[float] = []
    task = tasks.spawn(lambda: (tasks.sleep(0.01), fired.append(monotonic())))
    start = monotonic()
    while not fired and monotonic() < start + 5:
        tasks.breathe()
    assert fired and fired[0] - start < 1
    assert task.join(1)


def test_time_before_the_block_does_not_count() -> None:
    tasks.breathe()
    end = monotonic() + 0.3
    while monotonic() < end:  # the hub does not come round meanwhile
        pass
    with tasks.timeout(0.2):
        tasks.sleep(0.01)
