"""The client machine against scripted servers, and against our own server machine."""

from __future__ import annotations

import itertools
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.client import ClientMachine, Outcome, Step
from stalwart_g.protocol.smtp.events import Hello, Mail, Message, Rcpt
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.server import ServerMachine

Result = TypeVar("Result")
OCTETS = b"Subject: x\r\n\r\n.dot\r\n"
ALL = (
    b"250-mx\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-AUTH PLAIN LOGIN\r\n"
)
ALL += b"250-CHUNKING\r\n250-BINARYMIME\r\n250 LIMITS RCPTMAX=3 MAILMAX=20\r\n"


def envelope(*recipients: str, **parameters: object) -> Envelope:
    return Envelope(
        Address.of("s@example.org"),
        MailParameters(**parameters),  # type: ignore[arg-type]
        tuple(Recipient(Address.of(recipient)) for recipient in recipients),
    )


def codes(outcome: Outcome | None) -> list[tuple[int, str]]:
    assert outcome
    return [(fate.reply.code, fate.stage) for fate in outcome.fates]


class Scripted:
    """A client, and a server that says what it is told whatever it hears."""

    def __init__(self, hello: bytes = b"250 mx\r\n", *, lmtp: bool = False) -> None:
        self.client = ClientMachine("c.example", lmtp=lmtp)
        self.perform(self.client.greeting(), b"220 mx\r\n")
        self.hello = self.perform(self.client.hello(), hello)

    def perform(self, step: Step[Result], *answers: bytes) -> Result | None:
        self.heard = self.client.data_to_send()
        for answer in answers:
            self.client.receive_data(answer)
            self.heard += self.client.data_to_send()
        return step.result


def test_one_message_without_extensions_goes_step_by_step() -> None:
    peer = Scripted()
    step = peer.client.send(envelope("a@b", "c@d"), OCTETS)
    assert peer.perform(step) is None
    assert peer.heard == b"MAIL FROM:<s@example.org>\r\n"
    assert peer.perform(step, b"250 ok\r\n") is None
    assert peer.heard == b"RCPT TO:<a@b>\r\n"
    peer.perform(step, b"250 ok\r\n", b"550 5.1.1 who?\r\n")
    assert peer.heard == b"RCPT TO:<c@d>\r\nDATA\r\n"
    peer.perform(step, b"354 go\r\n")
    assert peer.heard == b"Subject: x\r\n\r\n..dot\r\n.\r\n"
    assert codes(peer.perform(step, b"250 2.0.0 done\r\n")) == [(250, "final"), (550, "rcpt")]


def test_with_pipelining_envelope_and_data_go_at_once() -> None:
    peer = Scripted(ALL)
    step = peer.client.send(envelope("a@b"), OCTETS)
    peer.perform(step)
    assert peer.heard == b"MAIL FROM:<s@example.org> SIZE=20\r\nRCPT TO:<a@b>\r\nDATA\r\n"
    outcome = peer.perform(step, b"250 ok\r\n250 ok\r\n354 go\r\n", b"250 ok\r\n")
    assert codes(outcome) == [(250, "final")]


def test_a_lone_dot_ends_data_that_nobody_gets() -> None:
    peer = Scripted(ALL)
    step = peer.client.send(envelope("a@b"), OCTETS)
    peer.perform(step, b"250 ok\r\n450 4.2.1 later\r\n354 go\r\n")
    assert peer.heard.endswith(b"DATA\r\n.\r\n")
    assert codes(peer.perform(step, b"554 5.5.1 none\r\n")) == [(450, "rcpt")]


def test_a_refused_sender_is_the_fate_of_all() -> None:
    peer = Scripted(ALL)
    step = peer.client.send(envelope("a@b", "c@d"), OCTETS)
    peer.perform(step, b"550 5.7.1 no\r\n503 no\r\n503 no\r\n503 no\r\n")
    assert peer.heard.endswith(b"RSET\r\n")
    assert codes(peer.perform(step, b"250 ok\r\n")) == [(550, "mail"), (550, "mail")]
    assert peer.client.is_usable


def test_421_answers_everything_that_is_still_open() -> None:
    peer = Scripted(ALL)
    outcome = peer.perform(peer.client.send(envelope("a@b", "c@d"), OCTETS), b"250 ok\r\n250 ok\r\n421 4.3.2 bye\r\n")
    assert codes(outcome) == [(421, "data"), (421, "rcpt")]
    assert peer.client.failure == "closed"
    assert peer.perform(peer.client.quit()) == Reply(421, "4.3.2", "bye")
    assert peer.heard == b""


