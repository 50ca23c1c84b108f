"""Findings in their places, and what mends them."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve.tools.lsp.findings import repairs, requiring, shown
from sieve.tools.lsp.language import Language, by_name, trusted
from sieve.tools.lsp.texts import Text, applied

SIGNS = ["[", "]", "(", ")", "{", "}", ",", ";", "text:\n", "require ", "/*", "#", "let ", "😀"]
WORDS = ["if ", "true ", "header ", ":is ", '"a"', '"', "${a}", "keep", "\r\n", "not ", "1", *SIGNS]
USER = by_name()(PurePath("a.sieve"))
TRUSTED = trusted()(PurePath("a.sieve"))


def pieces(source: str, language: Language = USER) -> list[tuple[str, str]]:
    return [(each.finding.code, source[slice(*each.span)]) for each in shown(Text(source), language)]


@pytest.mark.parametrize(
    ("source", "code", "piece"),
    [
        ("filinto;", "unknown-command", "filinto"),
        ('fileinto "x";', "require", "fileinto"),
        ('if header :iss "a" "b" { keep; }', "unknown-tag", ":iss"),
        ('require "filinto";', "capability", '"filinto"'),
        ('# 😀\nrequire "filinto";', "capability", '"filinto"'),
        ('\ufeffrequire "filinto";', "capability", '"filinto"'),
        ("keep", "syntax", ""),
        ("keep; stop; discard;", "unreachable", "discard"),
    ],
)
def test_a_finding_marks_what_it_is_about(source: str, code: str, piece: str) -> None:
    assert (code, piece) in pieces(source)


def test_in_an_expression_the_name_is_marked() -> None:
    assert pieces('let "score" "1"; let "b" "1 + scoer";', TRUSTED) == [("name", "scoer")]


def test_a_warning_is_none_of_the_errors() -> None:
    assert [each.finding.severity for each in shown(Text("stop; keep;"), USER)] == ["warning"]


def test_what_speaks_of_another_line_names_its_place() -> None:
    source = 'if eval "1 < 2" {\n  let "a" "1";\n}\nlet "b" "a";'
    other = shown(Text(source), TRUSTED)[0].other
    assert other == source.index("  let")


@pytest.mark.parametrize(
    ("source", "title", "mended"),
    [
        ('fileinto "x";', 'Add require "fileinto"', 'require "fileinto";\nfileinto "x";'),
        ('# mine\nfileinto "x";', 'Add require "fileinto"', '# mine\nrequire "fileinto";\nfileinto "x";'),
        ('require "copy";\nfileinto "x";', 'Add require "fileinto"', 'require ["copy", "fileinto"];\nfileinto "x";'),
        ('require ["copy"];\nfileinto "x";', 'Add require "fileinto"', 'require ["copy", "fileinto"];\nfileinto "x";'),
        ('require [];fileinto "x";', "", ""),
        ("discrd;", "Change to discard", "discard;"),
        ('require "filinto";', "Change to fileinto", 'require "fileinto";'),
        ('if header :cotains "a" "b" { keep; }', "Change to :contains", 'if header :contains "a" "b" { keep; }'),
    ],
)
def test_a_repair_mends(source: str, title: str, mended: str) -> None:
    text = Text(source)
    found = {
        repair.title: applied(source, [repair.edit]) for each in shown(text, USER) for repair in repairs(text, each)
    }
    assert found.get(title, "") == mended


def test_a_misspelled_name_in_an_expression_is_mended() -> None:
    source = 'let "score" "1"; let "b" "1 + scoer";'
    (each,) = shown(Text(source), TRUSTED)
    (repair,) = repairs(Text(source), each)
    assert applied(source, [repair.edit]) == 'let "score" "1"; let "b" "1 + score";'


def test_an_empty_text_can_require() -> None:
    assert applied("", [requiring("", "copy")]) == 'require "copy";\n'


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_text_can_be_judged(words: list[str]) -> None:
    text = Text("".join(words))
    for each in shown(text, USER):
        assert 0 <= each.span.begin <= each.span.end <= len(text.source)
        for repair in repairs(text, each):
            assert applied(text.source, [repair.edit]) != text.source
