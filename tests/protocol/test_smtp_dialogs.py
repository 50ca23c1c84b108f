"""Each file in ``dialogs/smtp`` is one conversation with the server machine.

``C:`` sends a line, ``C+`` sends a line together with the one before (pipelined), ``C!`` sends a Python bytes literal
as it is, ``T:`` does the TLS handshake, ``X:`` expects that the server closes. ``S:`` expects a reply: its code and
its enhanced code where one is written; more text is for the reader. With a dash after the code it is one line of
several, and is compared as a whole. The first line may set options: ``# lmtp tls lenient offer=...``.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from msgspec.structs import replace

from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.events import Auth, AuthResponse, Expn, Hello, Mail, Message, Rcpt, StartTls, Vrfy
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.limits import Limits
from stalwart_g.protocol.smtp.replies import READY_FOR_TLS
from stalwart_g.protocol.smtp.server import ServerMachine

FOLDER = Path(__file__).parent / "dialogs" / "smtp"
OFFERS = {
    "basic": Extensions(starttls=True, mechanisms=("PLAIN", "LOGIN")),
    "all": Extensions(
        size_octets=1000, starttls=True, vrfy=True, expn=True, mechanisms=("PLAIN", "LOGIN"), requiretls=True,
        clear_text_passwords=True, no_soliciting="", future_release_seconds=604_800,
        future_release_until="2026-12-01T00:00:00Z", deliver_by_seconds=60, mt_priority="mixer",
    ),
    "plain": Extensions(pipelining=False, chunking=False, dsn=False),
}  # fmt: skip


class Host:
    """A session that says yes: all but recipients and users named ``refused``, and messages with REFUSE in them."""

    def __init__(self, options: list[str]) -> None:
        settings = dict(option.partition("=")[::2] for option in options)
        limits = Limits(**{name: int(value) for name, value in settings.items() if name in Limits.__annotations__})
        self.machine = ServerMachine(
            "mx.example", lmtp="lmtp" in settings, lenient="lenient" in settings, limits=limits
        )
        self.machine.tls = "tls" in settings
        self.machine.require_authentication = "submission" in settings
        self.machine.bare_newline = settings.get("bare", "reject")
        self.offer = OFFERS[settings.get("offer", "basic")]
        self.messages: list[Message] = []
        self.recipients: list[str] = []
        self.machine.greet(Reply(220, "", "mx.example ready"))

    def send(self, octets: bytes) -> bytes:
        self.machine.receive_data(octets)
        while (event := self.machine.next_event()) is not None:
            self.answer(event)
        return self.machine.data_to_send()

    def answer(self, event: object) -> None:
        machine = self.machine
        match event:
            case Hello(name="refused.example"):
                machine.reply(Reply(550, "5.7.1", "no"))
            case Hello():
                machine.welcome(replace(self.offer, size_octets=machine.limits.size_octets))
            case Mail():
                self.recipients = []
                machine.reply(Reply(250, "2.1.0", "ok"))
            case Rcpt(recipient) if recipient.address.local == "refused":
                machine.reply(Reply(550, "5.1.1", "unknown"))
            case Rcpt(recipient):
                self.recipients.append(recipient.address.local)
                machine.reply(Reply(250, "2.1.5", str(recipient.address)))
            case Message(octets) if b"REFUSE" in octets:
                machine.reply(Reply(550, "5.7.1", "no"))
            case Message() if machine.lmtp:
                self.messages.append(event)
                full = Reply(452, "4.2.2", "full")
                machine.reply_each([full if name == "full" else Reply(250, "2.0.0", name) for name in self.recipients])
            case Message():
                self.messages.append(event)
                machine.reply(Reply(250, "2.0.0", "queued"))
            case StartTls():
                machine.reply(READY_FOR_TLS)
            case Auth("PLAIN", None):
                machine.challenge(b"")
            case Auth("LOGIN", None):
                machine.challenge(b"User Name\0")
            case AuthResponse(b"user"):
                machine.challenge(b"Password\0")
            case Auth() | AuthResponse():
                response = event.initial_response if isinstance(event, Auth) else event.octets
                good = response is not None and response.endswith(b"secret")
                machine.reply(Reply(235, "2.7.0", "welcome") if good else Reply(535, "5.7.8", "no"))
            case Vrfy() | Expn():
                machine.reply(Reply(252, "2.5.1", "perhaps"))


def perform(path: Path) -> None:
    first, *rest = path.read_text().splitlines()
    host = Host(first.removeprefix("#").split() if first.startswith("#") else [])
    lines = rest if first.startswith("#") else [first, *rest]
    replies = host.machine.data_to_send().decode().splitlines()
    unsent = b""
    for number, line in enumerate(lines, 1):
        kind, text = line[:2], line[3:]
        where = f"{path.name}, line {number}: {line}"
        if kind in ("C:", "C!"):
            replies += host.send(unsent).decode().splitlines() if unsent else []
            unsent = b""
            assert not replies, f"{where}: before it the server said {replies}"
        if kind in ("C:", "C+"):
            unsent += text.encode() + b"\r\n"
        elif kind == "C!":
            unsent += ast.literal_eval(text)
        elif kind in ("S:", "T:", "X:"):
            replies += host.send(unsent).decode().splitlines() if unsent else []
            unsent = b""
            if kind == "T:":
                host.machine.tls_started()
            elif kind == "X:":
                assert host.machine.is_closing, where
            else:
                assert replies, f"{where}: no more replies"
                expect(text, replies.pop(0), where)
    assert not replies, f"{path.name}: the server also said {replies}"


def expect(wanted: str, reply: str, where: str) -> None:
    words, given = wanted.split(), reply.split()
    if wanted[3:4] == "-":
        assert reply == wanted, f"{where}: it said {reply!r}"
        return
    assert given[0] == words[0], f"{where}: it said {reply!r}"
    if len(words) > 1 and words[1][1:2] == ".":
        assert given[1] == words[1], f"{where}: it said {reply!r}"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_dialog(path: Path) -> None:
    perform(path)


def test_there_are_dialogs() -> None:
    assert len(list(FOLDER.glob("*.txt"))) > 10
