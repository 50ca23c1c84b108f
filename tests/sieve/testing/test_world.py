from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import parse
from sieve.testing.world import INBOX, NoMailbox, World, with_crlf


class NoFiles:
    path = "/"

    def read(self, path: str) -> bytes | None:
        return None


@pytest.fixture
def world() -> World:
    return World(NoFiles(), (1.0, 60), lambda: 7.0)


@pytest.mark.parametrize(
    ("header", "sender", "recipient"),
    [
        ("From: a@x.example\nTo: b@y.example", "a@x.example", "b@y.example"),
        ("Sender: s@x.example\nFrom: a@x.example", "s@x.example", "recipient@example.com"),
        ("Return-Path: <r@x.example>\nSender: s@x.example", "r@x.example", "recipient@example.com"),
        ("Return-Path: <>\nFrom: a@x.example", "", "recipient@example.com"),
        ("To: Group:;, c@y.example\nEnvelope-To: e@y.example", "sender@example.com", "e@y.example"),
        ("To: G: first@y.example, second@y.example;", "sender@example.com", "first@y.example"),
        ("To: nobody\nFrom: \xff", "sender@example.com", "recipient@example.com"),
    ],
)
def test_the_envelope_comes_from_the_header(world: World, header: str, sender: str, recipient: str) -> None:
    world.addressed(parse(header.encode("latin-1") + b"\n\n"))
    assert world.envelope("from") == (sender,)
    assert world.envelope("to") == world.envelope("orig_to") == (recipient,)


def test_nobody_logged_in_is_no_value(world: World) -> None:
    assert world.envelope("auth") == ()
    world.parts["auth"] = "ann"
    assert world.envelope("auth") == ("ann",)


def test_an_unknown_part_has_no_value(world: World) -> None:
    assert world.envelope("nonsense") == ()


def test_a_mailbox_is_made_with_those_above_it(world: World) -> None:
    world.create("A.B.C")
    assert sorted(world.mailboxes) == ["A", "A.B", "A.B.C", INBOX]


def test_to_make_a_mailbox_again_keeps_its_mail(world: World) -> None:
    mail = world.mailbox(INBOX)
    world.create("inbox")
    assert world.mailbox("Inbox") is mail


@pytest.mark.parametrize("name", ["", ".", "A..B", ".A", "A."])
def test_some_names_are_none(world: World, name: str) -> None:
    with pytest.raises(NoMailbox, match="invalid folder name"):
        world.create(name)
    assert list(world.mailboxes) == [INBOX]


def test_what_is_not_there_cannot_be_deleted(world: World) -> None:
    with pytest.raises(NoMailbox, match="'Nowhere' does not exist"):
        world.delete("Nowhere")


def test_clocks_are_those_that_were_given(world: World) -> None:
    assert (world.now(), world.cpu_seconds()) == ((1.0, 60), 7.0)


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n"])).map(b"".join))
def test_no_lf_stands_alone_and_nothing_else_changes(octets: bytes) -> None:
    result = with_crlf(octets)
    assert b"\n" not in result.replace(b"\r\n", b"")
    assert result.replace(b"\r\n", b"\n") == octets.replace(b"\r\n", b"\n")
    assert with_crlf(result) == result
