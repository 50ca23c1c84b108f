from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import nodes
from sieve.errors import CompileError, Position
from sieve.parser import parse


def text_of(source: str) -> str:
    """The string argument of a script's only command."""
    (command,) = parse(source)
    (argument,) = command.arguments
    assert isinstance(argument, nodes.Text)
    return argument.value


def faults(source: str) -> list[str]:
    with pytest.raises(CompileError) as caught:
        parse(source)
    return [f"{f.position.line}:{f.position.column} {f.message}" for f in caught.value.findings]


def test_a_command_knows_its_arguments_tests_block_and_place() -> None:
    (command,) = parse('\n IF allof (a, b "x") { keep; }')
    assert (command.name, command.position) == ("if", Position(2, 2))
    assert command.tests[0].name == "allof"
    assert [test.name for test in command.tests[0].tests] == ["a", "b"]
    assert command.block is not None
    assert [inner.name for inner in command.block] == ["keep"]


def test_no_block_is_something_else_than_an_empty_one() -> None:
    assert [command.block for command in parse("a; b {}")] == [None, ()]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1", 1), ("2k", 2048), ("3M", 3 << 20), ("1G", 1 << 30), ("9223372036854775807", 2**63 - 1)],
)
def test_numbers_have_binary_units(written: str, meant: int) -> None:
    argument = parse(f"a {written};")[0].arguments[0]
    assert isinstance(argument, nodes.Number)
    assert argument.value == meant


def test_a_backslash_takes_the_next_character_as_it_is() -> None:
    assert text_of(r'a "b\"\\\n\x";') == 'b"\\nx'


def test_dots_of_a_multi_line_string_are_unstuffed_and_its_last_line_end_belongs_to_it() -> None:
    assert text_of("a text: # note\r\n..one\r\n.two\r\n.\r\n;") == ".one\r\n.two\r\n"


def test_a_multi_line_string_may_be_empty() -> None:
    assert text_of("a text:\n.\n;") == ""


def test_a_comment_may_stand_anywhere() -> None:
    assert text_of('a # one\n /* two\n ; */ "x" /**/ ;') == "x"


def test_a_missing_semicolon_names_the_command() -> None:
    assert faults("if true { keep }") == ["1:16 missing semicolon after the keep command"]


def test_all_errors_are_found_one_for_each_broken_command() -> None:
    source = 'keep;\n) x;\nfoo "x" [ ;\nif anyof(a ["b" "c"], size 10x) { bar ["a",]; }\n}\nkeep;'
    assert faults(source) == [
        "2:1 unexpected ')'; expected a command",
        "3:11 unexpected ';' in the foo command; expected a string",
        "4:17 unexpected string in the if command; expected ',' or ']'",
        "4:28 '10x' is no number: digits, and perhaps one of K, M or G",
        "4:44 unexpected ']' in the bar command; expected a string",
        "5:1 unexpected '}'; expected a command",
    ]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('keep "x', "string is never closed"),
        ("keep text:\nabc", "multi-line string is never closed"),
        ("/* keep;", "comment is never closed"),
        ("keep @;", "unexpected character '@'"),
        ("keep -1;", "'-1' is no number"),
        ("keep\0;", "unexpected character"),
        ("a {", "'}' is missing"),
        ("a [];", "expected a string"),
    ],
)
def test_each_error_has_its_own_words(source: str, words: str) -> None:
    assert words in faults(source)[0]


@pytest.mark.parametrize("opening", ["if (", "if not (", "a {", "a [", "if allof(not "])
def test_no_depth_of_nesting_overflows_the_stack(opening: str) -> None:
    with pytest.raises(CompileError):
        parse(opening * 20_000)


def test_a_flood_of_errors_is_cut_short() -> None:
    assert len(faults("@;" * 5000)) == 100


TOKENS = st.sampled_from(
    [
        "if",
        "not",
        "keep",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        ";",
        '"x"',
        ":t",
        "5",
        "5x",
        '"',
        "/*",
        "text:\n",
        "#",
        "\n",
    ]
)


@settings(max_examples=200)
@given(st.one_of(st.text(), st.lists(TOKENS).map(" ".join)))
def test_any_text_parses_or_ends_in_findings(source: str) -> None:
    try:
        parse(source)
    except CompileError as error:
        assert error.findings


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('a ["b"', "1:7 unexpected end of the script in the a command; expected ',' or ']'"),
        ("if true { keep;", "1:16 unexpected end of the script: '}' is missing"),
    ],
)
def test_a_script_that_ends_too_early_is_told_what_is_missing(source: str, fault: str) -> None:
    assert faults(source) == [fault]
