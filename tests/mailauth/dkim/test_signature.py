from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth.dkim import signature
from stalwart_g.mailauth.dkim.outcome import Unusable

BODY_HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
GOOD = {
    "v": "1",
    "a": "rsa-sha256",
    "d": "Example.org",
    "s": "sel",
    "h": "From : To:from",
    "bh": BODY_HASH,
    "b": "QUJD\r\n REVG",
}
TAGS = st.dictionaries(
    st.sampled_from(["v", "a", "b", "bh", "c", "d", "h", "i", "l", "q", "s", "t", "x", "r", "atps"]),
    st.one_of(
        st.text(max_size=20), st.sampled_from(["1", "from", "rsa-sha256", "example.org", "@", ":", "/", "=", "-1"])
    ),
)


def field(**changes: str | None) -> bytes:
    tags = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return ("DKIM-Signature: " + "; ".join(f"{name}={value}" for name, value in tags.items())).encode()


def fault(**changes: str | None) -> tuple[str, str]:
    with pytest.raises(Unusable) as caught:
        signature.parse(field(**changes))
    return caught.value.result, caught.value.reason


def test_all_required_tags_are_read() -> None:
    found = signature.parse(field())
    assert (found.algorithm, found.domain, found.selector) == ("rsa-sha256", "example.org", "sel")
    assert (found.headers, found.value, len(found.body_hash)) == (("from", "to", "from"), b"ABCDEF", 32)


def test_what_is_not_said_has_the_value_that_the_rfc_gives_it() -> None:
    found = signature.parse(field())
    assert (found.relaxed_header, found.relaxed_body, found.length, found.identity) == (
        False,
        False,
        None,
        "@example.org",
    )
    assert (found.signed_at, found.expires_at, found.wants_reports) == (None, None, False)


def test_all_optional_tags_are_read() -> None:
    found = signature.parse(
        field(c="relaxed/relaxed", l="7", t="10", x="20", i="ann@mail.example.org", r="y", q="dns/txt")
    )
    assert (found.relaxed_header, found.relaxed_body, found.length) == (True, True, 7)
    assert (found.signed_at, found.expires_at) == (10, 20)
    assert (found.identity, found.wants_reports) == ("ann@mail.example.org", True)


def test_one_canonicalization_is_that_of_the_header() -> None:
    found = signature.parse(field(c="relaxed"))
    assert (found.relaxed_header, found.relaxed_body) == (True, False)


def test_third_parties_are_read() -> None:
    found = signature.parse(field(atps="Author.example", atpsh="SHA1"))
    assert (found.third_party, found.third_party_hash) == ("author.example", "sha1")


def test_an_internationalised_domain_becomes_a_labels() -> None:
    found = signature.parse(field(d="bücher.example", i="jö@sub.bücher.example"))
    assert (found.domain, found.identity) == ("xn--bcher-kva.example", "jö@sub.xn--bcher-kva.example")


def test_unknown_tags_do_not_matter() -> None:
    assert signature.parse(field(zz="what")).domain == "example.org"


@pytest.mark.parametrize("name", ["v", "a", "d", "s", "h", "bh", "b"])
def test_a_required_tag_must_be_there(name: str) -> None:
    assert fault(**{name: None}) == ("neutral", f"tag {name} missing")


@pytest.mark.parametrize(
    "changes",
    [
        {"v": "2"},
        {"a": "rsa-sha512"},
        {"a": "rsa"},
        {"b": "???"},
        {"b": "QUJ"},
        {"bh": "QUJD"},
        {"c": "relaxed/strict"},
        {"c": "/"},
        {"d": "a..b"},
        {"d": "exa mple.org"},
        {"s": "a/b"},
        {"s": "x" * 64},
        {"h": "From::To"},
        {"h": "From:T o"},
        {"h": ":".join(["From"] * 257)},
        {"i": "example.org"},
        {"l": "-1"},
        {"l": "9" * 77},
        {"l": "٣"},
        {"t": "1" * 13},
        {"t": "20", "x": "20"},
        {"q": "dns/other"},
    ],
)
def test_a_malformed_signature_is_neutral(changes: dict[str, str]) -> None:
    assert fault(**changes)[0] == "neutral"


@pytest.mark.parametrize(
    "changes", [{"a": "rsa-sha1"}, {"h": "To:Subject"}, {"i": "@example.net"}, {"i": "@notexample.org"}]
)
def test_a_signature_that_the_rfc_forbids_is_a_permanent_error(changes: dict[str, str]) -> None:
    assert fault(**changes)[0] == "permerror"


def test_a_huge_field_is_not_read() -> None:
    assert fault(z="x" * 40_000) == ("neutral", "field too large")


def test_octets_that_are_no_text_are_no_tag_list() -> None:
    with pytest.raises(Unusable, match="no tag list"):
        signature.parse(field() + b"; z=\xff")


@given(st.binary(max_size=200))
def test_any_octets_are_a_signature_or_unusable(octets: bytes) -> None:
    try:
        signature.parse(b"DKIM-Signature:" + octets)
    except Unusable as error:
        assert error.result in ("neutral", "permerror")


@given(TAGS)
def test_any_tags_are_a_signature_or_unusable(changes: dict[str, str]) -> None:
    try:
        signature.parse(field(**changes))
    except Unusable as error:
        assert error.result in ("neutral", "permerror")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"N: a=1; b=xyz", b"N: a=1; b="),
        (b"N: a=1; b=x\r\n y ; c=2", b"N: a=1; b=; c=2"),
        (b"N:b=x; bh=y;", b"N:b=; bh=y;"),
        (b"N: bh=b=; b = z\r\n\t", b"N: bh=b=; b ="),
        (b"N: a=1", b"N: a=1"),
    ],
)
def test_the_value_is_left_out_of_what_is_signed(before: bytes, after: bytes) -> None:
    assert signature.without_value(before) == after
