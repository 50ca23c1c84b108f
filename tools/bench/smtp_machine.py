"""Microseconds of Python for one transaction of the SMTP server machine alone: no sockets, no policy, no store."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.events import Hello
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.limits import Limits
from stalwart_g.protocol.smtp.server import ServerMachine

OK = Reply(250, "2.0.0", "Ok")


def message(octets: int) -> bytes:
    header = b"From: <a@sender.example>\r\nTo: <b@example.test>\r\nSubject: figures\r\n\r\n"
    line = b"x" * 70 + b"\r\n"
    return header + line * ((octets - len(header)) // len(line)) + b".\r\n"


def steps(octets: int, *, pipelined: bool) -> list[bytes]:
    """What ``smtp-source`` sends, one read at a time."""
    commands = [b"MAIL FROM:<sender@sender.example>\r\n", b"RCPT TO:<alice@example.test>\r\n", b"DATA\r\n"]
    return [*([b"".join(commands)] if pipelined else commands), message(octets)]


def transaction(chunks: list[bytes]) -> Callable[[], None]:
    server = ServerMachine("mx.example", limits=Limits(messages=10**9))
    server.greet(Reply(220, "", "mx.example"))

    def run() -> None:
        for chunk in chunks:
            server.receive_data(chunk)
            while (event := server.next_event()) is not None:
                if isinstance(event, Hello):
                    server.welcome(Extensions())
                elif server.awaits_answer:
                    server.reply(OK)
            server.data_to_send()

    greeting, chunks[:] = list(chunks), [b"EHLO client.example\r\n"]
    run()
    chunks[:] = greeting
    return run


def microseconds(run: Callable[[], None], rounds: int, count: int) -> float:
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(count):
            run()
        times.append((time.perf_counter() - start) / count * 1e6)
    return statistics.median(times)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--count", type=int, default=1000)
    arguments = options.parse_args()
    for octets in (1024, 4096, 65_536):
        for pipelined in (False, True):
            figure = microseconds(transaction(steps(octets, pipelined=pipelined)), arguments.rounds, arguments.count)
            print(f"{octets:6} octets, {'pipelined' if pipelined else 'step by step':12}  {figure:7.1f} us")


if __name__ == "__main__":
    main()
