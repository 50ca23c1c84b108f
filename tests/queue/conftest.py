"""A whole queue of real parts: stores, scripts, directory, mailboxes, couriers, and a mail server beside it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stalwart_g.delivery.filing import Filing
from stalwart_g.delivery.local import LocalCourier
from stalwart_g.delivery.remote import RemoteCourier
from stalwart_g.delivery.scripts import FileScripts
from stalwart_g.delivery.settings import LocalSettings, Relay, RemoteSettings, ReportSettings, Timeouts
from stalwart_g.directory.memory import MemoryDirectory
from stalwart_g.directory.passwords import PasswordChecker
from stalwart_g.directory.settings import MemoryAccount, MemorySettings
from stalwart_g.green import tasks
from stalwart_g.green.dns import Resolver
from stalwart_g.green.state.memory import MemoryState
from stalwart_g.green.tls import self_signed
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.mail import NewMail
from stalwart_g.policy.engine import EngineSettings, PolicyEngine
from stalwart_g.policy.tables import Tables
from stalwart_g.queue import rows
from stalwart_g.queue.bodies import BodyFiles
from stalwart_g.queue.runner import Runner
from stalwart_g.queue.settings import QueueSettings, Schedule
from stalwart_g.queue.spool import Spool
from stalwart_g.queue.stages import Stages
from stalwart_g.store import Batch, CommitResult, Store, open_store
from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.messages import MailStore

START = 1_800_000_000.0
DAY = 86400.0
OCTETS = b"From: a@us.test\r\nSubject: hello\r\nMessage-ID: <m@us.test>\r\n\r\nbody\r\n"
STAGES = ("connect", "ehlo", "auth", "mail", "rcpt", "data", "route", "retry", "deliver", "dsn")
ROUTE = """if environment "rcpt.domain_local" "1" { param "via" "local"; } else { param "via" "relay:r"; }"""
PEER = Path(__file__).parents[1] / "delivery" / "programs" / "smtp_peer.py"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = MemoryStore() if request.param == "memory" else open_store(tmp_path / "queue-0.sqlite3")
    yield opened
    opened.close()


class Peer:
    """A mail server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self_signed("mx.test", folder)
        self.process = subprocess.Popen([sys.executable, str(PEER), str(folder)], stdout=subprocess.PIPE, text=True)
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


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    peer = Peer(tmp_path_factory.mktemp("tls"))
    yield peer
    peer.process.kill()
    peer.process.wait(10)
    peer.output.close()


class CountingStore(MemoryStore):
    """Knows how often it was written to."""

    commits = 0

    def commit(self, batch: Batch) -> CommitResult:
        self.commits += 1
        return super().commit(batch)


class Office:
    """A spool with its runner. Time stands still until `later`."""

    def __init__(self, folder: Path, relay_port: int, queue_store: Store | None = None) -> None:
        self.folder, self.now = folder, START
        self.policy = folder / "policy"
        self.policy.mkdir(exist_ok=True)
        for stage in STAGES:
            self.stage(stage, ROUTE if stage == "route" else "keep;")
        accounts = (
            MemoryAccount("alice", emails=("alice@us.test",)),
            MemoryAccount("bob", emails=("bob@us.test",), lists=("all@us.test",)),
            MemoryAccount("carol", emails=("carol@us.test",), lists=("all@us.test",)),
        )
        self.directory = MemoryDirectory(MemorySettings("m", accounts), PasswordChecker(1))
        self.mail = MailStore(MemoryStore(), BlobStore(folder / "blobs"))
        self.queue_store = queue_store or CountingStore()
        schedule = Schedule(retry=(60.0, 600.0), notify=(DAY,), expire=5 * DAY, jitter=0.0)
        self.settings = QueueSettings(ReportSettings("us.test"), schedule, inline_octets=200)
        timeouts = Timeouts(connect=2, greeting=2, ehlo=2, mail=2, rcpt=2, data=2, quit=1)
        self.remote = RemoteSettings(
            "us.test", timeouts=timeouts, relays={"r": Relay("127.0.0.1", relay_port), "dead": Relay("127.0.0.1", 1)}
        )
        self.runner: Runner | None = None

    def stage(self, name: str, text: str) -> None:
        """Write the script of a stage; before the start."""
        header = 'require ["vnd.stalwart_g.policy", "environment"];\n' if text != "keep;" else ""
        (self.policy / f"{name}.sieve").write_text(header + text)

    def script(self, account: str, text: str) -> None:
        """Write the script of a user."""
        (self.folder / "sieve" / account).mkdir(parents=True, exist_ok=True)
        (self.folder / "sieve" / account / "active.sieve").write_text(text)

    def start(self) -> None:
        state, resolver = MemoryState(), Resolver([("127.0.0.1", 9)], timeout_seconds=0.2)
        engine = PolicyEngine(EngineSettings(self.policy), Tables({}), state, self.clock)
        self.spool = Spool(self.queue_store, BodyFiles(self.folder / "bodies"), self.settings, clock=self.clock)
        self.spool.recover()
        stages = Stages(engine, self.directory, resolver, state, self.clock)
        local = LocalCourier(
            self.directory, Filing(self.mail), engine, FileScripts(self.folder / "sieve"), LocalSettings("us.test"),
            self.clock,
        )  # fmt: skip
        self.runner = Runner(self.spool, stages, local, RemoteCourier(resolver, self.remote), self.settings)
        self.runner.start()

    def stop(self) -> None:
        if self.runner:
            self.runner.stop(1.0)

    def clock(self) -> float:
        return self.now

    def send(self, *recipients: str, sender: str = "alice@us.test", octets: bytes = OCTETS, **rest: Any) -> str:
        """Enqueue, and wait until all is done that can be done now. A recipient may end in ``?SUCCESS,DELAY``."""
        if self.runner is None:
            self.start()
        to = tuple(
            Recipient(Address.of(address), tuple(filter(None, notify.split(","))))
            for address, _, notify in (recipient.partition("?") for recipient in recipients)
        )
        parameters = rest.pop("parameters", MailParameters())
        mail = NewMail(Envelope(Address.of(sender), parameters, to), octets, message_id="<m@us.test>", **rest)
        queue_id = self.spool.enqueue(mail)
        self.settle()
        return queue_id

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.spool.on_work()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is going on, and nothing is due."""
        with tasks.timeout(10):
            while self.spool.active or self.spool.next_due() <= self.now:
                tasks.sleep(0.002)

    @property
    def queued(self) -> list[Any]:
        """The recipients that are in the queue."""
        return [recipient for entry in self.entries for recipient in entry.recipients]

    @property
    def entries(self) -> list[Any]:
        return list(rows.entries(self.queue_store))

    def inbox(self, account: str = "alice") -> list[bytes]:
        return self.mailbox(account, "INBOX")

    def mailbox(self, account: str, *path: str) -> list[bytes]:
        number = self.mail.account_id(account)
        mailbox = self.mail.mailbox_by_path(number, path)
        return [self.mail.read(number, row.email_id) for row in self.mail.list(number, mailbox.id)]

    def change(self, **settings: Any) -> None:
        """Other settings of the queue; before the start."""
        self.settings = replace(self.settings, **settings)


@pytest.fixture
def office(tmp_path: Path, peer: Peer) -> Iterator[Office]:
    office = Office(tmp_path, peer.port)
    yield office
    office.stop()
