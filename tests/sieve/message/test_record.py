"""The stored form. That it says what a parse says is in test_properties."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sieve.message import parse, record

MAIL = b"From: a@b.c\r\nContent-Type: text/plain\r\n\r\nbody\r\n"
RECORD = record.pack(parse(MAIL))


def test_a_record_is_small(mails: Sequence[bytes]) -> None:
    sizes = [len(record.pack(parse(octets))) for octets in mails[::20]]
    assert sum(sizes) / len(sizes) < 150


@pytest.mark.parametrize("stored", [b"", b"\xc0", RECORD[:-1], RECORD + b"x", b"\x96" + RECORD[1:2] + b"\xc0" * 5])
def test_what_is_no_record_is_not_loaded(stored: bytes) -> None:
    assert record.load(MAIL, stored) is None


def test_a_record_of_another_message_is_not_loaded() -> None:
    assert record.load(MAIL + b"x", RECORD) is None


def test_a_record_of_another_version_is_not_loaded() -> None:
    assert RECORD[1] == record.VERSION
    assert record.load(MAIL, RECORD[:1] + bytes([record.VERSION + 1]) + RECORD[2:]) is None


def test_extents_are_known_without_decoding() -> None:
    octets = b"Content-Transfer-Encoding: base64\r\n\r\naGFs\r\nbG8=\r\n"
    loaded = record.load(octets, record.pack(parse(octets)))
    assert loaded is not None
    assert loaded.root.extent == (5, 2)
    assert loaded.structure.contents == {}
