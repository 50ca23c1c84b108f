"""What is proposed at ``|`` in a text."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve.tools.lsp.completion import Proposal, proposals
from sieve.tools.lsp.language import Language, Word, by_name, trusted

SIGNS = ["[", "]", "(", ")", "{", "}", ",", ";", "text:\n", "require ", "/*", "#", "let ", "😀"]
WORDS = ["if ", "header ", ":is ", '"', "${", "set ", "é", "\n", "not ", "anyof ", "1", *SIGNS]
USER = by_name()(PurePath("a.sieve"))
TRUSTED = trusted()(PurePath("a.sieve"))
TESTS = by_name()(PurePath("a.svtest"))
REQUIRED = 'require ["fileinto", "copy", "mailbox", "variables", "relational", "envelope", "date"];\n'


def proposed(text: str, language: Language = USER) -> dict[str, Proposal]:
    before, _, after = text.partition("|")
    return {each.text: each for each in proposals(before + after, len(before), language)}


@pytest.mark.parametrize(
    ("text", "there", "absent"),
    [
        ("|", {"keep", "if", "require", "fileinto"}, {"header", "anyof"}),
        ("ke|", {"keep"}, {"header"}),
        ('if true { fileinto "x"; |', {"stop", "elsif"}, {"header"}),
        ("if |", {"header", "anyof", "not", "exists"}, {"keep"}),
        ("if not he|", {"header"}, {"keep"}),
        ("if anyof (true, |", {"header", "allof"}, {"keep"}),
        ('if anyof (not exists "a", |) { keep; }', {"header"}, {"keep"}),
        ("if header :|", {":is", ":contains", ":comparator"}, {":over", ":copy"}),
        ("if header :is :|", {":comparator"}, {":is", ":contains"}),
        ('if header :comparator "i;octet" :|', {":is"}, {":comparator"}),
        ('if header "subject" :|', set(), {":is", ":comparator"}),
        ('if anyof (header :is "a" "b", size :|', {":over", ":under"}, {":is"}),
        ("if size :over :|", set(), {":under"}),
        ('redirect "a@example.org"; fileinto :copy :|', {":create"}, {":copy"}),
        ("# if header :|", set(), {":is"}),
    ],
)
def test_words_outside_of_strings(text: str, there: set[str], absent: set[str]) -> None:
    found = proposed(REQUIRED + text).keys()
    assert there <= found
    assert not absent & found


@pytest.mark.parametrize(
    ("text", "there", "absent"),
    [
        ('require "|', {"fileinto", "vacation"}, {""}),
        ('require ["fileinto", "va|', {"vacation"}, {"fileinto"}),
        ('require ["fileinto", "|"];\nkeep;', {"vacation"}, {"fileinto"}),
        (REQUIRED + 'if header :comparator "|', {"i;octet", "i;ascii-casemap"}, {"subject"}),
        (REQUIRED + 'if header :is "|', {"subject", "list-id"}, {"i;octet"}),
        (REQUIRED + 'if header :is ["subject", "|', {"list-id"}, {"subject"}),
        (REQUIRED + 'if header :value "|', {"gt", "ne"}, {"subject"}),
        (REQUIRED + 'if envelope "|', {"from", "to"}, {"subject"}),
        (REQUIRED + 'if currentdate "|', {"weekday"}, {"subject"}),
        (REQUIRED + 'if header :is "subject" "|', set(), {"subject"}),
        (REQUIRED + 'set "folder" "x"; fileinto "Lists.${|', {"folder"}, {"subject"}),
        (REQUIRED + 'set "folder" "x"; set "|', {"folder"}, set()),
        (REQUIRED + 'fileinto "Lists.|', set(), {"subject", "folder"}),
    ],
)
def test_words_in_strings(text: str, there: set[str], absent: set[str]) -> None:
    found = proposed(text).keys()
    assert there <= found
    assert not absent & found


def test_what_needs_a_capability_says_so() -> None:
    assert proposed("|")["fileinto"].needs == "fileinto"


def test_what_is_required_needs_nothing_more() -> None:
    assert proposed(REQUIRED + "|")["fileinto"].needs == ""


def test_nothing_needs_a_capability_where_all_are_there() -> None:
    assert proposed("|", TRUSTED)["fileinto"].needs == ""


def test_expressions_know_functions_variables_and_namespaces() -> None:
    found = proposed('let "score" "1"; let "i" "sc|', TRUSTED)
    assert {"score", "trim", "header."} <= found.keys()
    assert found["trim"].kind == "function"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('let "a" "header.su', "header.subject"),
        ('set "a" "${body.to', "body.to_text"),
        ('let "a" "1 + part.', "part.raw"),
    ],
)
def test_namespaces_know_what_follows(text: str, word: str) -> None:
    assert word in proposed(text + "|", TRUSTED)


def test_users_get_none_of_the_trusted_words() -> None:
    assert not {"let", "while", "eval"} & proposed("|").keys()


def test_test_files_have_the_words_of_the_suite() -> None:
    assert {"test", "test_set"} <= proposed('require "vnd.dovecot.testsuite";\n|', TESTS).keys()


def test_a_dialect_brings_words_of_its_own() -> None:
    facts = (Word("rcpt.exists", "str", "is there such a mailbox?"),)
    language = Language(TRUSTED.dialect, values=lambda name, key, given: facts, references={"env": facts})
    assert proposed('if environment :is "|', language)["rcpt.exists"].detail == "str"
    assert "env.rcpt.exists" in proposed('set "a" "${env.rc|', language)


def test_the_piece_that_is_replaced_is_the_word() -> None:
    each = proposed("keep; disc|")["discard"]
    assert each.span == (6, 10)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=25),
    st.integers(0, 100),
)
def test_any_text_can_be_asked_about(pieces: list[str], place: int) -> None:
    text = "".join(pieces)
    for language in (USER, TRUSTED):
        offset = min(place, len(text))
        for each in proposals(text, offset, language):
            assert each.span.begin <= each.span.end == offset
