"""The tree: limits, and header fields of any shape."""

from __future__ import annotations

import time

import pytest

from sieve.message import parse
from sieve.message.mime import DEPTH_MAX, PARTS_MAX


def nested(depth: int) -> bytes:
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return opened + b"\ninnermost\n"


def test_parts_nest_to_a_depth_and_no_deeper() -> None:
    message = parse(nested(DEPTH_MAX + 10))
    assert max(len(part.path) for part in message.parts) == DEPTH_MAX
    assert "depth" in [problem.code for problem in message.problems]
    assert b"innermost" in message.parts[-1].body


def test_attached_messages_count_as_depth() -> None:
    message = parse(b"Content-Type: message/rfc822\n\n" * 100 + b"\nend")
    assert max(len(part.path) for part in message.parts) == DEPTH_MAX


def test_there_are_so_many_parts_and_no_more() -> None:
    message = parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (PARTS_MAX + 100))
    assert len(message.parts) == PARTS_MAX
    assert [problem.code for problem in message.problems].count("parts") == 1


@pytest.mark.parametrize(
    "octets",
    [
        b"a" * 5_000_000,
        b"a:" * 2_000_000,
        b"a: b\n" * 500_000,
        b"a: b\n " * 500_000,
        b"a:\n" * 500_000 + b"\n\n",
        b"\n" * 5_000_000,
        b"\r" * 5_000_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 500_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b " * 500_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n--bb" * 500_000,
        b"Content-Type: multipart/mixed; a=" + b"(" * 1_000_000,
        b"Content-Type: multipart/mixed" + b"; a*0=b" * 300_000,
        b"Content-Type: multipart/mixed;" + b" " * 1_000_000 + b"x",
        b"Content-Transfer-Encoding: quoted-printable\n\n" + b"= " * 1_000_000,
        b"Content-Transfer-Encoding: base64\n\n" + b"=" * 1_000_000,
        b"Received: " + b"(a" * 500_000,
        b"Received: x\n" * 100_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 200_000,
        b"Subject: " + b"=?" * 1_000_000,
        nested(32) + b"\n--b0" * 200_000,
    ],
    ids=lambda octets: f"{octets[:30]!r}",
)
def test_hostile_octets_take_no_longer_than_their_length_asks(octets: bytes) -> None:
    started = time.process_time()
    message = parse(octets)
    assert message.root.text is not None
    assert len(message.header("Subject")) <= 1
    assert len(message.received) <= 100_000
    assert message.fields == () or message.fields[-1].end_offset <= message.size
    assert message.body_lists
    assert time.process_time() - started < 8
