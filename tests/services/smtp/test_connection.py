"""Limits of a connection in time and in octets, over real sockets on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from stalwart_g.green import tasks
from stalwart_g.green.sockets import bind
from stalwart_g.green.stream import Stream, dial
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.events import Auth, Hello, Mail, Message, Rcpt
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.server import ServerMachine
from stalwart_g.services.smtp.connection import Cancelled, Connection, guarded
from stalwart_g.services.smtp.settings import Settings

SETTINGS = Settings("mx.example.test", timeout_seconds=5.0, linger_seconds=0.05)
START = b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[Stream, Stream]]:
    listening = bind("127.0.0.1", 0)
    client = dial("127.0.0.1", listening.getsockname()[1], timeout_seconds=5)
    client.set_timeout(5)
    server = Stream(listening.accept()[0])
    yield client, server
    for stream in (client, server):
        stream.close()
    listening.close()


class Server:
    """Says yes to everything, in a task of its own; ``reason`` and ``said`` tell how it ended."""

    def __init__(self, stream: Stream, settings: Settings) -> None:
        self.machine = ServerMachine("mx.example.test")
        self.connection = Connection(stream, self.machine, settings)
        self.reason = ""
        self.task = tasks.spawn(self.run)

    def run(self) -> None:
        self.reason, last_words = guarded(self.serve)
        self.connection.end(last_words)

    def serve(self) -> None:
        self.machine.greet(Reply(220, "", "hi"))
        while True:
            match event := self.connection.next_event():
                case Hello():
                    self.machine.welcome(Extensions(mechanisms=("PLAIN",), clear_text_passwords=True))
                case Auth():
                    self.authenticate()
                case Mail() | Rcpt() | Message():
                    self.machine.reply(Reply(250, "2.0.0", "ok"))
            if self.machine.in_message and event:
                self.connection.message_begins()

    def authenticate(self) -> None:
        try:
            self.machine.reply(Reply(235, "2.7.0", self.connection.ask(b"").decode()))
        except Cancelled:
            self.reason = "cancelled"


def last_words(client: Stream) -> bytes:
    octets = b""
    while more := client.recv():
        octets += more
    return octets.splitlines()[-1]


def test_who_says_nothing_is_told_so(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    server = Server(stream, replace(SETTINGS, timeout_seconds=0.05))
    assert last_words(client).startswith(b"421 4.4.2 ")
    server.task.join(5)
    assert server.reason == "timeout"


def test_a_session_has_an_end_however_busy_it_is(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    Server(stream, replace(SETTINGS, duration_seconds=0.05))
    client.send(b"NOOP\r\n")
    assert last_words(client).startswith(b"421 4.3.2 ")


def test_a_session_may_send_so_much_and_no_more(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    Server(stream, replace(SETTINGS, transfer_octets=100))
    client.send(START + b"x" * 200)
    assert last_words(client).startswith(b"421 4.7.28 ")


def test_a_message_that_stops_coming_ends_the_session(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    Server(stream, replace(SETTINGS, data_timeout_seconds=0.05))
    client.send(START)
    assert last_words(client).startswith(b"421 4.4.2 ")


def test_a_message_that_trickles_ends_the_session(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    server = Server(stream, replace(SETTINGS, data_timeout_seconds=0.05))

    def trickle() -> None:
        client.send(START)
        while not server.task.done:
            client.send(b"x\r\n")
            tasks.sleep(0.01)

    trickling = tasks.spawn(trickle)
    assert last_words(client).startswith(b"421 4.4.2 ")
    server.task.join(5)
    assert server.reason == "too slow"
    trickling.kill()


def test_idle_sessions_end_when_the_server_stops_and_messages_come_to_their_end(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    server = Server(stream, SETTINGS)
    client.send(START)
    heard = b""
    while b"354" not in heard:
        heard += client.recv()
    stream.stop()
    client.send(b"text\r\n.\r\n")
    heard = b""
    while b"421" not in heard:
        heard += client.recv()
    assert heard.splitlines()[0].startswith(b"250 ")
    assert heard.splitlines()[1].startswith(b"421 4.3.0 ")
    server.task.join(5)
    assert server.reason == "shutdown"


def test_a_client_that_goes_away_leaves_no_last_words(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    server = Server(stream, SETTINGS)
    client.close()
    server.task.join(5)
    assert server.reason == "lost"


def test_a_challenge_waits_for_its_answer(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    server = Server(stream, SETTINGS)
    client.send(b"EHLO a\r\nAUTH PLAIN\r\n*\r\nAUTH PLAIN\r\neHl6\r\nQUIT\r\n")
    octets = b""
    while more := client.recv():
        octets += more
    assert [line[:9] for line in octets.splitlines()[-5:]] == [
        b"334 ", b"501 5.7.0", b"334 ", b"235 2.7.0", b"221 2.0.0",
    ]  # fmt: skip
    assert octets.splitlines()[-2].endswith(b"xyz")
    server.task.join(5)


def test_early_talkers_betray_themselves(pair: tuple[Stream, Stream]) -> None:
    client, stream = pair
    machine = ServerMachine("mx.example.test")
    connection = Connection(stream, machine, SETTINGS)
    connection.wait_in_silence(0.02)
    assert not machine.early_talk
    client.send(b"EHLO a\r\n")
    connection.wait_in_silence(5)
    assert machine.early_talk
