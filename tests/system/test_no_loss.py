"""Load, and load with sudden death: what was acknowledged is stored, once, byte for byte."""

from __future__ import annotations

import random
import smtplib
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.corpus import corpus_folder
from peers.ours import Ours

pytestmark = [pytest.mark.peer, pytest.mark.slow]

CLIENTS = 20
KILLS = 20


def messages(count: int) -> list[bytes]:
    """Real mail of all sets where the corpus is at hand, and mail of our own making elsewhere; all with CRLF."""
    folder = corpus_folder()
    return list(corpus_messages(folder, count)) if folder else [own_message(number) for number in range(count)]


def corpus_messages(folder: Path, count: int) -> Iterator[bytes]:
    archives = sorted(folder.glob("*.tar.gz"))
    share = count // len(archives)
    taken, spare = [], []
    for archive in archives:
        with tarfile.open(archive) as tar:
            usable = [wire_form(file.read()) for member in tar if (file := tar.extractfile(member))]
        usable = [octets for octets in usable if octets]
        random.Random(7).shuffle(usable)
        taken += usable[:share]
        spare += usable[share:]
    return iter(taken + random.Random(7).sample(spare, count - len(taken)))


def wire_form(octets: bytes) -> bytes:
    """As a client sends it. NUL cannot travel in DATA (RFC 5321 section 4.1.1.4), so such files are left out."""
    if b"\0" in octets:
        return b""
    lines = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    if lines.startswith((b"From ", b">From ")):
        lines = lines.partition(b"\n")[2]
    return lines.replace(b"\n", b"\r\n") + b"\r\n"


def own_message(number: int) -> bytes:
    body = random.Random(number).randbytes(600).hex()
    return (
        f"From: a@remote.example\r\nTo: alice@example.test\r\nSubject: {number}\r\n\r\n" + body + "\r\n.\r\n"
    ).encode()


MARK = b"X-Load-Test: "


class Clients:
    """Twenty clients that share one list of messages. Each attempt is marked, so that no two attempts are alike.

    ``acknowledged`` holds the marks that got their 250; ``done`` the numbers of those messages.
    """

    def __init__(self, port: int, mails: list[bytes], done: set[int], round_number: int = 0) -> None:
        self.port, self.mails, self.round_number = port, mails, round_number
        self.left = [number for number in range(len(mails)) if number not in done]
        self.acknowledged: dict[str, int] = {}
        self.refused: dict[int, str] = {}
        self._lock = threading.Lock()

    def run(self) -> None:
        threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)

    def _next(self) -> int | None:
        with self._lock:
            return self.left.pop() if self.left else None

    def _client(self) -> None:
        try:
            while (number := self._next()) is not None:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
                    client.ehlo("client.example")
                    for _ in range(8):
                        self._send(client, number)
                        if (number := self._next()) is None:
                            return
                    self._send(client, number)
        except (OSError, smtplib.SMTPException):
            return  # the server died: what this client had no 250 for is tried again in the next round

    def _send(self, client: smtplib.SMTP, number: int) -> None:
        client.mail("sender@remote.example")
        client.rcpt("alice@example.test")
        mark = f"{number}.{self.round_number}"
        code, text = client.data(MARK + mark.encode() + b"\r\n" + self.mails[number])
        with self._lock:
            if code == 250:
                self.acknowledged[mark] = number
            else:
                self.refused[number] = f"{code} {text!r}"


def wait_until_empty(server: Ours, timeout_seconds: float = 120) -> None:
    deadline = time.monotonic() + timeout_seconds
    while server.json("queue", "list"):
        assert time.monotonic() < deadline, server.run("queue", "list")
        time.sleep(0.5)


def stored(server: Ours, folder: Path) -> tuple[Counter[str], dict[str, bytes]]:
    """The mails of alice's mailboxes: how often each mark is there, and the octets under it."""
    server.run("mail", "export", "alice@example.test", str(folder))
    counts: Counter[str] = Counter()
    blobs = {}
    for file in folder.rglob("*.eml"):
        octets = file.read_bytes()
        mark = octets.partition(MARK)[2].partition(b"\r\n")[0].decode()
        counts[mark] += 1
        blobs[mark] = octets
    return counts, blobs


TRACE = (b"Return-Path:", b"Delivered-To:", b"Received:", b"\t", b" ")


def test_a_thousand_real_mails_from_twenty_clients_are_stored_as_sent(tmp_path):
    mails = messages(1000)
    with Ours() as server:
        clients = Clients(server.ports["smtp"], mails, set())
        clients.run()
        assert not clients.refused
        assert len(clients.acknowledged) == len(mails)
        wait_until_empty(server)
        counts, blobs = stored(server, tmp_path)
        assert counts == dict.fromkeys(clients.acknowledged, 1)
        for mark, number in clients.acknowledged.items():
            trace, _, rest = blobs[mark].partition(MARK + mark.encode() + b"\r\n")
            assert rest == mails[number]
            assert all(line.startswith(TRACE) for line in trace.splitlines())
        assert "ok" in server.run("store", "check")


def test_sudden_death_loses_nothing_and_doubles_nothing(tmp_path):
    mails = messages(1000)
    acknowledged: dict[str, int] = {}
    dice = random.Random(42)
    with Ours() as server:
        for round_number in range(KILLS):
            clients = Clients(server.ports["smtp"], mails, set(acknowledged.values()), round_number)
            killer = threading.Timer(dice.uniform(0.05, 0.6), server.kill)
            killer.start()
            clients.run()
            killer.join()
            acknowledged |= clients.acknowledged
            server.start()
        clients = Clients(server.ports["smtp"], mails, set(acknowledged.values()), KILLS)
        clients.run()
        acknowledged |= clients.acknowledged
        wait_until_empty(server)
        counts, _ = stored(server, tmp_path)
        # An attempt that saw no 250 may be stored or not (RFC 1047), but nothing at all may be there twice.
        assert not set(acknowledged) - set(counts)
        assert set(counts.values()) == {1}
        assert set(acknowledged.values()) == set(range(len(mails)))
        assert "ok" in server.run("store", "check")
