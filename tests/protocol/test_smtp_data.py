"""End of data, un-stuffing and chunks, checked against slow and simple models of the rules."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.protocol.smtp.data import (
    Body,
    ChunkReceiver,
    DataReceiver,
    Finished,
    finish,
    has_line_over,
    normalized,
    stuffed,
)

NEWLINES = [b"\r", b"\n", b"\r\n"]
streams = st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\0"]), max_size=25).map(b"".join)


def receive(chunks: list[bytes], limit_octets: int = 10_000) -> tuple[DataReceiver, bytes | None]:
    receiver, rest = DataReceiver(Body(limit_octets)), None
    for number, chunk in enumerate(chunks):
        rest = receiver.receive(chunk)
        if rest is not None:
            return receiver, rest + b"".join(chunks[number + 1 :])
    return receiver, rest


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    borders = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(borders)]


def model(stream: bytes) -> tuple[bytes, bytes] | None:
    """Line by line, as RFC 5321 section 4.5.2 tells it: the message, and what follows it."""
    lines = (b"\r\n" + stream).split(b"\r\n.\r\n", 1)
    if len(lines) < 2:
        return None
    content = lines[0].split(b"\r\n")[1:] if lines[0] else []
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in content), lines[1]


@given(streams, st.lists(st.integers(0, 60), max_size=6))
def test_the_message_is_what_the_rfc_says_wherever_the_network_cuts(stream: bytes, cuts: list[int]) -> None:
    stream += b"\r\n.\r\nREST"
    receiver, rest = receive(pieces(stream, cuts))
    assert (receiver.body.octets(), rest) == model(stream)


@given(streams, st.lists(st.integers(0, 60), max_size=6))
def test_what_is_noticed_does_not_depend_on_the_cuts(stream: bytes, cuts: list[int]) -> None:
    stream += b"\r\n.\r\n"
    whole, _ = receive([stream])
    cut, _ = receive(pieces(stream, cuts))
    assert (cut.body.bare_newline, cut.false_end, cut.body.size_octets) == (
        whole.body.bare_newline, whole.false_end, whole.body.size_octets,
    )  # fmt: skip


@pytest.mark.parametrize(("before", "after"), list(itertools.product(NEWLINES, NEWLINES)))
def test_only_crlf_dot_crlf_ends_data(before: bytes, after: bytes) -> None:
    receiver, rest = receive([b"text" + before + b"." + after + b"MAIL FROM:<a@b>\r\n"])
    if before == after == b"\r\n":
        assert rest == b"MAIL FROM:<a@b>\r\n"
        assert not receiver.false_end
    else:
        assert rest is None
        assert receiver.false_end


@pytest.mark.parametrize("stream", [b"a\r\n..\r\nb\r\n", b"..\r\n", b"a.b\r\n", b"a\r\n.b\r\n"])
def test_stuffed_dots_are_no_false_ends(stream: bytes) -> None:
    receiver, _ = receive([stream + b".\r\n"])
    assert not receiver.false_end
    assert not receiver.body.bare_newline


@given(streams)
def test_what_the_client_stuffs_the_server_gets_back(stream: bytes) -> None:
    receiver, rest = receive([stuffed(stream)])
    assert rest == b""
    wanted = normalized(stream)
    assert receiver.body.octets() == (wanted if wanted.endswith(b"\r\n") or not wanted else wanted + b"\r\n")
    assert not receiver.body.bare_newline


@given(st.binary(max_size=40), st.integers(0, 45))
def test_the_size_limit_is_inclusive(octets: bytes, limit_octets: int) -> None:
    octets = octets.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n"
    receiver, rest = receive([stuffed(octets)], limit_octets)
    assert rest == b""
    assert receiver.body.is_too_big == (len(octets) > limit_octets)


def test_over_the_limit_nothing_is_kept() -> None:
    receiver, rest = receive([b"a" * 100] * 50 + [b"\r\n.\r\nNOOP\r\n"], 1000)
    assert receiver.body.is_too_big
    assert receiver.body.octets() == b""
    assert rest == b"NOOP\r\n"


@given(st.binary(max_size=30), st.integers(0, 30), st.lists(st.integers(0, 60), max_size=4))
def test_a_chunk_is_exactly_its_octets(stream: bytes, size: int, cuts: list[int]) -> None:
    size = min(size, len(stream))
    receiver, rest = ChunkReceiver(Body(1000), size, last=True, failure=None), None
    chunks = iter(pieces(stream, cuts))
    for chunk in chunks:
        if (rest := receiver.receive(chunk)) is not None:
            break
    assert receiver.body.octets() == stream[:size]
    assert (rest or b"") + b"".join(chunks) == stream[size:]


@given(st.lists(st.integers(0, 12), max_size=8), st.integers(1, 10))
def test_lines_over_a_limit_are_found(lengths: list[int], limit: int) -> None:
    octets = b"".join(b"x" * length + b"\r\n" for length in lengths)
    assert has_line_over(octets, limit) == any(length > limit for length in lengths)


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [(b"a\nb", b"a\r\nb"), (b"a\rb", b"a\r\nb"), (b"a\r\r\nb", b"a\r\nb"), (b"\n\n", b"\r\n\r\n"), (b"\r\n", b"\r\n")],
)
def test_newlines_of_all_kinds_are_normalized(octets: bytes, wanted: bytes) -> None:
    assert normalized(octets) == wanted


def finished(octets: bytes, policy: str = "reject", *, binary: bool = False, lenient: bool = False) -> Finished:
    body = Body(200_000)
    body.add(octets)
    return finish(body, policy, binary=binary, lenient=lenient)


def status(octets: bytes, policy: str = "reject", **options: bool) -> str:
    refusal = finished(octets, policy, **options).refusal
    return refusal.enhanced_code if refusal else ""


def test_bare_newlines_are_refused_normalized_or_allowed() -> None:
    assert status(b"a\nb\r\n") == "5.6.11"
    assert finished(b"a\nb\r\n", "normalize").octets == b"a\r\nb\r\n"
    assert finished(b"a\nb\r\n", "allow").octets == b"a\nb\r\n"
    assert finished(b"a\nb\r\n", "allow").bare_newline


def test_binary_has_no_lines() -> None:
    assert finished(b"\0\n\r" + b"a" * 2000, binary=True) == Finished(b"\0\n\r" + b"a" * 2000, False, False)


def test_nul_is_for_lenient_listeners_only() -> None:
    assert status(b"\0\r\n") == "5.6.0"
    assert status(b"\0\r\n", lenient=True) == ""


def test_long_lines_are_a_fact_and_endless_lines_are_refused() -> None:
    assert finished(b"a" * 998 + b"\r\n").long_line is False
    assert finished(b"a" * 999 + b"\r\n").long_line is True
    assert status(b"a" * 65_536 + b"\r\n") == ""
    assert status(b"a" * 65_537 + b"\r\n") == "5.6.0"
