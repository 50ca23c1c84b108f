"""Messages on byte streams."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.tools.dap.wire import Broken, Wire


def wire(octets: bytes) -> Wire:
    return Wire(io.BytesIO(octets), io.BytesIO())


def test_a_message_is_read() -> None:
    assert wire(b'Content-Length: 9\r\n\r\n{"seq":1}').read() == {"seq": 1}


def test_other_header_lines_do_not_matter() -> None:
    assert wire(b"X: y\r\ncontent-length:2\r\nContent-Type: a\r\n\r\n{}").read() == {}


def test_the_end_is_none() -> None:
    assert wire(b"").read() is None


@pytest.mark.parametrize(
    "octets",
    [b"\r\n", b"Content-Length: x\r\n\r\n", b"Content-Length: 99999999999\r\n\r\n", b"Content-Length: 2\r\n\r\n[]",
     b"Content-Length: 1\r\n\r\n{", b"Content-Length: 999999999\r\n\r\n"],
)  # fmt: skip
def test_what_is_no_message_is_broken(octets: bytes) -> None:
    with pytest.raises(Broken):
        wire(octets).read()


@given(st.binary(max_size=200))
def test_any_octets_are_read_or_broken(octets: bytes) -> None:
    stream = wire(octets)
    try:
        while stream.read() is not None:
            continue
    except Broken as error:
        assert str(error)


@given(st.text(max_size=20))
def test_what_is_written_can_be_read(text: str) -> None:
    out = io.BytesIO()
    Wire(io.BytesIO(), out).event("output", output=text)
    message = wire(out.getvalue()).read()
    assert message == {"seq": 1, "type": "event", "event": "output", "body": {"output": json.loads(json.dumps(text))}}
