"""The broker as a process: sudden death of either side, the share that a lone worker has, snapshots, throughput."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Protocol

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.state import BrokerState, StateUnavailable
from stalwart_g.green.state.frames import FrameError, FrameReader, frame
from stalwart_g.green.stream import dial_unix

ROOT = Path(__file__).parents[3]


class BrokerProcess(Protocol):
    path: Path
    snapshot: Path
    process: subprocess.Popen[str] | None

    def start(self, *, snapshot: bool = False) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...


@contextmanager
def worker(path: Path, **options: object) -> Iterator[BrokerState]:
    client = BrokerState(path, **options)  # type: ignore[arg-type]
    client.start(wait_seconds=0.5)
    yield client
    client.close()


def eventually(check: Callable[[], bool]) -> bool:
    deadline = monotonic() + 10
    while not (good := check()) and monotonic() < deadline:
        tasks.breathe()
    return good


def test_workers_share_a_limit_and_hear_each_other(broker: BrokerProcess) -> None:
    with worker(broker.path) as one, worker(broker.path) as two:
        heard = tasks.Queue[bytes]()
        two.subscribe("changes", heard.put)
        assert two.limit("k", 2, 3600)
        assert one.limit("k", 2, 3600)
        assert not two.limit("k", 2, 3600)
        one.publish("changes", b"account 7")
        assert heard.get(5) == b"account 7"


def test_slots_are_free_again_when_their_worker_ends(broker: BrokerProcess) -> None:
    with worker(broker.path) as one, worker(broker.path) as two:
        assert one.slot("k", 1, 3600) is not None
        assert two.slot("k", 1, 3600) is None
        one.close()
        assert eventually(lambda: two.slot("k", 1, 3600) is not None)


def test_slots_are_free_again_when_their_worker_is_killed(broker: BrokerProcess) -> None:
    program = (
        "import sys, pathlib; from stalwart_g.green.state import BrokerState; from stalwart_g.green import tasks;"
        "state = BrokerState(pathlib.Path(sys.argv[1])); state.start();"
        "print(state.slot('k', 1, 3600) is not None, flush=True); tasks.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(broker.path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert other.stdout
    assert other.stdout.readline() == "True\n"
    with worker(broker.path) as one:
        assert one.slot("k", 1, 3600) is None
        other.kill()
        other.wait(10)
        other.stdout.close()
        assert eventually(lambda: one.slot("k", 1, 3600) is not None)


def test_without_a_broker_each_worker_has_its_share(broker: BrokerProcess, caplog: pytest.LogCaptureFixture) -> None:
    with worker(broker.path, workers=4) as state:
        assert state.limit("k", 100, 3600, 1)
        broker.kill()
        assert eventually(lambda: not state.connected)
        assert sum(state.limit("k", 100, 3600) for _ in range(100)) == 25
        assert sum(state.limit("tiny", 2, 3600) for _ in range(10)) == 1
        assert [state.slot("s", 8, 60) is not None for _ in range(3)] == [True, True, False]
        assert state.remember("grey", "a", 60) is None
        assert state.remember("grey", "a", 60) is not None
        heard = tasks.Queue[bytes]()
        state.subscribe("changes", heard.put)
        state.publish("changes", b"local")
        assert heard.get(5) == b"local"
    assert "1/4 of every budget" in caplog.text


def test_calls_on_the_way_get_an_answer_when_the_broker_is_killed(broker: BrokerProcess) -> None:
    with worker(broker.path) as state:
        assert broker.process
        os.kill(broker.process.pid, signal.SIGSTOP)
        asking = [tasks.spawn(state.limit, "k", 5, 3600) for _ in range(20)]
        tasks.breathe()
        broker.kill()
        assert all(task.join(10) for task in asking)
        assert sum(bool(task.result) for task in asking) == 5


def test_a_broker_that_hangs_is_given_up(broker: BrokerProcess) -> None:
    with worker(broker.path, patience_seconds=0.2) as state:
        assert broker.process
        os.kill(broker.process.pid, signal.SIGSTOP)
        assert state.limit("k", 1, 3600)
        assert not state.connected
        os.kill(broker.process.pid, signal.SIGCONT)
        assert eventually(lambda: state.connected)


def test_slots_and_subscriptions_outlive_the_broker(broker: BrokerProcess) -> None:
    with worker(broker.path) as one, worker(broker.path) as two:
        heard = tasks.Queue[bytes]()
        one.subscribe("changes", heard.put)
        token = one.slot("k", 1, 3600)
        assert token is not None
        broker.kill()
        assert eventually(lambda: not one.connected and not two.connected)
        alone = one.slot("other", 1, 3600)
        assert alone is not None
        broker.start()
        assert eventually(lambda: one.connected and two.connected)
        assert one.limit("round trip", 1, 1)
        assert two.slot("k", 1, 3600) is None
        assert two.slot("other", 1, 3600) is None
        two.publish("changes", b"again")
        assert heard.get(5) == b"again"
        one.release(token)
        assert eventually(lambda: two.slot("k", 1, 3600) is not None)


def test_a_worker_may_start_before_the_broker(folder: Path, broker: BrokerProcess) -> None:
    broker.kill()
    with worker(broker.path) as state:
        assert state.limit("k", 1, 3600)
        broker.start()
        assert eventually(lambda: state.connected)


def test_without_fallback_the_loss_is_told(folder: Path) -> None:
    with worker(folder / "none.sock", fallback=False) as state, pytest.raises(StateUnavailable):
        state.limit("k", 1, 3600)


def test_remembered_keys_outlive_a_restart(broker: BrokerProcess) -> None:
    broker.kill()
    for age_known in (False, True):
        broker.start(snapshot=True)
        with worker(broker.path) as state:
            assert (state.remember("grey", "a", 3600) is not None) == age_known
        broker.stop()
    assert broker.snapshot.stat().st_mode & 0o777 == 0o600


def test_a_broken_snapshot_does_not_stop_the_broker(broker: BrokerProcess) -> None:
    broker.kill()
    broker.snapshot.write_bytes(b"garbage")
    broker.start(snapshot=True)
    with worker(broker.path) as state:
        assert state.remember("grey", "a", 3600) is None


def test_a_caller_that_talks_nonsense_is_closed_and_others_go_on(broker: BrokerProcess) -> None:
    with worker(broker.path) as state:
        for nonsense in (b"GET / HTTP/1.0\r\n\r\n", frame([(1, "no such call", ())]), frame([(1, "limit", (1,))])):
            stream = dial_unix(broker.path, timeout_seconds=5)
            stream.set_timeout(5)
            stream.send(nonsense)
            assert stream.recv() == b""
            stream.close()
        assert state.limit("k", 1, 3600)


def test_the_socket_is_for_us_only(broker: BrokerProcess) -> None:
    assert broker.path.stat().st_mode & 0o777 == 0o600


def test_thousands_of_limits_a_second(broker: BrokerProcess) -> None:
    with worker(broker.path) as state:

        def ask(who: int) -> None:
            for number in range(100):
                state.limit(f"{who}.{number}", 1, 3600)

        start = monotonic()
        asking = [tasks.spawn(ask, who) for who in range(100)]
        assert all(task.join(20) for task in asking)
        per_second = 10_000 / (monotonic() - start)
    logging.getLogger(__name__).info("limits a second through the broker: %d", per_second)
    assert per_second > 3000


def test_frames_do_not_depend_on_where_the_socket_cuts() -> None:
    data = frame([(1, "a", (b"x", 1.5))]) + frame([]) + frame([(2, None)])
    reader = FrameReader()
    items = [item for index in range(len(data)) for item in reader.feed(data[index : index + 1])]
    assert items == [(1, "a", [b"x", 1.5]), (2, None)]


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x01\xc1"])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        list(FrameReader().feed(data))
