"""Encoded words and charsets."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import charsets, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?a_b=C3=BC?=", "a bü"),
        ("=?UTF-8?B?w7w=?=", "ü"),
        ("=?utf-8?b?w7w?=", "ü"),
        ("=?utf-8?q?a?=  =?utf-8?q?b?= c", "ab c"),
        ("x=?utf-8?q?a?=y", "xay"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),
        ("=?utf-8?q?=C3?= =?latin1?q?=FC?=", "\ufffdü"),
        ("=?utf-8*de?q?a?=", "a"),
        ("=?x-own?q?a?= b", "=?x-own?q?a?= b"),
        ("=?x-own?q?a?= =?utf-8?q?b?=", "=?x-own?q?a?= b"),
        ("=?utf-8?q?a", "=?utf-8?q?a"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8?q??= a", " a"),
        ("=?utf-8?q?a=0D=0AB: c?=", "a B: c"),
        ("=?iso-2022-jp?b?GyRCRnw=?= =?iso-2022-jp?b?GyRCS1w=?=", "日本"),
    ],
)
def test_decoding(text: str, expected: str) -> None:
    assert words.decode(text) == expected


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n"), max_size=200))
def test_what_is_encoded_is_decoded_again(text: str) -> None:
    encoded = words.encode(text)
    assert encoded.isascii()
    assert words.decode(encoded) == text
    assert encoded == text or all(len(word) <= 75 for word in encoded.split(" "))


@given(st.text(alphabet="=?utf-8qQbB_ C3\u00fc\udcff", max_size=60))
def test_any_text_is_decoded(text: str) -> None:
    words.decode(text)


@pytest.mark.parametrize(
    ("octets", "charset", "text", "damaged"),
    [
        (b"\xfc", "iso-8859-1", "ü", False),
        (b"\x93", "ISO_8859-1", "“", False),
        (b"\xb0\xa1", "ks_c_5601-1987", "가", False),
        (b"\xc4\xe3", "gb2312", "你", False),
        (b"\x82\xa0", "x-sjis", "あ", False),
        (b"\xc3\xbc", "", "ü", False),
        (b"\xfc", "us-ascii", "ü", True),
        (b"\xff", "utf-8", "\ufffd", True),
        (b"a\xff", "no-such", "a\ufffd", True),
        (b"a", "no-such", "a", True),
        (b"+AOQ-", "unicode-1-1-utf-7", "ä", False),
        (b"\xe4", "windows-1257", "ä", False),
        (b"\xe4", "cp-1252", "ä", False),
        (b"\xc1", "koi8-r", "а", False),
        (b"\xff\xfea\0", "utf-16", "a", False),
        (b"aGk=", "base64", "aGk=", True),
        (b"a", "x" * 10_000, "a", True),
    ],
)
def test_charsets(octets: bytes, charset: str, text: str, damaged: bool) -> None:
    assert charsets.decode(octets, charset) == (text, damaged)


@pytest.mark.parametrize("charset", ["idna", "punycode", "rot13", "hex", "unicode_escape", "undefined", "mbcs"])
def test_codecs_that_are_no_charsets_are_unknown(charset: str) -> None:
    assert not charsets.is_known(charset)


def test_no_name_makes_python_look_for_a_module() -> None:
    before = set(sys.modules)
    charsets.decode(b"\xff", "antigravity")
    charsets.decode(b"\xff", "encodings.aliases")
    assert set(sys.modules) == before


@given(st.binary(max_size=30), st.sampled_from(["", "utf-8", "utf-7", "utf-16", "gb2312", "iso-2022-jp", "big5", "x"]))
def test_any_octets_are_text_in_any_charset(octets: bytes, charset: str) -> None:
    assert isinstance(charsets.decode(octets, charset).text, str)
