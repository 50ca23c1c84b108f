"""What is stored comes back, and octets that are something else are told to be so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.store import Corrupt
from stalwart_g.store.records import (
    Arrival,
    DeliveryRecord,
    Details,
    Email,
    LogRecord,
    MailboxRecord,
    Moved,
    Place,
    Record,
    Row,
    ThreadEmail,
    Touched,
    TreeRecord,
    decode,
    decode_number,
    decode_text,
    encode,
    encode_number,
    encode_text,
)

RECORDS: list[Record] = [
    Email(1, b"h" * 32, 2, 3, 4.5, ("a", "$seen"), (Place(1, 2, 3, 4, 5.0, True), Place(2, 1, 3, 4, 5.0))),
    Row(1, 2, 3, 4, 5, 6.0, 7.0, 8, ("a",), True),
    Details(None, "s\ud800".encode("utf-8", "replace").decode(), "n", ("<a>",), (), True, b"\0\xff"),
    MailboxRecord("caf\u00e9", 0, "", 1, 2),
    TreeRecord(1, 2),
    DeliveryRecord(1.0, (Arrival(1, 2, ((3, 4),)),)),
    ThreadEmail(1.0, False),
    LogRecord(1.0, {"e": Touched((1,), (), (2, 3))}, (Moved(1, (2,), ()),)),
]
by_kind = pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)


@by_kind
def test_a_record_comes_back(record: Record) -> None:
    assert decode(type(record), encode(record)) == record


@by_kind
@given(octets=st.binary(max_size=60), valid=st.booleans())
def test_any_octets_are_a_record_or_corrupt(record: Record, octets: bytes, valid: bool) -> None:
    try:
        found = decode(type(record), b"\x01" + octets if valid else octets)
    except Corrupt:
        return
    assert isinstance(found, type(record))


@by_kind
def test_a_record_that_is_cut_short_is_corrupt(record: Record) -> None:
    with pytest.raises(Corrupt, match="cannot be read"):
        decode(type(record), encode(record)[:-1])


def test_a_newer_format_is_told_in_words() -> None:
    for read in (lambda octets: decode(Row, octets), decode_number, decode_text):
        with pytest.raises(Corrupt, match="format 2, this program knows 1: a newer version"):
            read(b"\x02abc")
        with pytest.raises(Corrupt, match="empty"):
            read(b"")


@given(number=st.integers(0, (1 << 64) - 1), text=st.text())
def test_numbers_and_texts_come_back(number: int, text: str) -> None:
    assert decode_number(encode_number(number)) == number
    assert decode_text(encode_text(text)) == text


def test_no_number_is_nought() -> None:
    assert decode_number(None) == 0


def test_other_octets_are_no_number_and_no_text() -> None:
    with pytest.raises(Corrupt):
        decode_number(b"\x01\0")
    with pytest.raises(Corrupt):
        decode_text(b"\x01\xff")
