"""Properties of the server machine; conversations are in ``dialogs``."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp.events import Auth, AuthResponse, Event, Hello, Mail, Message, Misuse, Rcpt, StartTls
from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.protocol.smtp.limits import Limits
from stalwart_g.protocol.smtp.server import ServerMachine

OK = Reply(250, "2.0.0", "Ok")
LINES = b"""EHLO c.example
HELO c
MAIL FROM:<a@b>
MAIL FROM:<a@b> SIZE=3 BODY=BINARYMIME
RCPT TO:<a@b>
RCPT TO:<"a\\"@"@b> NOTIFY=NEVER
DATA
.
text
..x
RSET
BDAT 3
BDAT 4 LAST
NOOP
AUTH PLAIN
AUTH LOGIN YQ==
*
YQ==
VRFY x
QUIT
""".replace(b"\n", b"\r\n").splitlines(keepends=True)
PIECES = [*LINES, b"abc", b"\n", b"\r", b"\0", b"x" * 120, b"\xff\xfe", b"\n.\r\n", b"AUTH " + b"x" * 120 + b"\r\n"]
streams = st.lists(st.sampled_from(PIECES), max_size=16).map(b"".join)


def machine() -> ServerMachine:
    server = ServerMachine("mx.example", limits=Limits(line_octets=100, sasl_octets=300, errors=8))
    server.greet(Reply(220, "", "mx.example"))
    server.data_to_send()
    return server


def converse(server: ServerMachine, *chunks: bytes) -> tuple[list[Event], bytes]:
    """Feed the chunks, say yes to everything: what happened, and what was said."""
    events: list[Event] = []
    said = b""
    for chunk in chunks:
        if server.is_closing:
            break
        server.receive_data(chunk)
        while (event := server.next_event()) is not None:
            events.append(event)
            match event:
                case Hello():
                    server.welcome(Extensions(mechanisms=("PLAIN", "LOGIN"), clear_text_passwords=True))
                case Auth(_, None):
                    server.challenge(b"")
                case Auth() | AuthResponse():
                    server.reply(Reply(535, "5.7.8", "no"))
                case Mail() | Rcpt() | Message() | StartTls():
                    server.reply(OK)
                case _ if server.awaits_answer:
                    server.reply(Reply(252, "2.5.1", "perhaps"))
        said += server.data_to_send()
    return events, said


@given(streams, st.lists(st.integers(0, 400), max_size=5))
def test_events_and_replies_do_not_depend_on_where_the_network_cuts(stream: bytes, cuts: list[int]) -> None:
    borders = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    chunks = [piece for start, end in itertools.pairwise(borders) if (piece := stream[start:end])]
    assert converse(machine(), *chunks) == converse(machine(), *([stream] if stream else []))


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=6))
def test_no_bytes_make_it_raise(chunks: list[bytes]) -> None:
    _, said = converse(machine(), *chunks)
    assert said == b"" or said.endswith(b"\r\n")


@given(streams)
def test_every_line_it_says_is_a_reply(stream: bytes) -> None:
    _, said = converse(machine(), *([stream] if stream else []))
    assert all(line[:3].isdigit() and line[3:4] in b" -" for line in said.split(b"\r\n")[:-1])


def hello(server: ServerMachine) -> ServerMachine:
    converse(server, b"EHLO c.example\r\n")
    return server


@pytest.mark.parametrize(("octets", "code"), [(100, b"250"), (101, b"500")])
def test_the_line_limit_counts_the_whole_line(octets: int, code: bytes) -> None:
    line = b"NOOP " + b"x" * (octets - 7) + b"\r\n"
    assert converse(machine(), line)[1].startswith(code)


def test_an_auth_line_may_be_longer() -> None:
    assert converse(hello(machine()), b"AUTH PLAIN " + b"YWFh" * 40 + b"\r\n")[1].startswith(b"535")
    assert converse(hello(machine()), b"AUTH PLAIN " + b"YWFh" * 100 + b"\r\n")[1].startswith(b"500 5.5.6")


def test_an_endless_line_is_not_kept() -> None:
    server = machine()
    for _ in range(50):
        server.receive_data(b"x" * 1000)
        assert server.next_event() is None
    events, said = converse(server, b"\r\nNOOP\r\n")
    assert said.startswith(b"500 5.5.6 ")
    assert said.endswith(b"250 2.0.0 Ok\r\n")
    assert isinstance(events[0], Misuse)


def test_words_before_the_greeting_are_early_talk() -> None:
    server = ServerMachine("mx.example")
    server.receive_data(b"EHLO c.example\r\n")
    assert server.early_talk
    assert not machine().early_talk


@pytest.mark.parametrize(
    ("stream", "bad"),
    [
        (b"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n", False),
        (b"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n", True),
        (b"EHLO again.example\r\nNOOP\r\n", True),
        (b"NOOP\r\nNOOP\r\n", False),
    ],
)
def test_who_does_not_wait_where_it_must_is_noticed(stream: bytes, bad: bool) -> None:
    server = hello(machine())
    converse(server, stream)
    assert server.bad_pipelining is bad


def test_errors_cost_time_from_half_of_the_limit_on() -> None:
    server, pauses = machine(), []
    for _ in range(7):
        server.receive_data(b"HUH\r\n")
        assert isinstance(server.next_event(), Misuse)
        pauses.append(server.pause_seconds)
        server.data_to_send()
    assert pauses == [0, 0, 0, 0, 1, 1, 1]


def test_a_message_with_a_false_end_closes_the_connection() -> None:
    start = b"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n"
    server = hello(machine())
    _, said = converse(server, start, b"x\n.\nMAIL FROM:<c@d>\r\n.\r\nNOOP\r\n")
    assert said.splitlines()[-1].startswith(b"550 5.6.11 ")
    assert server.is_closing


def test_a_message_with_bare_newlines_only_is_refused_and_the_session_goes_on() -> None:
    server = hello(machine())
    _, said = converse(server, b"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n", b"x\ny\r\n.\r\n", b"NOOP\r\n")
    assert said.splitlines()[-2].startswith(b"550 5.6.11 ")
    assert said.splitlines()[-1].startswith(b"250 ")


def test_the_end_of_the_connection_in_a_message_leaves_nothing() -> None:
    server = hello(machine())
    converse(server, b"MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n", b"half a mess")
    server.receive_data(b"")
    assert server.next_event() is None
    assert server.is_closing


def test_last_words_are_the_last() -> None:
    server = machine()
    server.close(Reply(421, "4.4.2", "Timeout"))
    server.receive_data(b"NOOP\r\n")
    assert server.next_event() is None
    assert server.data_to_send() == b"421 4.4.2 Timeout\r\n"


def test_a_greeting_that_refuses_closes() -> None:
    server = ServerMachine("mx.example")
    server.greet(Reply(554, "5.7.1", "no"))
    assert server.is_closing


@pytest.mark.parametrize("lines", [b"AUTH PLAIN !secret\r\n", b"AUTH PLAIN\r\n!secret\r\n", b"auth XYZ secret\r\n"])
def test_secrets_are_blanked_where_they_are_parsed(lines: bytes) -> None:
    events, _ = converse(hello(machine()), lines)
    assert isinstance(events[-1], Misuse)
    assert events[-1].line == "AUTH"
