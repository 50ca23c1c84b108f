"""What holds of any octets: nothing raises, spans nest, the stored form says the same, no edit is no change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sieve.message import Overlay, parse, record

from .reading import all_of, check

GOLDEN = [path.read_bytes() for path in sorted((Path(__file__).parent / "golden").glob("*.eml"))]
PIECES = [
    *(
        b"From: a@b.c",
        b"To: x:;, <a@b>",
        b"Subject: =?utf-8?q?=C3?= =?x?b?w?=",
        b"Date: 1 Jan 70",
        b"Received: from x;",
    ),
    *(b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/digest; boundary=c", b"--b", b"--b--"),
    *(b"Content-Type: message/rfc822", b"Content-Type: text/html; charset=utf-16", b"--c", b"--c--", b"text", b"="),
    *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable", b"aGFsbG8=", b" folded"),
    *(b"From somebody", b"no field", b"X : y", b"", b"", b"\x00\xff", b"Content-Disposition: attachment; filename*0=x"),
]
LINES = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r"])), max_size=30)
MAIL_LIKE = LINES.map(lambda lines: b"".join(piece + end for piece, end in lines))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A golden message, cut, with something put in, or with parts of another."""
    octets, other = draw(st.sampled_from(GOLDEN)), draw(st.sampled_from(GOLDEN))
    start, length = draw(st.integers(0, len(octets))), draw(st.integers(0, 40))
    put = draw(st.one_of(st.binary(max_size=20), st.sampled_from(PIECES), st.just(other[start : start + 200])))
    return octets[:start] + put + octets[start + length :]


def holds(octets: bytes) -> None:
    message = parse(octets)
    check(message)
    assert Overlay(message).materialise() == octets
    loaded = record.load(octets, record.pack(message))
    assert loaded is not None
    assert all_of(loaded) == all_of(message)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_are_a_message(octets: bytes) -> None:
    holds(octets)


@settings(max_examples=600, deadline=None)
@given(MAIL_LIKE)
def test_any_lines_of_mails_are_a_message(octets: bytes) -> None:
    holds(octets)


@settings(max_examples=600, deadline=None)
@given(mutated())
def test_any_change_of_a_message_leaves_a_message(octets: bytes) -> None:
    holds(octets)


@settings(max_examples=300, deadline=None)
@given(MAIL_LIKE, st.integers(0, 400))
def test_a_message_may_be_cut_anywhere(octets: bytes, cut: int) -> None:
    holds(octets[:cut])


def test_real_mail_has_consistent_spans(mails: Sequence[bytes]) -> None:
    for octets in mails:
        check(parse(octets))


def test_real_mail_is_the_same_when_it_is_loaded_from_its_record(mails: Sequence[bytes]) -> None:
    for octets in mails[::8]:
        message = parse(octets)
        loaded = record.load(octets, record.pack(message))
        assert loaded is not None
        assert all_of(loaded) == all_of(message)


def test_real_mail_has_the_same_structure_in_its_record(mails: Sequence[bytes]) -> None:
    for octets in mails[::2]:
        message = parse(octets)
        loaded = record.load(octets, record.pack(message))
        assert loaded is not None
        assert [part.fields for part in loaded.parts] == [part.fields for part in message.parts]
        assert loaded.structure.entities == message.structure.entities
        assert (loaded.body_lists, loaded.problems) == (message.body_lists, message.problems)
