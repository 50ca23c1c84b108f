"""Counted runs put beside the script."""

from __future__ import annotations

import pytest

from sieve import TRUSTED, USER, Dialect, Host, checker, compile_text, parser
from sieve.message import parse
from sieve.testing.coverage import Counted, Covered, Hits, covered, of_dict, shown

MAIL = b"From: a@example.org\r\nSubject: x\r\n\r\ny\r\n"


def measured(source: str, dialect: Dialect = USER, mails: tuple[bytes, ...] = (MAIL,)) -> Covered:
    script, hits = compile_text(source, "s", dialect), Hits()
    for mail in mails:
        plain, counted = (script.run(parse(mail), Host(), probe=probe) for probe in (None, Counted(hits)))
        assert (plain.actions, str(plain.error)) == (counted.actions, str(counted.error))
    statements = checker.check(parser.parse(source, controls=dialect.trusted), dialect)
    return covered("s", source, statements, hits)


def ways(found: Covered) -> list[tuple[str, int]]:
    return [(way.name, way.taken) for way in found.ways]


def test_lines_that_do_something_are_counted() -> None:
    found = measured('# nothing\nkeep;\nif exists "from" {\n  stop;\n}\ndiscard;\n')
    assert found.lines == {2: 1, 3: 1, 4: 1, 6: 0}


def test_each_branch_is_a_way_and_so_is_none() -> None:
    found = measured('if exists "x" { keep; } elsif exists "from" { keep; }\nif exists "x" { keep; }')
    assert ways(found) == [("if", 0), ("no branch", 0), ("elsif", 1), ("if", 0), ("no branch", 1)]


def test_where_there_is_an_else_one_branch_is_always_taken() -> None:
    assert ways(measured('if exists "x" { keep; } else { discard; }')) == [("if", 0), ("else", 1)]


def test_several_runs_add_up() -> None:
    found = measured('if exists "x" { keep; }', mails=(MAIL, MAIL, b"X: y\r\n\r\n"))
    assert ways(found) == [("if", 1), ("no branch", 2)]


def test_an_empty_branch_is_taken_too() -> None:
    assert ways(measured('if exists "from" {}')) == [("if", 1), ("no branch", 0)]


def test_a_long_chain_counts_each_branch_once() -> None:
    chain = "".join(f'{"els" * bool(n)}if exists "x{n}" {{ keep; }}\n' for n in range(120)) + "else { stop; }"
    found = measured(chain)
    assert sum(way.taken for way in found.ways) == 1
    assert len(found.ways) == 121


def test_passes_of_a_loop_are_counted() -> None:
    found = measured('let "i" "3";\nwhile "i > 0" {\nlet "i" "i - 1";\n}', TRUSTED)
    assert found.lines[3] == 3


def test_a_script_that_fails_is_covered_up_to_there() -> None:
    source = 'require "variables"; set "a" "b";\nredirect "${a}";\nkeep;'
    assert measured(source).lines == {1: 1, 2: 1, 3: 0}


def test_shown_tells_what_was_missed() -> None:
    found = measured(
        'if exists "x" {\nkeep;\nstop;\n}\nelsif exists "from" {\nkeep; }\n\nif exists "from" {\nstop; }\nkeep;'
    )
    assert shown([found]) == [
        "script  lines  branches  missed",
        "s         62%       40%  2-3, 10, 1 if, 1 no branch, 8 no branch",
        "total     62%       40%",
    ]


def test_almost_all_is_not_all() -> None:
    lines = "".join('if exists "from" {}\n' for _ in range(200))
    found = measured(f'{lines}if exists "x" {{\nkeep;\n}}')
    assert shown([found])[-1].split()[1] == "99%"


def test_what_was_saved_is_the_same() -> None:
    found = measured('if exists "x" { keep; }')
    assert of_dict(found.as_dict()) == found


@pytest.mark.parametrize("value", [{}, {"lines": 3}, {"file": "x", "source": "", "lines": {"a": 1}, "branches": []}])
def test_what_is_no_coverage_is_refused(value: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError, AttributeError, TypeError)):
        of_dict(value)
