"""Fields that we write."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stalwart_g.services.smtp import headers
from stalwart_g.services.smtp.headers import Trace, at_end_of_header, received, transmission

TRACE = Trace("client.example", "192.0.2.1", "mx.example", "ESMTPS", "abc", 1_795_000_000.5, tls="TLSv1.3 X")


def test_a_received_field() -> None:
    wanted = (
        b"Received: from client.example (unknown [192.0.2.1]) (TLSv1.3 X) by mx.example\r\n"
        b"\twith ESMTPS id abc; Wed, 18 Nov 2026 11:06:40 +0000\r\n"
    )
    assert received(TRACE) == wanted


def test_a_user_can_stay_where_nobody_knows() -> None:
    octets = received(replace(TRACE, ptr="home.example"), hide_client=True)
    assert octets.startswith(b"Received: (TLSv1.3 X) by mx.example")
    assert b"192.0.2.1" not in octets


def test_ipv6_and_the_only_recipient() -> None:
    octets = received(replace(TRACE, ip="2001:db8::1", recipient="a@b")).replace(b"\r\n\t", b" ")
    assert b"[IPv6:2001:db8::1]" in octets
    assert b"for <a@b>; " in octets


@given(st.text(), st.text(), st.text())
def test_nothing_from_the_network_breaks_a_field(helo: str, ptr: str, recipient: str) -> None:
    octets = received(replace(TRACE, helo=helo, ptr=ptr, recipient=recipient or "x"))
    assert octets.endswith(b"\r\n")
    assert all(line.startswith((b"Received:", b"\t")) for line in octets[:-2].split(b"\r\n"))
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 998 + 4 * 256


@pytest.mark.parametrize(
    ("verb", "tls", "authenticated", "utf8", "wanted"),
    [
        ("HELO", False, False, False, "SMTP"),
        ("EHLO", False, False, False, "ESMTP"),
        ("EHLO", True, True, False, "ESMTPSA"),
        ("EHLO", True, False, True, "UTF8SMTPS"),
        ("LHLO", False, True, False, "LMTPA"),
        ("LHLO", False, False, True, "UTF8LMTP"),
    ],
)
def test_names_of_the_transmission(verb: str, tls: bool, authenticated: bool, utf8: bool, wanted: str) -> None:
    assert transmission(verb=verb, tls=tls, authenticated=authenticated, utf8=utf8) == wanted


@pytest.mark.parametrize(
    ("octets", "wanted"),
    [
        (b"A: 1\r\n\r\nbody\r\n", b"A: 1\r\nB: 2\r\n\r\nbody\r\n"),
        (b"A: 1\r\n", b"A: 1\r\nB: 2\r\n"),
        (b"A: 1", b"A: 1\r\nB: 2\r\n"),
        (b"\r\nbody\r\n", b"B: 2\r\n\r\nbody\r\n"),
        (b"A: 1\r\nno field\r\nC: 3\r\n\r\nbody", b"A: 1\r\nB: 2\r\n\r\nno field\r\nC: 3\r\n\r\nbody"),
        (b"", b"B: 2\r\n"),
    ],
)
def test_fields_at_the_end_of_the_header(octets: bytes, wanted: bytes) -> None:
    assert at_end_of_header(octets, b"B: 2\r\n") == wanted


def test_others_can_read_what_we_write() -> None:
    message = message_from_bytes(received(TRACE) + b"\r\n", policy=policy.default)
    assert parsedate_to_datetime(message["Received"].rpartition(";")[2]).timestamp() == 1_795_000_000


def test_message_ids_differ() -> None:
    assert headers.new_message_id("mx.example", 1.0) != headers.new_message_id("mx.example", 1.0)
