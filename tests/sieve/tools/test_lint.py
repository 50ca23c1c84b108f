"""What lint says of scripts that are valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from sieve import TRUSTED, USER, CompileError, Dialect
from sieve.testing import suite
from sieve.tools import lint
from sieve.tools.rules import RULES

REPOSITORY = Path(__file__).parents[3]
NEEDED = (
    'require ["relational", "variables", "regex", "imap4flags", "fileinto", "include", "comparator-i;ascii-numeric"];'
)
ALL_USED = (
    'addflag "\\\\Flagged"; fileinto "x"; include :optional "x"; if anyof (header :regex "a" "b", '
    'header :value "gt" :comparator "i;ascii-numeric" "a" "1", header "a" "${1}") { keep; }'
)


def said(script: str, dialect: Dialect = USER) -> list[tuple[int, str]]:
    """Line and rule of each warning; line 1 is that of the first line of the script."""
    return [(finding.position.line - 1, finding.code) for finding in lint(f"{NEEDED}\n{script}\n{ALL_USED}", dialect)]


def test_nothing_is_said_of_a_good_script() -> None:
    assert said("") == []


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ('if exists "a" { stop; keep; }', "unreachable"),
        ('if exists "a" { return; keep; }', "unreachable"),
        ('if exists "a" { if exists "b" { stop; } else { discard; stop; } keep; }', "unreachable"),
        ("if true { keep; }", "constant-test"),
        ("if not false { keep; }", "constant-test"),
        ('if string "a" "b" { keep; }', "constant-test"),
        ('if anyof (exists "a", string :matches "abc" "a*") { keep; }', "constant-test"),
        ('if allof (exists "a", false) { keep; }', "constant-test"),
        ('if exists "a" { keep; } elsif exists "b" { stop; } elsif exists "a" { discard; }', "duplicate-test"),
        ('if header :count "gt" "received" "5" { keep; }', "numeric"),
        ('if header :value "gt" "x-score" ["5", "10"] { keep; }', "numeric"),
        ('fileinto "{$box}";', "swapped-reference"),
        ('set "a" "1";', "unused-variable"),
        ('set "a" "1"; set "a" "2"; fileinto "${a}";', "overwritten"),
        ('set "a" "1"; fileinto "${a}"; global "a";', "shadowed"),
        ('addflag "\\Seen";', "backslash"),
        ('fileinto :flags ["x", "\\seen \\\\Draft"] "x";', "backslash"),
        ('if header :regex "a" "(a{1,300}){1,3}" { keep; }', "regex-size"),
    ],
)
def test_each_rule_finds_its_fault(script: str, rule: str) -> None:
    assert said(script) == [(1, rule)]


@pytest.mark.parametrize(
    "script",
    [
        'if exists "a" { stop; } keep;',
        'if exists "a" { stop; } elsif exists "b" { stop; } keep;',
        'if string "${1}" "b" { keep; }',
        'if exists "a" { keep; } elsif exists "b" { keep; }',
        'if header :count "gt" :comparator "i;ascii-numeric" "received" "5" { keep; }',
        'if header :value "gt" "subject" "m" { keep; }',
        'set "a" "1"; set "a" "${a}2"; fileinto "${a}";',
        'set "a" "1"; if exists "x" { set "a" "2"; } fileinto "${a}";',
        'set "a" "1"; if exists "${a}" { keep; } set "a" "2"; fileinto "${a}";',
        'setflag "mine" "\\\\Seen"; if hasflag "mine" "\\\\Seen" { keep; }',
        'global "a"; set "a" "1";',
        'set "global.a" "1";',
        'addflag "\\\\Seen";',
        'if header :regex "a" "^(foo|ba[rz]){1,9}$" { keep; }',
    ],
)
def test_what_is_meant_is_left_alone(script: str) -> None:
    assert said(script) == []


def test_the_first_unreachable_statement_of_a_block_is_enough() -> None:
    assert said('if exists "a" { stop;\nkeep;\ndiscard; }') == [(2, "unreachable")]


def test_only_the_outermost_constant_test_is_named() -> None:
    assert said("if allof (true, not anyof (false, false)) { keep; }") == [(1, "constant-test")]


def test_a_capability_that_nothing_needs_is_told() -> None:
    findings = lint('require ["fileinto", "copy", "reject"];\nfileinto "a";')
    assert [(finding.position, finding.message) for finding in findings] == [
        ((1, 22), "the capability 'copy' is required but not used"),
        ((1, 30), "the capability 'reject' is required but not used"),
    ]


def test_a_tag_alone_makes_use_of_a_capability() -> None:
    assert lint('require ["fileinto", "copy"]; fileinto :copy "a";') == []


def test_a_capability_without_words_is_never_unused() -> None:
    assert lint('require "comparator-i;octet"; keep;') == []


def test_references_without_variables_are_told_with_the_line_to_add() -> None:
    (finding,) = lint('require "fileinto"; fileinto "a ${b}";')
    assert (finding.code, finding.position.column, finding.hint) == ("no-variables", 33, 'add: require "variables";')


def test_a_name_in_an_expression_reads_a_variable() -> None:
    assert lint('let "a" "1"; if eval "a > 0" { keep; }', TRUSTED) == []


def test_an_expression_that_is_a_constant_is_a_constant_test() -> None:
    assert [finding.code for finding in lint('if eval "1" { keep; }', TRUSTED)] == ["constant-test"]


def test_what_comes_after_continue_is_unreachable() -> None:
    script = 'let "a" "2"; while "a > 0" { let "a" "a - 1"; continue; keep; }'
    assert [finding.code for finding in lint(script, TRUSTED)] == ["unreachable"]


@pytest.mark.parametrize(
    "script",
    [
        "if true { keep; } # lint: off constant-test",
        "# lint: off constant-test\nif true { keep; }",
        "if true { keep; } # lint: off",
        "if true { keep; } # lint: off numeric, constant-test",
        "# lint: off-file constant-test\n\n\nif true { keep; }",
        "if true { keep; } # lint: off all",
    ],
)
def test_comments_switch_rules_off(script: str) -> None:
    assert lint(script) == []


def test_a_comment_behind_code_is_for_its_own_line_only() -> None:
    assert [finding.code for finding in lint("keep; # lint: off\nif true { stop; }")] == ["constant-test"]


def test_a_comment_in_a_string_is_none() -> None:
    assert len(lint('redirect "a@b.c"; if anyof (true, header "a" "# lint: off") { stop; }')) == 1


def test_switching_an_unknown_rule_off_is_told() -> None:
    (finding,) = lint("keep; # lint: off constant-tset")
    assert (finding.code, finding.hint) == ("lint", "did you mean 'constant-test'?")


def test_every_warning_has_the_severity_the_name_and_the_line() -> None:
    (finding,) = lint("if true\r\n{ stop; }", name="a.sieve")
    assert (finding.severity, finding.name, finding.source_line) == ("warning", "a.sieve", "if true")
    assert str(finding) == "a.sieve:1:4: warning: this test is always true [constant-test]"


def test_of_a_script_that_is_not_valid_the_errors_are_raised() -> None:
    with pytest.raises(CompileError, match=r"a\.sieve:1:1: unknown command 'kep'"):
        lint("kep;", name="a.sieve")


def test_the_readme_names_every_rule(readme: str) -> None:
    assert [rule for rule in RULES if f"| `{rule}` |" not in readme] == []


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "tests" / "svtest").rglob("*.svtest")), ids=lambda path: path.stem
)
def test_whatever_is_valid_can_be_linted(path: Path) -> None:
    findings = lint(path.read_text(), suite.testing_dialect(USER, USER.limits), path.name)
    assert {finding.severity for finding in findings} <= {"warning"}
    assert findings == sorted(findings, key=lambda finding: finding.position)
