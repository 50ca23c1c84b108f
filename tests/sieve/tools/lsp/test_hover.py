"""What is said about the word at ``|``."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve.tools.lsp.definitions import definition
from sieve.tools.lsp.hover import hover
from sieve.tools.lsp.language import Language, Word, by_name, trusted
from sieve.tools.lsp.outline import outline

SIGNS = [
    "if ",
    "test ",
    "header ",
    ":is ",
    '"a"',
    '"',
    '"${a}"',
    "${",
    "keep",
    "\r\n",
    "not ",
    "1",
    "[",
    "]",
    "(",
    ")",
    "{",
]
SIGNS += ["}", ",", ";", "text:\n", "require ", "include ", "/*", "# x", "let ", "set ", "\n", "😀"]

USER = by_name()(PurePath("a.sieve"))
TRUSTED = trusted()(PurePath("a.sieve"))


def told(text: str, language: Language = USER) -> str:
    before, _, after = text.partition("|")
    found = hover(before + after, len(before), language)
    return found.text if found else ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('file|into "x";', 'needs `require "fileinto";`'),
        ('file|into "x";', "RFC 5228 section 4.1"),
        ("i|f true { keep; }", "RFC 5228 section 3.1"),
        ("if not| true { keep; }", "RFC 5228 section 5.8"),
        ('if header :con|tains "a" "b" { keep; }', "somewhere in the value"),
        ('fileinto :co|py "x";', "stays in the inbox"),
        ('redirect :co|py "x";', "stays in the inbox"),
        ('require ["cop|y"];', "Brings `:copy`"),
        ('if header :comparator "i;oc|tet" "a" "b" { keep; }', "differ"),
        ('if header "list-|id" "b" { keep; }', "the mailing list"),
        ('require "variables";\nset "a" "b"; set "c" "x${a|}";', "line 2"),
        ('fileinto "x${|1}";', "Part 1"),
    ],
)
def test_words_of_users(text: str, words: str) -> None:
    assert words in told(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('let "a" "tr|im(\'x\')";', "white space at both ends"),
        ('let "a" "header.sub|ject";', "header.NAME"),
        ('let "a" "1";\n\nlet "b" "1 + a|";', "line 1"),
    ],
)
def test_words_in_expressions(text: str, words: str) -> None:
    assert words in told(text, TRUSTED)


@pytest.mark.parametrize("text", ["|", "keep|;;", "# ke|ep", 'fileinto "In|box";', "frob|nicate;", '"|'])
def test_nothing_is_said_where_nothing_is_known(text: str) -> None:
    assert told(text) == "" or "keep" in told(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(SIGNS), max_size=25).map("".join), st.integers(0, 60))
def test_any_place_in_any_text_can_be_asked_about(text: str, place: int) -> None:
    offset = min(place, len(text))
    for language in (USER, TRUSTED):
        found = hover(text, offset, language)
        assert found is None or found.span.begin <= offset <= found.span.end
        target = definition(text, offset, language)
        assert target is None or 0 <= target.offset <= len(text)
    for part in outline(text):
        assert part.span.begin <= part.name_span.begin <= part.name_span.end <= part.span.end


def test_a_fact_is_explained_by_who_knows_it() -> None:
    facts = (Word("client.ip", "ip", "address of the client"),)
    language = Language(TRUSTED.dialect, references={"env": facts})
    assert told('set "a" "${env.cli|ent.ip}";', language) == "`client.ip` (ip): address of the client"
