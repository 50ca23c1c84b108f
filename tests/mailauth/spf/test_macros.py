from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth.spf.macros import MacroError, domain_spec, explanation_string, macro_string

# The example of RFC 7208 section 7.4.
VALUES = {
    "s": "strong-bad@email.example.com",
    "o": "email.example.com",
    "d": "email.example.com",
    "l": "strong-bad",
    "i": "192.0.2.3",
    "v": "in-addr",
    "h": "mx.example.com",
}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{S}", "strong-bad%40email.example.com"),
        ("%%%_%-x", "% %20x"),
        ("%{d99999999999999999999}", "email.example.com"),
    ],
)
def test_macros_expand_as_in_the_rfc(text: str, expanded: str) -> None:
    assert macro_string(text).expand(VALUES.__getitem__) == expanded


def test_a_name_that_is_too_long_loses_labels_on_its_left() -> None:
    spec = domain_spec("%{l}.example.com")
    name = spec.expand_name({"l": ".".join(["a" * 60] * 5)}.__getitem__)
    assert name == ".".join(["a" * 60] * 3) + ".example.com"


def test_an_explanation_has_spaces_and_more_letters() -> None:
    text = explanation_string("%{c} is not %{r}, at %{t}")
    assert text.expand({"c": "192.0.2.3", "r": "mx", "t": "1"}.__getitem__) == "192.0.2.3 is not mx, at 1"


@given(st.text(st.sampled_from("%{}sldD019rR-.+,/_= a\\é")))
def test_any_text_is_a_macro_string_or_a_macro_error(text: str) -> None:
    for read in (macro_string, domain_spec, explanation_string):
        try:
            spec = read(text)
        except MacroError as error:
            assert str(error)
        else:
            assert isinstance(spec.expand(lambda letter: VALUES.get(letter, "unknown")), str)