def test_the_end_of_the_connection_reads_as_421() -> None:
    peer = Scripted(ALL)
    outcome = peer.perform(peer.client.send(envelope("a@b"), OCTETS), b"250 ok\r\n250 ok\r\n354 go\r\n", b"")
    assert codes(outcome) == [(421, "final")]
    assert peer.client.failure == "connection"


@pytest.mark.parametrize("nonsense", [b"hello\r\n", b"250-a\r\n251 b\r\n", b"x" * 5000, b"250-a\r\n" * 129])
def test_what_is_no_reply_reads_as_421(nonsense: bytes) -> None:
    peer = Scripted()
    result = peer.perform(peer.client.reset(), nonsense)
    assert result
    assert result.code == 421
    assert peer.client.failure == "protocol"


def test_a_goodbye_between_steps_is_noticed() -> None:
    peer = Scripted()
    peer.client.receive_data(b"421 4.4.2 idle too long\r\n")
    assert peer.perform(peer.client.reset()) == Reply(421, "4.4.2", "idle too long")


def test_replies_ahead_of_the_tls_handshake_are_an_attack() -> None:
    peer = Scripted()
    peer.perform(peer.client.start_tls(), b"220 go\r\n250 injected\r\n")
    peer.client.tls_started()
    assert peer.client.failure == "protocol"


def test_helo_is_tried_where_ehlo_is_unknown() -> None:
    peer = Scripted(b"500 what?\r\n250 mx\r\n")
    assert peer.heard == b"EHLO c.example\r\nHELO c.example\r\n"
    assert peer.hello == Reply(250, "", "mx")
    assert not peer.client.offers("PIPELINING")


def test_offers_and_their_limits() -> None:
    client = Scripted(ALL).client
    assert client.offers("SMTPUTF8")
    assert client.extensions["AUTH"] == "PLAIN LOGIN"
    assert (client.recipients_max, client.messages_max) == (3, 20)
    assert Scripted(b"250-mx\r\n250 AUTH=LOGIN\r\n").client.extensions["AUTH"] == "LOGIN"


def test_recipients_over_the_limit_wait_for_the_next_transaction() -> None:
    peer = Scripted(ALL)
    step = peer.client.send(envelope("a@b", "c@d", "e@f", "g@h"), OCTETS)
    outcome = peer.perform(step, b"250 ok\r\n" * 4 + b"354 go\r\n250 ok\r\n")
    assert codes(outcome) == [(250, "final")] * 3 + [(452, "rcpt")]


def test_terms_are_passed_on_where_they_are_understood() -> None:
    peer = Scripted(ALL)
    sent = Envelope(
        Address.of("s@example.org"),
        MailParameters(ret="HDRS", envid="a+b", priority=3, by_seconds=60, by_mode="N"),
        (Recipient(Address("a b", "c"), ("SUCCESS", "DELAY"), "rfc822;x+y@z"),),
    )
    peer.perform(peer.client.send(sent, "Subject: ü\r\n\r\n".encode()))
    mail, rcpt, _ = peer.heard.split(b"\r\n", 2)
    assert mail == b"MAIL FROM:<s@example.org> SIZE=15 BODY=8BITMIME RET=HDRS ENVID=a+2Bb"
    assert rcpt == b'RCPT TO:<"a b"@c> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z'


@pytest.mark.parametrize(
    ("recipient", "parameters", "octets", "status"),
    [
        ("ü@b", {}, OCTETS, "5.6.7"),
        ("a@b", {"smtputf8": True}, "Subject: ü\r\n\r\n".encode(), "5.6.7"),
        ("a@b", {"body": "BINARYMIME"}, OCTETS, "5.6.3"),
        ("a@b", {"requiretls": True}, OCTETS, "5.7.30"),
        ("a@b", {}, b"x" * 101, "5.3.4"),
    ],
)
def test_what_the_server_cannot_take_is_not_sent(
    recipient: str, parameters: dict[str, object], octets: bytes, status: str
) -> None:
    peer = Scripted(b"250-mx\r\n250 SIZE 100\r\n")
    outcome = peer.perform(peer.client.send(envelope(recipient, **parameters), octets))
    assert outcome
    assert outcome.fates[0].reply.enhanced_code == status
    assert outcome.fates[0].reply.is_permanent
    assert peer.heard == b""


