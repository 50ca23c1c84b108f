"""The master and its children as real processes: signals, sudden deaths, reload, graceful stop."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from time import monotonic

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "programs" / "preforked.py"


class Running:
    """The program, and what it printed."""

    def __init__(self, *options: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="sg-")
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), self.folder, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self.lines: Queue[str] = Queue()
        self.seen: list[str] = []
        self.log: list[str] = []
        self.readers = [Thread(target=self._read_output), Thread(target=self._read_log)]
        for reader in self.readers:
            reader.start()

    def _read_output(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def _read_log(self) -> None:
        assert self.process.stderr
        self.log.extend(self.process.stderr)

    def expect(self, start: str) -> list[str]:
        """The words of the next line that begins so."""
        deadline = monotonic() + 10
        while monotonic() < deadline:
            try:
                line = self.lines.get(timeout=0.1)
            except Empty:
                continue
            self.seen.append(line)
            if line.startswith(start):
                return line.split()
        raise AssertionError(f"no {start!r} in {self.seen}\n{''.join(self.log)}")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        status = self.process.wait(10)
        for reader in self.readers:
            reader.join(10)
        shutil.rmtree(self.folder, ignore_errors=True)
        return status


@contextmanager
def running(*options: str) -> Iterator[Running]:
    program = Running(*options)
    try:
        yield program
    finally:
        program.process.kill()
        program.end()


@pytest.fixture(params=["plain", "patched"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Running, int]]:
    with running(request.param) as program:
        yield program, int(program.expect("ready")[1])


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def ask(port: int, command: bytes = b"who") -> tuple[int, int]:
    """Index and pid of the worker that answers."""
    with connect(port) as sock:
        sock.sendall(command)
        _, index, pid = sock.recv(100).split()
        return int(index), int(pid)


def eventually(check: Callable[[], bool]) -> bool:
    deadline = monotonic() + 10
    while not (good := check()) and monotonic() < deadline:
        continue
    return good


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_serves_reloads_and_stops(server: tuple[Running, int]) -> None:
    program, port = server
    assert ask(port)[0] in {0, 1}
    program.send(signal.SIGHUP)
    reloaded = {program.expect("reloaded")[2] for _ in range(2)}
    assert reloaded == {"0", "1"}
    with connect(port) as sock:
        sock.sendall(b"who")
        assert sock.recv(100).startswith(b"worker")
        program.send(signal.SIGTERM)
        assert sock.recv(100) == b"bye"
    assert program.expect("exit") == ["exit", "0"]
    assert program.end() == 0
    assert program.seen[-2] == "stopped broker 0"


def test_killed_workers_come_back_with_their_index(server: tuple[Running, int]) -> None:
    _, port = server
    index, pid = ask(port)
    os.kill(pid, signal.SIGKILL)
    seen: dict[int, int] = {}

    def back() -> bool:
        found_index, found_pid = ask(port)
        seen[found_index] = found_pid
        return seen.get(index, pid) != pid

    assert eventually(back)
    assert set(seen) <= {0, 1}


def test_a_worker_in_a_long_command_may_finish_it() -> None:
    with running() as program:
        port = int(program.expect("ready")[1])
        with connect(port) as sock:
            sock.sendall(b"slow")
            assert sock.recv(100) == b"wait..."
            program.send(signal.SIGINT)
            with sock.makefile("rb") as rest:
                assert re.fullmatch(rb"worker \d \d+bye", rest.read())
        assert program.expect("exit") == ["exit", "0"]


def test_a_signal_to_all_processes_at_once_stops_as_gracefully() -> None:
    with running() as program:
        port = int(program.expect("ready")[1])
        with connect(port) as sock:
            sock.sendall(b"slow")
            assert sock.recv(100) == b"wait..."
            os.killpg(program.process.pid, signal.SIGTERM)
            with sock.makefile("rb") as rest:
                assert rest.read().endswith(b"bye")
        assert program.expect("exit") == ["exit", "0"]
        program.end()
        assert program.seen[-2] == "stopped broker 0"
        assert "broker is gone" not in "".join(program.log)


def test_a_stuck_worker_is_killed_after_the_grace() -> None:
    with running() as program:
        port = int(program.expect("ready")[1])
        with connect(port) as sock:
            sock.sendall(b"hang")
            start = monotonic()
            program.send(signal.SIGTERM)
            assert program.expect("exit") == ["exit", "0"]
            assert monotonic() - start < 5


def test_a_second_signal_does_not_wait() -> None:
    with running() as program:
        port = int(program.expect("ready")[1])
        with connect(port) as sock:
            sock.sendall(b"hang")
            program.send(signal.SIGTERM)
            assert program.expect("stopped worker")
            start = monotonic()
            with pytest.raises(subprocess.TimeoutExpired):
                program.process.wait(0.4)
            program.send(signal.SIGTERM)
            program.expect("exit")
            assert monotonic() - start < 1


def test_two_signals_at_the_same_moment_are_one_wish(server: tuple[Running, int]) -> None:
    program, port = server
    with connect(port) as sock:
        sock.sendall(b"slow")
        assert sock.recv(100) == b"wait..."
        program.send(signal.SIGTERM)
        program.send(signal.SIGINT)
        assert sock.recv(100).startswith(b"worker")
    assert program.end() == 0


def test_children_do_not_outlive_their_master() -> None:
    with running() as program:
        port = int(program.expect("ready")[1])
        broker = int(next(line for line in program.seen if line.startswith("broker")).split()[1])
        pids = [broker, ask(port)[1]]
        program.send(signal.SIGKILL)
        assert eventually(lambda: not any(map(alive, pids)))


def test_not_even_stuck_ones() -> None:
    with running() as program:
        port = int(program.expect("ready")[1])
        with connect(port) as sock:
            sock.sendall(b"who")
            pid = int(sock.recv(100).split()[2])
            sock.sendall(b"hang")
            program.send(signal.SIGKILL)
            assert eventually(lambda: not alive(pid))


def test_workers_that_never_become_ready_end_the_master_with_a_reason() -> None:
    with running("broken") as program:
        assert program.expect("exit") == ["exit", "1"]
        assert program.end() == 1
        assert "ValueError: no such setting" in "".join(program.log)


def test_workers_share_limits_and_outlive_the_broker(server: tuple[Running, int]) -> None:
    program, port = server
    broker = int(next(line for line in program.seen if line.startswith("broker")).split()[1])

    def limit() -> tuple[bool, bool]:
        with connect(port) as sock:
            sock.sendall(b"limit")
            connected, admitted = sock.recv(100).split()
            return connected == b"1", admitted == b"1"

    assert sum(admitted for _, admitted in (limit() for _ in range(30))) == 10
    os.kill(broker, signal.SIGKILL)
    program.expect("broker")
    assert eventually(lambda: all(connected for connected, _ in (limit() for _ in range(10))))
