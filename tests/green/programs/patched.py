"""All at once in a patched process: threads that log, SQLite, TLS, timers. Prints a line for each that worked."""

from stalwart_g.green.patching import patch

patch()

import logging  # noqa: E402
import sqlite3  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402

from gevent import monkey  # noqa: E402

from stalwart_g.green import tasks, tls  # noqa: E402
from stalwart_g.green.listeners import Listener  # noqa: E402
from stalwart_g.green.sockets import bind  # noqa: E402
from stalwart_g.green.stream import Stream, dial  # noqa: E402
from stalwart_g.green.threads import BatchThread, ThreadPool  # noqa: E402

log = logging.getLogger("patched")


def commit_and_log(folder: Path) -> None:
    connection = sqlite3.connect(folder / "db", check_same_thread=False, isolation_level=None)
    connection.execute("CREATE TABLE t (n)")

    def work(items: Sequence[int]) -> Sequence[int]:
        log.info("batch of %d", len(items))
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO t VALUES (?)", [(item,) for item in items])
        connection.execute("COMMIT")
        return items

    writer = BatchThread("writer", work)

    def call(number: int) -> None:
        log.info("call %d", number)
        assert writer.call(number) == number
        log.info("done %d", number)

    callers = [tasks.spawn(call, number) for number in range(500)]
    assert all(task.join(20) and task.error is None for task in callers)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (500,)
    print("sqlite")


def pool_of_sleepers() -> None:
    pool = ThreadPool(4)
    native_sleep = monkey.get_original("time", "sleep")
    ticks = tasks.Queue[int]()
    ticking = tasks.every(0.01, lambda: ticks.put(1))
    sleepers = [tasks.spawn(pool.run, native_sleep, 0.1) for _ in range(8)]
    assert all(task.join(10) for task in sleepers)
    ticking.cancel()
    assert len(ticks) > 5
    print("pool")


def talk_tls(folder: Path) -> None:
    server = tls.ServerTls(tls.self_signed("mx.example.test", folder))
    listener = Listener([bind("127.0.0.1", 0)], lambda stream: stream.send(stream.recv()), tls=server.current)
    listener.start()
    stream: Stream = dial("127.0.0.1", listener.addresses[0].port, timeout_seconds=5)
    info = stream.starttls(
        tls.verifying_context(server.default.certificate), server_side=False, server_hostname="mx.example.test"
    )
    stream.send(b"hello")
    assert stream.recv() == b"hello"
    print(info.version)
    listener.stop(1)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    assert monkey.is_module_patched("threading")
    with tempfile.TemporaryDirectory() as name:
        commit_and_log(Path(name))
        pool_of_sleepers()
        talk_tls(Path(name))
    start = time.monotonic()
    time.sleep(0.01)
    print("end", flush=True)