def test_smtputf8_that_nothing_needs_is_no_obstacle() -> None:
    peer = Scripted()
    assert peer.perform(peer.client.send(envelope("a@b", smtputf8=True), OCTETS)) is None
    assert peer.heard == b"MAIL FROM:<s@example.org>\r\n"


def test_binary_goes_by_bdat() -> None:
    peer = Scripted(ALL)
    step = peer.client.send(envelope("a@b", body="BINARYMIME"), b"a\n\0")
    outcome = peer.perform(step, b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n")
    assert peer.heard.endswith(b"BODY=BINARYMIME\r\nRCPT TO:<a@b>\r\nBDAT 3 LAST\r\na\n\0")
    assert codes(outcome) == [(250, "final")]


def test_on_lmtp_each_recipient_has_its_own_fate() -> None:
    peer = Scripted(ALL, lmtp=True)
    assert peer.heard == b"LHLO c.example\r\n"
    step = peer.client.send(envelope("a@b", "c@d", "e@f"), OCTETS)
    outcome = peer.perform(step, b"250 o\r\n250 o\r\n550 n\r\n250 o\r\n354 go\r\n", b"250 o\r\n452 4.2.2 full\r\n")
    assert codes(outcome) == [(250, "final"), (550, "rcpt"), (452, "final")]


def test_plain_and_login() -> None:
    peer = Scripted(ALL)
    assert peer.perform(peer.client.authenticate("u", "p"), b"235 2.7.0 hi\r\n") == Reply(235, "2.7.0", "hi")
    assert peer.heard == b"AUTH PLAIN AHUAcA==\r\n"
    peer = Scripted(b"250-mx\r\n250 AUTH LOGIN\r\n")
    peer.perform(peer.client.authenticate("u", "p"), b"334 VQ==\r\n", b"334 UA==\r\n", b"535 5.7.8 no\r\n")
    assert peer.heard == b"AUTH LOGIN\r\ndQ==\r\ncA==\r\n"
    assert not peer.client.authenticated


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=8))
def test_nothing_that_a_server_says_makes_it_raise(answers: list[bytes]) -> None:
    client = ClientMachine("c.example")
    step: Step[Reply] | Step[Outcome] = client.greeting()
    for number, answer in enumerate([*answers, b""]):
        client.receive_data(answer)
        if step.result is not None:
            step = client.send(envelope("a@b", "c@d"), OCTETS) if number % 2 else client.hello()
    assert step.result is not None


@given(st.binary(max_size=60), st.lists(st.integers(1, 40), min_size=1, max_size=8), st.booleans(), st.booleans())
def test_our_client_and_our_server_understand_each_other(
    octets: bytes, cuts: list[int], pipelining: bool, lmtp: bool
) -> None:
    octets = octets.replace(b"\0", b"")
    client, server = ClientMachine("c.example", lmtp=lmtp), ServerMachine("mx.example", lmtp=lmtp)
    server.greet(Reply(220, "", "hi"))
    got: list[bytes] = []
    sizes = itertools.cycle(cuts)

    def exchange(step: Step[Result]) -> Result:
        while step.result is None:
            wire = client.data_to_send()
            while wire:
                size = next(sizes)
                server.receive_data(wire[:size])
                wire = wire[size:]
                while (event := server.next_event()) is not None:
                    match event:
                        case Hello():
                            server.welcome(Extensions(pipelining=pipelining))
                        case Mail() | Rcpt() | Message():
                            if isinstance(event, Message):
                                got.append(event.octets)
                            server.reply(Reply(250, "2.0.0", "ok"))
            client.receive_data(server.data_to_send())
        return step.result

    exchange(client.greeting())
    assert exchange(client.hello()).is_positive
    for _ in range(2):
        outcome = exchange(client.send(envelope("a@b", "c@d"), octets))
        assert codes(outcome) == [(250, "final")] * 2
    assert exchange(client.quit()).code == 221
    assert len(got) == 2
    assert got[0].replace(b"\r", b"").replace(b"\n", b"") == octets.replace(b"\r", b"").replace(b"\n", b"")
