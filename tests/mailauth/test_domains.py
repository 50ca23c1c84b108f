from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth.domains import ascii_domain, is_domain, is_within, mail_domain, parents


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Example.ORG.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a..b", None),
        ("", None),
        ("x" * 64 + ".org", None),
        (".".join(["x" * 60] * 5), None),
        ("a b\n.org", None),
    ],
)
def test_names_are_compared_as_a_labels_in_lower_case(text: str, name: str | None) -> None:
    assert ascii_domain(text) == name


@pytest.mark.parametrize("text", ["localhost", "[192.0.2.1]", "a b.org", "a,b.org", ""])
def test_what_cannot_follow_an_at_sign_is_no_domain_of_mail(text: str) -> None:
    assert mail_domain(text) is None


def test_a_name_is_within_itself_and_those_above() -> None:
    assert is_within("a.example.org", "example.org") and is_within("example.org", "example.org")
    assert not is_within("aexample.org", "example.org")


def test_parents_lead_up_to_the_top() -> None:
    assert parents("a.example.org") == ["a.example.org", "example.org", "org"]


@given(st.text())
def test_what_comes_out_can_be_asked_for(text: str) -> None:
    name = ascii_domain(text)
    assert name is None or is_domain(name)
