"""Addresses and parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.model.address import Address
from stalwart_g.protocol.smtp import xtext
from stalwart_g.protocol.smtp.paths import address_literal, hello_name, mailbox, split_path

printable = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=20)


@pytest.mark.parametrize(
    ("path", "local", "domain"),
    [
        ("a@Example.ORG", "a", "example.org"),
        ("A.b+c@d", "A.b+c", "d"),
        ("a..b@c", "a..b", "c"),
        ('"a b"@c', "a b", "c"),
        (r'"a\"b\\"@c', 'a"b\\', "c"),
        ("@x.example,@y:a@b", "a", "b"),
        ("a@[192.0.2.1]", "a", "[192.0.2.1]"),
        ("a@[ipv6:2001:DB8:0::1]", "a", "[IPv6:2001:db8::1]"),
        ("jürgen@BÜCHER.example", "jürgen", "bücher.example"),
        ("x" * 200 + "@y", "x" * 200, "y"),
    ],
)
def test_addresses(path: str, local: str, domain: str) -> None:
    assert mailbox(path) == Address(local, domain)


@pytest.mark.parametrize(
    "path",
    ["", "a", "a@", "@b", "a@b@c", "a b@c", '""@b', '"a@b', "a@b.", "a@.b", "a@b c", "a@[]", "a@[1.2.3]", "a@b\u0085",
     "<a@b", "x" * 255 + "@y", "a@" + "é" * 130, "a@(b)"],
)  # fmt: skip
def test_what_is_no_address(path: str) -> None:
    with pytest.raises(ValueError):
        mailbox(path)


@given(printable, st.sampled_from(["example.org", "[192.0.2.1]"]))
def test_an_address_survives_being_written(local: str, domain: str) -> None:
    address = Address(local or "x", domain)
    assert mailbox(str(address)) == address


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("<a@b>", ("a@b", "")), (" <a@b> X", ("a@b", " X")), ('<"a>b"@c> X', ('"a>b"@c', " X")), ("<>", ("", ""))],
)
def test_a_path_ends_at_its_bracket(text: str, wanted: tuple[str, str]) -> None:
    assert split_path(text) == wanted


@pytest.mark.parametrize("text", ["a@b", "<a@b", '<"a>', "", " "])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError):
        split_path(text)


def test_brackets_may_be_missing_on_lenient_listeners() -> None:
    assert split_path("a@b SIZE=1", lenient=True) == ("a@b", " SIZE=1")


@pytest.mark.parametrize("name", ["mx.example", "my_pc", "MX.Example.", "[192.0.2.1]", "[IPv6:::1]", "[::1]"])
def test_hello_names(name: str) -> None:
    assert hello_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a(b)", "a..b", "[x]", "ü.example", "a\tb", "x" * 256, "[192.0.2.1"])
def test_what_nobody_is_called(name: str) -> None:
    with pytest.raises(ValueError):
        hello_name(name)


def test_a_literal_has_one_form() -> None:
    assert address_literal("[2001:db8:0:0::1]") == address_literal("[IPv6:2001:DB8::1]") == "[IPv6:2001:db8::1]"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_xtext_gives_back_what_it_carries(text: str) -> None:
    assert xtext.decode(xtext.encode(text)) == text


@given(printable)
def test_xtext_carries_utf8_addresses(text: str) -> None:
    assert xtext.decode_utf8_address(xtext.decode(xtext.encode(text))) == text


@pytest.mark.parametrize("text", ["a+0D", "a+2b", "a=b", "a b", "+", "ü"])
def test_what_is_no_xtext(text: str) -> None:
    with pytest.raises(ValueError):
        xtext.decode(text)
