"""Real peers for the couriers: name servers and mail servers in processes of their own, rude ones in threads."""

from __future__ import annotations

import json
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sieve.message import parse
from stalwart_g.delivery.facts import Subject
from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.local import Handled, Letter, LocalCourier
from stalwart_g.delivery.scripts import FileScripts
from stalwart_g.delivery.settings import LocalSettings
from stalwart_g.directory.memory import MemoryDirectory
from stalwart_g.directory.passwords import PasswordChecker
from stalwart_g.directory.settings import MemoryAccount, MemorySettings, Options
from stalwart_g.green.dns import Resolver
from stalwart_g.green.state.memory import MemoryState
from stalwart_g.green.tls import self_signed
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import MailParameters, Recipient
from stalwart_g.model.mail import Origin
from stalwart_g.policy.engine import EngineSettings, PolicyEngine
from stalwart_g.policy.tables import Tables
from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore

PROGRAMS = Path(__file__).parent / "programs"
ZONE = """
$TTL 60
@         IN SOA ns.test. root.test. 1 3600 600 86400 60
@         IN NS ns
good      IN MX 10 mx
plain     IN A 127.0.0.1
mx        IN A 127.0.0.1
dead      IN A 127.0.0.9
two       IN MX 10 dead
two       IN MX 20 mx
null      IN MX 0 .
nowhere   IN MX 10 hostless
hostless  IN TXT "no address"
us        IN MX 10 us
backup    IN MX 10 better
backup    IN MX 20 us
backup    IN MX 30 worse
better    IN A 192.0.2.1
worse     IN A 192.0.2.2
unsure    IN MX 10 x.fail
unsure    IN MX 20 hostless
"""


class Program:
    """A process that prints its port first; ends with the test module."""

    def __init__(self, name: str, *arguments: str) -> None:
        command = [sys.executable, str(PROGRAMS / name), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.output = self.process.stdout
        self.port = int(self.output.readline())
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def message(self) -> Any:
        """The next message it got; it comes soon or not at all."""
        return json.loads(self._lines.get(timeout=5))

    def _read(self) -> None:
        for line in self.output:
            self._lines.put(line)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.output.close()


class Rude:
    """A server in a thread: says its lines one after the other, each after something was received, then goes silent.

    ``first``: what the first connection hears instead. ``hangs``: the connection stays open at the end.
    """

    def __init__(self, lines: tuple[bytes, ...], first: tuple[bytes, ...] | None, *, hangs: bool) -> None:
        self.lines, self.first, self.hangs = lines, first, hangs
        self.received: list[bytes] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self._open.append(connection)
            try:
                self._talk(connection, self.lines if self.first is None else self.first)
            except OSError:
                continue
            self.first = None
            if not self.hangs:
                connection.close()

    def _talk(self, connection: socket.socket, lines: tuple[bytes, ...]) -> None:
        for line in lines:
            connection.sendall(line)
            octets = connection.recv(65536)
            if not octets:
                return
            self.received.append(octets)

    def end(self) -> None:
        self.server.close()
        for connection in self._open:
            connection.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    self_signed("mx.test", folder)
    return folder


@pytest.fixture(scope="session")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolver]:
    file = tmp_path_factory.mktemp("dns") / "zone"
    file.write_text(ZONE)
    program = Program("nameserver.py", str(file))
    yield Resolver([("127.0.0.1", program.port)], timeout_seconds=2.0)
    program.end()


@pytest.fixture(scope="module")
def peer(certificate: Path) -> Iterator[Callable[..., Program]]:
    """``peer("starttls")``: a mail server with these options, the same one for the whole module."""
    running: dict[tuple[str, ...], Program] = {}

    def start(*options: str) -> Program:
        if options not in running:
            running[options] = Program("smtp_peer.py", *options, str(certificate))
        return running[options]

    yield start
    for program in running.values():
        program.end()


@pytest.fixture
def rude() -> Iterator[Callable[..., Rude]]:
    started: list[Rude] = []

    def start(*lines: bytes, first: tuple[bytes, ...] | None = None, hangs: bool = False) -> Rude:
        started.append(Rude(lines, first, hangs=hangs))
        return started[-1]

    yield start
    for server in started:
        server.end()


# Local delivery

NOW = 1_800_000_000.0
OCTETS = b"Received: from x\r\nFrom: a@x.test\r\nSubject: [ops] hello\r\n\r\nbody\r\n"
STAGES = ("connect", "ehlo", "auth", "mail", "rcpt", "data", "route", "retry", "deliver", "dsn")


class Office:
    """One local courier, its scripts, and the mailboxes that it fills."""

    def __init__(self, folder: Path) -> None:
        self.policy, self.scripts, self.now = folder / "policy", folder / "sieve", NOW
        self.settings = LocalSettings("us.test")
        self.policy.mkdir()
        for stage in STAGES:
            self.stage(stage, "keep;")
        accounts = (
            MemoryAccount("alice", emails=("alice@us.test", "a@us.test"), description="Alice Smith"),
            MemoryAccount("bob", emails=("bob@us.test",), lists=("all@us.test",), quota_octets=500),
            MemoryAccount("carol", emails=("carol@us.test",), lists=("all@us.test",)),
        )
        options = Options(subaddressing=True)
        self.directory = MemoryDirectory(MemorySettings("m", accounts, options=options), PasswordChecker(1))
        self.mail = MailStore(MemoryStore(), BlobStore(folder / "blobs"), clock=lambda: self.now)

    def stage(self, name: str, text: str) -> None:
        header = 'require ["vnd.stalwart_g.policy", "environment", "variables", "fileinto", "copy"];\n'
        (self.policy / f"{name}.sieve").write_text(header + text if text != "keep;" else text)

    def script(self, account: str, text: str) -> None:
        folder = self.scripts / account
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "active.sieve").write_text(text)

    def courier(self) -> LocalCourier:
        engine = PolicyEngine(EngineSettings(self.policy), Tables({}), MemoryState(), lambda: self.now)
        return LocalCourier(
            self.directory, Filing(self.mail), engine, FileScripts(self.scripts), self.settings, lambda: self.now
        )

    octets = OCTETS

    def deliver(self, account: str = "alice", octets: bytes = OCTETS, to: str = "", **subject: Any) -> Handled:
        letter = self.letter(to or f"{account}@us.test", octets, **subject)
        return self.courier().deliver(letter, account)

    def letter(self, to: str, octets: bytes = OCTETS, sender: str = "s@x.test", **subject: Any) -> Letter:
        recipient = subject.pop("recipient", Recipient(Address.of(to)))
        values: dict[str, Any] = {
            "queue_id": "q1", "reverse_path": Address.of(sender), "parameters": MailParameters(),
            "origin": Origin("smtp"), "notes": {}, "message_id": "<m@x.test>", "size_octets": len(octets),
            "created": self.now, **subject,
        }  # fmt: skip
        return Letter(Subject(**values), recipient, octets, parse(octets))

    def contents(self, account: str = "alice") -> dict[str, list[bytes]]:
        """What is in the mailboxes that are not empty."""
        number = self.mail.account_id(account)
        found = {}
        for mailbox in self.mail.mailboxes(number):
            rows = self.mail.list(number, mailbox.id)
            if rows:
                found["/".join(mailbox.path)] = [self.mail.read(number, row.email_id) for row in rows]
        return found

    def flags(self, account: str, *path: str) -> list[set[str]]:
        number = self.mail.account_id(account)
        mailbox = self.mail.mailbox_by_path(number, path)
        return [set(row.keywords) for row in self.mail.list(number, mailbox.id)]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)
