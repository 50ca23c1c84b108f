from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.directory import names


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("John@Example.ORG", "john@example.org"),
        ("john@bücher.example", "john@xn--bcher-kva.example"),
        ("john@XN--bcher-kva.example.", "john@xn--bcher-kva.example"),
        ("J\u0075\u0308rgen@example.org", "j\u00fcrgen@example.org"),
        ('"a@b"@example.org', '"a@b"@example.org'),
        ('"plain"@example.org', "plain@example.org"),
        ("@example.org", "@example.org"),
        ("john@[192.0.2.1]", "john@[192.0.2.1]"),
    ],
)
def test_addresses_have_one_form(text: str, normal: str) -> None:
    assert names.address(text) == normal


@pytest.mark.parametrize(
    "text", ["", "john", "john@", "john@a..b", "john@-a.example", "a\nb@example.org", "x" * 65 + "@a.example", '"a@b']
)
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"no|usable"):
        names.address(text)


@pytest.mark.parametrize("text", ["john", "john.doe", "John@Example.org", " john "])
def test_account_names(text: str) -> None:
    assert names.account_name(text) == text.strip().lower()


@pytest.mark.parametrize("text", ["", "a/b", "a\\b", "a:b", "a b", "..", "a\0", "x" * 256, "a@b..c"])
def test_what_can_be_no_account_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"name|domain"):
        names.account_name(text)


@given(st.text(max_size=30), st.sampled_from([names.address, names.account_name, names.domain_name]))
def test_the_normal_form_is_its_own_normal_form(text: str, normalise) -> None:
    try:
        normal = normalise(text)
    except ValueError:
        return
    assert normalise(normal) == normal
