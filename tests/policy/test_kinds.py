from __future__ import annotations

import re

import pytest

from stalwart_g.policy.kinds import BOOL, LIST, TEXT, Choice, Id, Integer, Via, Words, octets, seconds


@pytest.mark.parametrize("text", ["1", "true", "Yes", "on"])
def test_words_for_yes_are_true(text):
    assert BOOL.read((text,), {}) is True


@pytest.mark.parametrize("text", ["", "0", "false", "no", "OFF"])
def test_words_for_no_are_false_and_not_just_any_text(text):
    assert BOOL.read((text,), {}) is False


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (seconds(0, 86_400), "2h", 7200),
        (seconds(0, 86_400), "90", 90),
        (octets(0, 1 << 30), "25M", 25 << 20),
        (Integer(-9, 9), "-3", -3),
        (TEXT, " as it is ", " as it is "),
        (Choice(("a", "b")), "b", "b"),
        (Id("queue"), "bulk", "bulk"),
        (Via(), "relay:partner", "relay:partner"),
        (Via(), "mx:other.example", "mx:other.example"),
        (Via(), "", ""),
    ],
)
def test_a_text_becomes_a_value(kind, text, value):
    assert kind.read((text,), {"queue": ["bulk"], "remote": ["partner"]}) == value


def test_a_list_is_texts_or_words_in_one_text():
    assert LIST.read(("a b", "c"), {}) == ("a", "b", "c")


def test_known_words_take_their_own_case():
    assert Words(("PLAIN", "LOGIN")).read(("plain",), {}) == ("PLAIN",)


@pytest.mark.parametrize(
    ("kind", "texts", "fault"),
    [
        (BOOL, ("maybe",), "must be '1' or ''"),
        (seconds(1, 60), ("61",), "must be from 1 to 60"),
        (seconds(1, 60), ("1y",), "which may end in s m h d w"),
        (Integer(0, 5), ("1k",), "must be a whole number, not '1k'"),
        (Integer(0, 5), ("1", "2"), "takes one value, not 2"),
        (Choice(("verify", "encrypt")), ("verfiy",), "did you mean 'verify'?"),
        (Id("queue"), ("bluk",), "did you mean 'bulk'?"),
        (Via(), ("relay:parner",), "did you mean 'partner'?"),
        (Via(), ("smarthost",), "must be local | mx"),
        (Via(), ("relay:",), "must be local | mx"),
    ],
)
def test_what_is_no_value_is_told_with_what_would_be(kind, texts, fault):
    with pytest.raises(ValueError, match=re.escape(fault)):
        kind.read(texts, {"queue": ["bulk"], "remote": ["partner"]})


def test_ids_of_an_unknown_kind_are_not_judged():
    assert Id("egress").read(("anything",), {}) == "anything"


def test_labels_show_bounds_with_units():
    assert seconds(0, 86_400).label == "seconds 0…1d"
    assert octets(1024, 1 << 40).label == "octets 1K…1T"
