"""Where the word at ``|`` comes from."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from sieve.tools.lsp.definitions import Target, definition
from sieve.tools.lsp.language import Language, by_name, trusted

USER = by_name()(PurePath("a.sieve"))
TRUSTED = trusted()(PurePath("a.sieve"))
TESTS = by_name()(PurePath("a.svtest"))


def found(text: str, language: Language = USER) -> Target | None:
    before, _, after = text.partition("|")
    return definition(before + after, len(before), language)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('include "in|ner";', "inner.sieve"),
        ('include :global "al|l";', "global/all.sieve"),
        ('include :once :personal "in|ner";', "inner.sieve"),
    ],
)
def test_an_included_script_is_a_file(text: str, path: str) -> None:
    assert found(text) == Target(0, path)


def test_a_script_under_test_is_a_file() -> None:
    assert found('if not test_script_compile "op|s.sieve" { test_fail "x"; }', TESTS) == Target(0, "ops.sieve")


def test_a_variable_comes_from_its_first_value() -> None:
    assert found('set "a" "1"; set "a" "2"; fileinto "x.${|a}";') == Target(4)


def test_a_variable_in_an_expression_too() -> None:
    assert found('let "a" "1"; let "b" "1 + |a";', TRUSTED) == Target(4)


@pytest.mark.parametrize("text", ['fileinto "x.${|a}";', "ke|ep;", "|", 'include "|'])
def test_what_has_no_origin_has_none(text: str) -> None:
    assert found(text) is None
