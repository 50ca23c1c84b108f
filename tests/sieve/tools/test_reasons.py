"""explain, read by a person who never saw the script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sieve import TRUSTED, USER, Dialect
from sieve.tools import explain
from sieve.tools.answer import FAILED

MAIL = b"From: ann@example.org\nTo: bob@example.net\nSubject: [web#118] Login broken\n\nIt is.\n"


def explained(folder: Path, script: str, dialect: Dialect = USER) -> list[str]:
    """The lines, without the count of steps."""
    (folder / "s.sieve").write_text(script)
    (folder / "m.eml").write_bytes(MAIL)
    text = explain(folder / "s.sieve", folder / "m.eml", dialect=dialect).text
    return text.replace(f"{folder}/", "").splitlines()[:-1]


def test_the_worked_example(folder: Path) -> None:
    """SPEC-SIEVE section 6.1."""
    assert explained(
        folder,
        'require ["fileinto","variables","regex"];\n'
        'if header :regex "subject" "^\\\\[(\\\\w+)#([0-9]+)\\\\]" {\n'
        '  set :upper "proj" "${1}";\n'
        '  fileinto "Tickets.${proj}";\n'
        "}\n",
    ) == [
        'fileinto "Tickets.WEB"   (s.sieve:4)',
        '├─ if, line 2: header :regex "subject" ["[web#118] Login broken"] with ["^\\[(\\w+)#([0-9]+)\\]"] -> yes'
        '  0="[web#118]" 1="web" 2="118"',
        '└─ ${proj} is "WEB", line 3: set :upper "proj" "${1}"',
        '   └─ ${1} is "web", line 2',
    ]


def test_conditions_stand_from_the_outermost_to_the_innermost(folder: Path) -> None:
    assert explained(folder, 'if exists "to" {\nif exists "from" {\nif true {\ndiscard; } } }') == [
        "discard   (s.sieve:4)",
        '├─ if, line 1: exists "to" -> yes',
        '├─ if, line 2: exists "from" -> yes',
        "└─ if, line 3: true -> yes",
    ]


def test_what_came_before_an_else_is_part_of_the_reason(folder: Path) -> None:
    assert explained(folder, 'if exists "x" { keep; }\nelsif exists "y" { stop; }\nelse { discard; }') == [
        "discard   (s.sieve:3)",
        '├─ if, line 1: exists "x" -> no',
        '├─ elsif, line 2: exists "y" -> no',
        "└─ else, line 3",
    ]


def test_a_condition_of_several_tests_is_a_tree(folder: Path) -> None:
    script = 'if allof (not exists "x", anyof (exists "from", exists "to"), not allof (exists "a", true)) { discard; }'
    assert explained(folder, script) == [
        "discard   (s.sieve:1)",
        "└─ if, line 1: all of -> yes",
        '   ├─ not (exists "x" -> no) -> yes',
        "   ├─ any of -> yes",
        '   │  ├─ exists "from" -> yes',
        "   │  └─ the test in line 1, column 49: not asked",
        "   └─ not -> yes",
        "      └─ all of -> no",
        '         ├─ exists "a" -> no',
        "         └─ true -> yes",
    ]


def test_rules_that_did_not_apply_are_told(folder: Path) -> None:
    assert explained(folder, 'if exists "x" { discard; }\nif header :is "subject" "y" { stop; }') == [
        "implicit keep",
        "└─ nothing that was decided takes the place of it",
        "did not apply:",
        '├─ if, line 1: exists "x" -> no',
        '└─ if, line 2: header :is "subject" ["[web#118] Login broken"] with ["y"] -> no',
    ]


def test_what_an_included_script_did_names_the_include(folder: Path) -> None:
    (folder / "sub.sieve").write_text('if exists "from" { discard; }')
    assert explained(folder, 'require "include"; if exists "to" {\ninclude "sub"; }') == [
        "discard   (sub.sieve:1)",
        '├─ if, line 1: exists "to" -> yes',
        '├─ include "sub", line 2',
        '└─ if, line 1: exists "from" -> yes',
    ]


def test_what_comes_after_an_include_is_not_within_it(folder: Path) -> None:
    (folder / "sub.sieve").write_text('require "include"; if exists "from" { return; }')
    assert explained(folder, 'require "include"; include "sub";\ndiscard;') == ["discard   (s.sieve:2)"]


def test_an_error_has_its_reasons_too(folder: Path) -> None:
    script = 'require "variables"; set "a" "nobody"; if exists "to" { redirect "${a}"; }'
    assert explained(folder, script) == [
        "error: s.sieve:1:57: redirect: address 'nobody' is invalid",
        '├─ if, line 1: exists "to" -> yes',
        '└─ ${a} is "nobody", line 1: set "a" "nobody"',
        "implicit keep",
        "└─ the script failed: what it had decided before does not count",
    ]
    assert explain(folder / "s.sieve", folder / "m.eml").code == FAILED


def test_each_pass_of_a_loop_has_reasons_of_its_own(folder: Path) -> None:
    script = 'let "i" "2"; while "i > 0" {\nif eval "i == 1" { redirect "a@example.org"; }\nlet "i" "i - 1"; }'
    lines = explained(folder, script, TRUSTED)
    assert lines[:2] == ['redirect "a@example.org"   (s.sieve:2)', '└─ if, line 2: eval "i == 1" -> yes  i=1']


def test_a_jump_out_of_a_branch_ends_it(folder: Path) -> None:
    script = 'while "1" {\nif exists "to" { break; } }\nif exists "from" { discard; }'
    assert explained(folder, script, TRUSTED) == ["discard   (s.sieve:3)", '└─ if, line 3: exists "from" -> yes']


def test_programs_get_the_same_tree(folder: Path) -> None:
    explained(folder, 'if allof (exists "to", not exists "x") { discard; }')
    (action,) = explain(folder / "s.sieve", folder / "m.eml").value["actions"]
    (branch,) = action["because"]
    condition: dict[str, Any] = branch["condition"]
    assert (branch["what"], branch["line"], condition["what"], condition["result"]) == ("if", 1, "allof", True)
    assert [(each["what"], each["result"]) for each in condition["because"]] == [("test", True), ("not", True)]
    assert condition["because"][0]["name"] == 'exists "to"'
