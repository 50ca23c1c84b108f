"""Addresses: the obsolete and the broken included."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import Group, Mailbox
from sieve.message.addresses import mailboxes, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.c", [Mailbox("", "a", "b.c")]),
        ("Ann <a@b.c>", [Mailbox("Ann", "a", "b.c")]),
        ('"Doe, J." <j@d.e>, a@b.c', [Mailbox("Doe, J.", "j", "d.e"), Mailbox("", "a", "b.c")]),
        ('"say \\"hi\\"" <a@b.c>', [Mailbox('say "hi"', "a", "b.c")]),
        ("=?utf-8?q?J=C3=B6?= <a@b.c>", [Mailbox("Jö", "a", "b.c")]),
        ('"=?utf-8?q?J=C3=B6?=" <a@b.c>', [Mailbox("Jö", "a", "b.c")]),
        ("a@b.c (Ann (the) first)", [Mailbox("Ann (the) first", "a", "b.c")]),
        ("a . b @ c (x) . d", [Mailbox("x", "a.b", "c.d")]),
        ('"a b"@c.d', [Mailbox("", "a b", "c.d")]),
        ("a@[192.0.2.1]", [Mailbox("", "a", "[192.0.2.1]")]),
        ("<@x,@y:a@b.c>", [Mailbox("", "a", "b.c", "@x,@y")]),
        ("@x:a@b.c", [Mailbox("", "a", "b.c", "@x")]),
        ("@x, a@b.c", [Mailbox("@x"), Mailbox("", "a", "b.c")]),
        ("Ann <a@b.c", [Mailbox("Ann", "a", "b.c")]),
        ("a@b@c.d", [Mailbox("", "a@b", "c.d")]),
        ("no address", [Mailbox("no address")]),
        ("a b @ c", [Mailbox("a b @ c")]),
        ("a@b.c d", [Mailbox("a@b.c d")]),
        ('"a" b@c.d', [Mailbox("a b@c.d")]),
        ('"a"b@c.d', [Mailbox("ab@c.d")]),
        ("Ann <a b@c.d>, e@f.g", [Mailbox("Ann"), Mailbox("", "e", "f.g")]),
        ("<>", [Mailbox()]),
        ("", []),
        (" , (only) ,, ", []),
        ("ö@bücher.example", [Mailbox("", "ö", "bücher.example")]),
    ],
)
def test_mailboxes(text: str, expected: list[Mailbox]) -> None:
    assert list(mailboxes(parse(text))) == expected


def test_groups_keep_their_place_between_loose_mailboxes() -> None:
    assert parse("a@b.c, G: x@y.z;, Empty:;, d@e.f") == (
        Group(None, (Mailbox("", "a", "b.c"),)),
        Group("G", (Mailbox("", "x", "y.z"),)),
        Group("Empty", ()),
        Group(None, (Mailbox("", "d", "e.f"),)),
    )


def test_a_group_may_lack_its_end() -> None:
    assert parse("G: x@y.z") == (Group("G", (Mailbox("", "x", "y.z"),)),)


@pytest.mark.parametrize(
    ("mailbox", "address"),
    [
        (Mailbox("", "a.b", "c.d"), "a.b@c.d"),
        (Mailbox("", 'a "b', "c.d"), '"a \\"b"@c.d'),
        (Mailbox("Ann"), ""),
    ],
)
def test_an_address_is_quoted_where_it_has_to_be(mailbox: Mailbox, address: str) -> None:
    assert mailbox.address == address


@given(st.text(alphabet='ab@.,:;<>()[]"\\ =?\r\n\u00fc', max_size=40))
def test_any_text_is_a_list(text: str) -> None:
    for mailbox in mailboxes(parse(text)):
        assert bool(mailbox.address) == bool(mailbox.domain)


@pytest.mark.parametrize("piece", ["@,", "<", "(", '"', "a:", "a@b,", "<@a,@b:", "\\", "[", "@a,@b,", "=?", "=?x?q?"])
def test_hostile_lists_take_no_longer_than_their_length_asks(piece: str) -> None:
    started = time.process_time()
    parse(piece * 1_000_000)
    assert time.process_time() - started < 5
