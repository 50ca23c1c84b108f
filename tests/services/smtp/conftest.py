"""A small host for SMTP sessions: real policy and directory, a spool that is a list, streams on loopback."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from stalwart_g.directory import PasswordChecker
from stalwart_g.directory.memory import MemoryDirectory
from stalwart_g.directory.passwords import Cost
from stalwart_g.directory.settings import MemoryAccount, MemorySettings
from stalwart_g.green import tasks, tls
from stalwart_g.green.dns import Resolver
from stalwart_g.green.sockets import bind
from stalwart_g.green.state import MemoryState
from stalwart_g.green.stream import Stream, dial
from stalwart_g.model.mail import NewMail
from stalwart_g.policy.engine import EngineSettings, PolicyEngine
from stalwart_g.policy.tables import open_tables
from stalwart_g.services.smtp.host import Host
from stalwart_g.services.smtp.session import Session
from stalwart_g.services.smtp.settings import Settings

SETTINGS = Settings("mx.example.test", rcpt_wait_seconds=0.0, auth_wait_seconds=0.0, linger_seconds=0.01)
SCRIPTS = {
    "ehlo": 'param "auth.mechanisms" ["PLAIN", "LOGIN"]; param "auth.plaintext" "1";',
    "rcpt": """
        if environment :is "rcpt.domain_local" "1" {
            if environment :is "rcpt.exists" "no" { reply :code 550 :status "5.1.1" "no such mailbox"; }
        } elsif not environment :is "auth.account" "" { param "relay" "1"; }
    """,
}
ACCOUNTS = (
    MemoryAccount("alice", secrets=("secret",), emails=("alice@example.test", "al@example.test")),
    MemoryAccount("bob", secrets=("secret",), emails=("bob@example.test",), lists=("all@example.test",)),
)


class Kept(list[NewMail]):
    """The spool: keeps mails, or refuses with ``error``."""

    error: Exception | None = None

    def enqueue(self, mail: NewMail) -> str:
        if self.error:
            raise self.error
        self.append(mail)
        return f"{len(self):016x}"


class Client:
    """Speaks to a session. ``say`` sends a line and returns the reply that follows."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._heard = b""
        self.greeting = self.hear()

    def say(self, *lines: str) -> str:
        """Send lines at once; the reply to the first."""
        self.stream.send("".join(f"{line}\r\n" for line in lines).encode())
        return self.hear()

    def all(self, *lines: str) -> list[str]:
        """Send lines one by one; all replies."""
        return [self.say(line) for line in lines]

    def hear(self) -> str:
        """One reply, its lines parted by LF; empty at the end of the connection."""
        reply: list[str] = []
        while True:
            line, found, rest = self._heard.partition(b"\r\n")
            if found:
                self._heard = rest
                reply.append(line.decode())
                if line[3:4] != b"-":
                    return "\n".join(reply)
            elif octets := self.stream.recv():
                self._heard += octets
            else:
                return ""

    def send_mail(
        self, *recipients: str, sender: str = "x@sender.example", text: str = "Subject: hi\r\n\r\nhello"
    ) -> str:
        """A whole transaction: the reply to the message."""
        for line in (f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients), "DATA"):
            self.last = self.say(line)
        return self.say(text, ".")

    def login(self, login: str, password: str = "secret", authorization_id: str = "") -> str:
        octets = f"{authorization_id}\0{login}\0{password}".encode()
        return self.say(f"AUTH PLAIN {base64.b64encode(octets).decode()}")


class World:
    """Everything that a session needs; change what a test is about before ``connect``."""

    def __init__(self, folder: Path, directory: MemoryDirectory) -> None:
        self.folder = folder
        self.directory = directory
        self.settings = SETTINGS
        self.spool = Kept()
        self.state = MemoryState()
        self.scripts: dict[str, str] = dict(SCRIPTS)
        self.resolver = Resolver([])
        self.tls: Callable[[], ssl.SSLContext] | None = None
        self.now = 1_795_000_000.0
        self.disk_is_low = False
        self.sessions: list[tasks.Task[None]] = []
        self._streams: list[Stream] = []

    def connect(self, **settings: object) -> Client:
        """A client of a new session."""
        host = Host(
            policy=policy(self.folder, self.scripts, self.state),
            directory=self.directory,
            resolver=self.resolver,
            state=self.state,
            spool=self.spool,
            tls=self.tls,
            disk_is_low=lambda: self.disk_is_low,
            clock=lambda: self.now,
        )
        listening = bind("127.0.0.1", 0)
        stream = dial("127.0.0.1", listening.getsockname()[1], timeout_seconds=5)
        stream.set_timeout(10)
        session = Session(Stream(listening.accept()[0]), replace(self.settings, **settings), host)  # type: ignore[arg-type]
        listening.close()
        self._streams.append(stream)
        self.sessions.append(tasks.spawn(session.handle))
        return Client(stream)

    def hello(self, **settings: object) -> Client:
        """A client that has said hello."""
        client = self.connect(**settings)
        client.say("LHLO c.example" if settings.get("lmtp") else "EHLO c.example")
        return client

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
        for session in self.sessions:
            assert session.join(5)
            assert session.error is None


def policy(folder: Path, scripts: Mapping[str, str], state: MemoryState) -> PolicyEngine:
    header = 'require ["environment", "variables", "vnd.stalwart_g.policy"];\n'
    for stage in ("connect", "ehlo", "auth", "mail", "rcpt", "data"):
        (folder / f"{stage}.sieve").write_text(header + scripts.get(stage, "keep;"))
    return PolicyEngine(EngineSettings(folder), open_tables([]), state)


@pytest.fixture(scope="session")
def directory() -> Iterator[MemoryDirectory]:
    passwords = PasswordChecker(1, Cost(1, 64, 1))
    yield MemoryDirectory(MemorySettings("test", accounts=ACCOUNTS, domains=("example.test",)), passwords)
    passwords.close()


@pytest.fixture
def world(tmp_path: Path, directory: MemoryDirectory) -> Iterator[World]:
    world = World(tmp_path, directory)
    yield world
    world.close()


@pytest.fixture(scope="session")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> tls.ServerTls:
    return tls.ServerTls(tls.self_signed("mx.example.test", tmp_path_factory.mktemp("tls")))
