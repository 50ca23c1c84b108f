"""Who serves a home: locks and reports of real processes."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stalwart_g.server.home import AlreadyServed, Master, Report, RunFolder


@contextmanager
def forked(run: Callable[[Callable[[], None]], None]) -> Iterator[int]:
    """A process that runs ``run(ready)``, and is waited for; it is killed at the end if need be."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            run(lambda: os.write(writing, b"r") and None)
        finally:
            os._exit(0)
    assert os.read(reading, 1) == b"r"
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(reading)
        os.close(writing)


def serve(home: Path, wait_seconds: float = 0) -> Callable[[Callable[[], None]], None]:
    def run(ready: Callable[[], None]) -> None:
        RunFolder(home).claim(2, wait_seconds=wait_seconds)
        ready()
        signal.pause()

    return run


def test_nobody_serves_a_fresh_home(tmp_path: Path) -> None:
    assert RunFolder(tmp_path).master() is None


def test_the_folder_is_private(tmp_path: Path) -> None:
    with forked(serve(tmp_path)):
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700


def test_the_master_is_known_as_long_as_it_lives(tmp_path: Path) -> None:
    with forked(serve(tmp_path)) as pid:
        assert RunFolder(tmp_path).master() == Master(pid, 2)
    assert RunFolder(tmp_path).master() is None


def test_a_second_server_is_told_of_the_first(tmp_path: Path) -> None:
    with forked(serve(tmp_path)) as pid, pytest.raises(AlreadyServed, match=f"process {pid}"):
        RunFolder(tmp_path).claim(1, wait_seconds=0)


def orphaned(home: Path) -> Callable[[Callable[[], None]], None]:
    """A master that has a child, which does not end with it."""

    def run(ready: Callable[[], None]) -> None:
        RunFolder(home).claim(1, wait_seconds=0)
        if os.fork() == 0:
            os.setsid()
            (home / "orphan").write_text(str(os.getpid()))
            ready()
            signal.pause()
        signal.pause()

    return run


def test_orphans_of_a_dead_master_are_waited_for(tmp_path: Path) -> None:
    with forked(orphaned(tmp_path)):
        orphan = int((tmp_path / "orphan").read_text())
    assert RunFolder(tmp_path).master() is None
    with pytest.raises(AlreadyServed, match="have not ended yet"):
        RunFolder(tmp_path).claim(1, wait_seconds=0)
    killer = threading.Timer(0.2, os.kill, (orphan, signal.SIGKILL))
    killer.start()
    with forked(serve(tmp_path, wait_seconds=10)):
        killer.join()


def answering(home: Path, worker: int) -> Callable[[Callable[[], None]], None]:
    """A master one of whose workers answers each reload."""

    def run(ready: Callable[[], None]) -> None:
        folder = RunFolder(home)
        folder.claim(2, wait_seconds=0)
        signal.signal(signal.SIGHUP, lambda *_: folder.answer(worker, ["rcpt.sieve:2:1: no"], ["server.user"]))
        ready()
        while True:
            signal.pause()

    return run


def test_a_reload_hears_what_workers_say_and_who_says_nothing(tmp_path: Path) -> None:
    with forked(answering(tmp_path, 1)):
        folder = RunFolder(tmp_path)
        master = folder.master()
        assert master is not None
        reports = folder.reload(master, wait_seconds=3)
    (report,) = reports
    assert report == Report(report.request, 1, ("rcpt.sieve:2:1: no",), ("server.user",))


def test_the_answer_to_an_earlier_reload_is_none(tmp_path: Path) -> None:
    with forked(answering(tmp_path, 0)) as pid:
        folder = RunFolder(tmp_path)
        (first,) = folder.reload(Master(pid, 1), wait_seconds=20)
        (second,) = folder.reload(Master(pid, 1), wait_seconds=20)
    assert first.request != second.request
