"""The parts of a script."""

from __future__ import annotations

from sieve.tools.lsp.outline import outline


def names(source: str) -> list[tuple[str, str]]:
    return [(part.kind, part.name) for part in outline(source)]


def test_tests_have_their_names() -> None:
    assert names('require "x";\ntest "one" { keep; }\ntest "two" { if true { stop; } }') == [
        ("test", "one"),
        ("test", "two"),
    ]


def test_rules_are_called_as_the_comment_above_them() -> None:
    assert names('require "x";\n\n# Lists\nif true { keep; }\n/* The boss */\nif true { stop; }\nif false { }') == [
        ("rule", "Lists"),
        ("rule", "The boss"),
    ]


def test_the_mark_of_rule_editors_is_no_part_of_the_name() -> None:
    assert names("# rule:[Spam]\nif true { discard; }") == [("rule", "Spam")]


def test_a_comment_behind_a_command_names_nothing() -> None:
    assert names("keep; # fine\ndiscard;") == []


def test_only_the_nearest_comment_counts() -> None:
    assert names("# All about me\n\n# Lists\nif true { keep; }") == [("rule", "Lists")]


def test_a_rule_goes_on_with_its_other_branches() -> None:
    source = "# A\nif true { keep; }\nelsif false { stop; }\nelse { discard; }\nkeep;"
    (part,) = outline(source)
    assert source[slice(*part.span)].endswith("else { discard; }")


def test_a_text_that_is_not_finished_has_parts() -> None:
    assert names('# A\nif true { keep; }\n# B\nif header "') == [("rule", "A"), ("rule", "B")]
