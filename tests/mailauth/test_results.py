from __future__ import annotations

import authres
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth.results import (
    Result,
    Results,
    ResultsError,
    comment,
    is_by,
    parse,
    quoted_if_needed,
    without_results_of,
    words,
)

SPF = Result("spf", "pass", (("smtp", "mailfrom", "a@example.org"),))
DKIM = Result(
    "dkim", "fail", (("header", "d", "example.org"), ("header", "b", "ab/+12=")), reason='the "body" was changed'
)
IPREV = Result("iprev", "pass", (("policy", "iprev", "2001:db8::1"),))


def line(*results: Result, utf8: bool = False) -> str:
    return " ".join(words("mx.example.net", results, utf8=utf8))


def test_a_result_is_written_with_its_properties() -> None:
    assert line(SPF) == "mx.example.net; spf=pass smtp.mailfrom=a@example.org"


def test_without_results_the_field_says_none() -> None:
    assert line() == "mx.example.net; none"


def test_values_are_quoted_where_they_must_be() -> None:
    assert line(DKIM, IPREV) == (
        'mx.example.net; dkim=fail reason="the \\"body\\" was changed" header.d=example.org header.b="ab/+12="; '
        'iprev=pass policy.iprev="2001:db8::1"'
    )


def test_line_ends_of_the_network_do_not_get_in() -> None:
    assert line(Result("spf", "none", (("smtp", "helo", "a\r\nX-Evil: 1"),))).count("\n") == 0


def test_utf8_is_written_where_the_message_may_have_it() -> None:
    result = Result("spf", "pass", (("smtp", "mailfrom", "bücher@example.org"),))
    assert line(result, utf8=True).endswith("smtp.mailfrom=bücher@example.org")
    assert line(result).endswith("smtp.mailfrom=b?cher@example.org")


def test_another_reader_understands_what_we_write() -> None:
    theirs = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {line(SPF, DKIM, IPREV)}")
    assert theirs.authserv_id == "mx.example.net"
    assert [(each.method, each.result) for each in theirs.results] == [
        ("spf", "pass"),
        ("dkim", "fail"),
        ("iprev", "pass"),
    ]
    assert theirs.results[0].smtp_mailfrom == "a@example.org"
    reason = theirs.results[1].reason.replace("\\", "")  # it leaves the escapes in
    assert (reason, theirs.results[1].header_d) == ('the "body" was changed', "example.org")
    assert theirs.results[2].policy_iprev == "2001:db8::1"


# The examples of RFC 8601 appendix B.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example.org 1; none", Results("example.org")),
        (
            "example.com;\r\n spf=pass smtp.mailfrom=example.net",
            Results("example.com", (Result("spf", "pass", (("smtp", "mailfrom", "example.net"),)),)),
        ),
        (
            "example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
            Results(
                "example.com",
                (
                    Result("auth", "pass", (("smtp", "auth", "sender@example.net"),)),
                    Result("spf", "pass", (("smtp", "mailfrom", "example.net"),)),
                ),
            ),
        ),
        (
            'example.com; dkim=pass reason="good signature" header.i=@mail-router.example.net',
            Results(
                "example.com",
                (Result("dkim", "pass", (("header", "i", "@mail-router.example.net"),), "good signature"),),
            ),
        ),
        (
            "foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
            " policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't so sure) 1362471462",
            Results("foo.example.net", (Result("dkim", "fail", (("policy", "expired", "1362471462"),)),)),
        ),
        ('"a b" ; spf=pass smtp.helo="x;y"', Results("a b", (Result("spf", "pass", (("smtp", "helo", "x;y"),)),))),
    ],
)
def test_fields_are_read(text: str, expected: Results) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", ";", "a b c; none", "a; spf", "a; spf=", "a; =pass", "a; spf=pass x=y", '"a; none', "a (b; none", "a)b"],
)
def test_what_breaks_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ResultsError):
        parse(text)


@pytest.mark.parametrize(
    "value",
    [
        "mx.example.net; spf=pass",
        " MX.Example.NET;spf=pass",
        "(x) mx.example.net 1; none",
        '"mx.example.net"; none',
        '"mx\\.example.net"; none',
        "\r\n\tmx.example.net\r\n\t; none",
        "(nested (comment)) mx.example.net.; none",
        '"no end',
        "",
    ],
)
def test_a_field_may_claim_to_be_ours(value: str) -> None:
    assert is_by(value, "mx.example.net")


@pytest.mark.parametrize("value", ["example.net; none", "xmx.example.net; none", "mx.example.net.evil; none", "a; b"])
def test_a_field_of_others_does_not(value: str) -> None:
    assert not is_by(value, "mx.example.net")


def test_an_international_name_of_ours_is_the_same_in_both_forms() -> None:
    assert is_by("mx.xn--bcher-kva.example; none", "mx.bücher.example")


def test_only_the_fields_that_claim_to_be_ours_are_taken_out() -> None:
    message = (
        b"Received: x\r\nauthentication-results : mx.example.net;\r\n\tspf=pass\r\n"
        b"Authentication-Results: other.example; none\r\nSubject: a\r\n\r\n"
        b"Authentication-Results: mx.example.net; none\r\n"
    )
    assert without_results_of(message, "mx.example.net") == (
        b"Received: x\r\nAuthentication-Results: other.example; none\r\nSubject: a\r\n\r\n"
        b"Authentication-Results: mx.example.net; none\r\n"
    )


def test_bare_line_feeds_do_not_hide_a_field() -> None:
    message = b"A: b\nAuthentication-Results: mx.example.net;\n spf=pass\nC: d\n\nbody"
    assert without_results_of(message, "mx.example.net") == b"A: b\nC: d\n\nbody"


def test_a_field_at_the_very_end_is_taken_out() -> None:
    assert without_results_of(b"A: b\r\nAuthentication-Results: mx.example.net; none", "mx.example.net") == b"A: b\r\n"


VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60).map(str.strip)
RESULTS = st.builds(
    Result,
    st.sampled_from(("spf", "dkim", "x-ours")),
    st.sampled_from(("pass", "fail")),
    st.lists(st.tuples(st.sampled_from(("smtp", "header")), st.sampled_from(("helo", "d")), VALUES)).map(tuple),
    VALUES,
)


@given(st.lists(RESULTS, max_size=4))
def test_what_is_written_is_read_back(results: list[Result]) -> None:
    assert parse(line(*results, utf8=True)) == Results("mx.example.net", tuple(results))


@given(st.text(st.sampled_from('a.;="()\\ \r\n1/é')))
def test_any_text_is_a_field_or_a_results_error(text: str) -> None:
    try:
        parse(text)
    except ResultsError as error:
        assert str(error)


@given(st.binary())
def test_any_octets_keep_their_body(octets: bytes) -> None:
    assert without_results_of(b"A: b\r\n\r\n" + octets, "mx.example.net") == b"A: b\r\n\r\n" + octets


@given(st.text())
def test_a_comment_stays_one(text: str) -> None:
    assert parse(f"mx {comment(text)}; none") == Results("mx")


@given(st.text())
def test_a_quoted_value_is_one_word(text: str) -> None:
    (result,) = parse(f"mx; spf=pass smtp.helo={quoted_if_needed(text)}").results
    assert result.method == "spf"
