"""What test files cannot say of ihave: when it is answered, and what it leaves in the code."""

from __future__ import annotations

import pytest

from sieve import USER, CompileError, Dialect, compile_text, load_script
from sieve.extensions import ALL

FOREIGN = 'require "ihave"; if ihave "vnd.example.x" { frobnicate :x "y" { keep; } } else { discard; }'


def test_words_that_are_not_reached_do_nothing(decide):
    assert [action.name for action in decide(FOREIGN).actions] == ["discard"]


def test_the_error_names_the_word_and_its_place(decide):
    error = decide('require "ihave";\nif not ihave "vnd.example.x" {\n  frobnicate; }').error
    assert error.message == "unknown command 'frobnicate'"
    assert error.place[1:] == (3, 3)


@pytest.mark.parametrize(
    "line",
    [
        'fileinto "x";',
        'redirect :copy "a@b.example";',
        'if header :comparator "i;nothing" "subject" "x" { keep; }',
        'if header :regex "subject" "x" { keep; }',
        "if glorious { keep; }",
    ],
)
def test_each_kind_of_foreign_word_waits(decide, line):
    result = decide(f'require "ihave"; if not ihave "vnd.example.x" {{ {line} }}')
    assert result.error is not None


def test_without_a_missing_capability_faults_are_faults():
    with pytest.raises(CompileError):
        compile_text('require "ihave"; if ihave "fileinto" { frobnicate; }')


def test_where_nothing_needs_to_be_required_faults_are_faults():
    dialect = Dialect("all", ALL, requires_optional=True)
    with pytest.raises(CompileError):
        compile_text("frobnicate;", "t", dialect)


def test_the_trace_shows_the_test_as_it_was_written(decide):
    trace = decide('require "ihave"; if ihave ["body", "vnd.example.x"] { keep; }').trace
    assert 'if ihave ["body", "vnd.example.x"] -> no' in str(trace)


def test_stored_code_has_the_answers(decide):
    script = compile_text(FOREIGN, "t")
    assert load_script(script.marshal(), FOREIGN, "t", USER) is not None


def test_an_included_script_has_capabilities_of_its_own(decide):
    scripts = {("personal", "inner"): 'require "ihave"; fileinto "x";'}
    result = decide('require ["include", "ihave", "fileinto"]; include "inner";', scripts=scripts)
    assert "fileinto" in str(result.error)
