from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth.spf.record import RecordError, choose, parse

WORD = """
v=spf1 all -all ~all ?all +a mx/24 mx//64 a:%{d}/0//0 include:example.org ip4:192.0.2.1/24 ip6:2001:db8::/32 ptr
ptr:example.org exists:%{ir}.%{v}.x.org redirect=_spf.%{d2} exp=e.example.org foo=bar%% ip4: a/33 : = %{
"""
WORDS = st.lists(st.sampled_from(WORD.split()))


def test_a_term_stands_for_the_result_of_its_qualifier() -> None:
    terms = parse("v=spf1 +a -mx ~ptr ?all").terms
    assert [(term.mechanism, term.result) for term in terms] == [
        ("a", "pass"),
        ("mx", "fail"),
        ("ptr", "softfail"),
        ("all", "neutral"),
    ]


def test_both_prefix_lengths_are_read() -> None:
    (term,) = parse("v=spf1 a:mail.example.org/24//64").terms
    assert (term.target.text if term.target else "", term.prefix4, term.prefix6) == ("mail.example.org", 24, 64)


def test_modifiers_may_stand_anywhere() -> None:
    record = parse("v=spf1 exp=e.example.org -all unknown=x/y redirect=r.example.org")
    assert record.redirect and record.explanation
    assert (record.redirect.text, record.explanation.text) == ("r.example.org", "e.example.org")


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("moo", "unknown mechanism in 'moo'"),
        ("all:x", "nothing may follow in 'all:x'"),
        ("ip4:192.0.2.256", "no address in 'ip4:192.0.2.256'"),
        ("ip4:192.0.2.1/33", "no prefix length in 'ip4:192.0.2.1/33'"),
        ("ip4:192.0.2.1/024", "no prefix length in 'ip4:192.0.2.1/024'"),
        ("ip6:fe80::1%eth0", "no address in 'ip6:fe80::1%eth0'"),
        ("include", "no argument in 'include'"),
        ("include:", "no domain name in 'include:'"),
        ("a:localhost", "no domain name in 'a:localhost'"),
        ("a:example.123", "no domain name in 'a:example.123'"),
        ("a:%{x}.example.org", "unknown macro %{x} in 'a:%{x}.example.org'"),
        ("a:%{d0}", "no parts left in %{d0} in 'a:%{d0}'"),
        ("a:%{c}", "unknown macro %{c} in 'a:%{c}'"),
        ("a:%(d)", "no macro string in 'a:%(d)'"),
        ("redirect=", "no domain name in 'redirect='"),
        ("-foo=bar", "unknown mechanism in '-foo=bar'"),
        ("1a", "no mechanism in '1a'"),
    ],
)
def test_the_problem_names_the_term(word: str, problem: str) -> None:
    with pytest.raises(RecordError) as raised:
        parse(f"v=spf1 {word} -all")
    assert str(raised.value) == problem


def test_a_modifier_may_not_come_twice() -> None:
    with pytest.raises(RecordError, match=r"second of its kind in 'exp=b\.example\.org'"):
        parse("v=spf1 exp=a.example.org exp=b.example.org -all")


def test_only_the_right_version_is_about_spf() -> None:
    assert choose(["v=spf10 -all", "v=spf1", "V=SPF1 -all", " v=spf1", "v=spf2.0/pra"]) == ["v=spf1", "V=SPF1 -all"]


@given(WORDS)
def test_words_are_a_record_or_a_record_error(words: list[str]) -> None:
    try:
        record = parse(" ".join(["v=spf1", *words]))
    except RecordError as error:
        assert str(error)
    else:
        assert len(record.terms) <= len(words)


@given(st.text())
def test_any_text_is_a_record_or_a_record_error(text: str) -> None:
    try:
        parse(f"v=spf1 {text}")
    except RecordError as error:
        assert str(error)
