"""Transfer encodings: decoded as far as it goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import transfer


@pytest.mark.parametrize(
    ("octets", "encoding", "content", "damaged"),
    [
        (b"aGFs\r\nbG8=\r\n", "base64", b"hallo", False),
        (b"aGFsbG8", "base64", b"hallo", False),
        (b"aGF*sbG8=\r\n-- \r\nfooter", "base64", b"hallo", False),
        (b"aGFsb", "base64", b"hal", True),
        (b"a=3D=\r\nb", "quoted-printable", b"a=b", False),
        (b"a= \t\r\nb", "quoted-printable", b"ab", False),
        (b"a=3d=ZZ", "quoted-printable", b"a==ZZ", True),
        (b"begin 644 f\n#8V%T\n`\nend\n", "uuencode", b"cat", False),
        (b"no beginning", "uuencode", b"no beginning", True),
        (b"a", "x-own", b"a", True),
        (b"\xff\0", "8bit", b"\xff\0", False),
    ],
)
def test_decoding(octets: bytes, encoding: str, content: bytes, damaged: bool) -> None:
    assert transfer.decode(octets, encoding) == (content, damaged)


@given(st.binary(max_size=300), st.sampled_from(["base64", "uuencode", "8bit"]))
def test_what_is_encoded_is_decoded_again(octets: bytes, encoding: str) -> None:
    assert transfer.decode(transfer.encode(octets, encoding), encoding).octets == octets


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=100), max_size=5)
)
def test_quoted_printable_keeps_lines_and_their_ends(lines: list[str]) -> None:
    octets = "\r\n".join(lines).encode()
    encoded = transfer.encode(octets, "quoted-printable")
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert transfer.decode(encoded, "quoted-printable") == (octets, False)


@given(st.binary(max_size=100), st.sampled_from(["base64", "quoted-printable", "uuencode", "7bit", "none", "x"]))
def test_any_octets_can_be_decoded(octets: bytes, encoding: str) -> None:
    transfer.decode(octets, encoding)
