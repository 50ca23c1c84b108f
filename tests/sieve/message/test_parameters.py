"""Parameters (RFC 2231)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message.parameters import parse


@pytest.mark.parametrize(
    ("raw", "value", "expected"),
    [
        (b" text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (b'TEXT/Plain ; Charset="utf-8"\r\n', "text/plain", {"charset": "utf-8"}),
        (b'a/b;\r\n x="1;2";y=3', "a/b", {"x": "1;2", "y": "3"}),
        (b'a/b; x="q\\"q"', "a/b", {"x": 'q"q'}),
        (b"a/b; x=1; x=2", "a/b", {"x": "1"}),
        (b"a/b; x=two words; y", "a/b", {"x": "two words"}),
        (b"a/b; x=1 (comment)", "a/b", {"x": "1"}),
        (b'a/b; x="open', "a/b", {"x": "open"}),
        (b"a/b; x*=utf-8'en'%C3%BC", "a/b", {"x": "ü"}),
        (b"a/b; x=plain; x*=utf-8''%C3%BC", "a/b", {"x": "ü"}),
        (b"a/b; x*1=b; x*0=a; x*2*=%20c", "a/b", {"x": "ab c"}),
        (b"a/b; x*0*=iso-8859-1''%FC; x*1=-; x*2*=%FC", "a/b", {"x": "ü-ü"}),
        (b'a/b; x="=?utf-8?q?=C3=BC?="', "a/b", {"x": "ü"}),
        (b"a/b; x=\xc3\xbc", "a/b", {"x": "ü"}),
        (b"a/b; x=\xfc", "a/b", {"x": "\ufffd"}),
        (b"", "", {}),
        (b"; x=1", "", {"x": "1"}),
    ],
)
def test_values_and_parameters(raw: bytes, value: str, expected: dict[str, str]) -> None:
    found = parse(raw)
    assert (found.value, dict(found.parameters)) == (value, expected)


def test_parameters_keep_their_order() -> None:
    assert list(parse(b"a/b; z=1; a=2; m=3").parameters) == ["z", "a", "m"]


def test_a_boundary_stays_as_it_is() -> None:
    assert parse(b'multipart/mixed; boundary="=?\xfc?= "').boundary == b"=?\xfc?="


@given(st.binary(max_size=60).map(lambda octets: b"a/b; " + octets))
def test_any_octets_have_parameters(octets: bytes) -> None:
    parse(octets)
