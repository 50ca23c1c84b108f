"""Mechanisms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.services.smtp.sasl import MECHANISMS, Credentials, Malformed


def answers(*octets: bytes) -> Callable[[bytes], bytes]:
    left = iter(octets)
    return lambda challenge: next(left)


@pytest.mark.parametrize(
    ("mechanism", "initial", "asked", "wanted"),
    [
        ("PLAIN", b"\0u\0p", [], Credentials("u", "p")),
        ("PLAIN", None, [b"boss\0u\0p"], Credentials("u", "p", "boss")),
        ("LOGIN", None, [b"u", b"p w"], Credentials("u", "p w")),
        ("LOGIN", b"u", [b"p"], Credentials("u", "p")),
        ("PLAIN", "\0ü\0ß".encode(), [], Credentials("ü", "ß")),
    ],
)
def test_credentials(mechanism: str, initial: bytes | None, asked: list[bytes], wanted: Credentials) -> None:
    assert MECHANISMS[mechanism](initial, answers(*asked)) == wanted


@pytest.mark.parametrize(
    "response", [b"", b"u\0p", b"\0\0p", b"\0u\0", b"\0u\0p\0x", b"\0\xff\0p", b"\0" + b"u" * 256 + b"\0p"]
)
def test_what_plain_does_not_take(response: bytes) -> None:
    with pytest.raises(Malformed):
        MECHANISMS["PLAIN"](response, answers())


@given(st.binary(), st.binary())
def test_login_takes_no_nonsense(name: bytes, password: bytes) -> None:
    try:
        credentials = MECHANISMS["LOGIN"](None, answers(name, password))
    except Malformed:
        return
    assert (credentials.login.encode(), credentials.password.encode()) == (name, password)


def test_passwords_do_not_show() -> None:
    assert "secret" not in repr(Credentials("u", "secret"))


def test_who_wants_to_be_somebody_else() -> None:
    assert Credentials("u", "p", "boss").wants_to_impersonate
    assert not Credentials("u", "p", "u").wants_to_impersonate
