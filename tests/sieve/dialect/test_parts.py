"""References and functions within ``foreverypart``: what is said of the part under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def collected(run: Run, expression: str) -> object:
    return run(f'let "l" "[]"; foreverypart {{ let "l" "l + [{expression}]"; }}').variables["l"]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("header.content-type.type + '/' + header.content-type.subtype",
         ("multipart/mixed", "text/plain", "text/html", "application/octet-stream")),
        ("header.content-type.attr.charset", ("", "utf-8", "", "")),
        ("header.subject.exists", (1, 0, 0, 0)),
        ("is_attachment()", (0, 0, 0, 1)),
        ("is_body()", (0, 1, 1, 0)),
        ("attachment_name()", ("", "", "", "setup.EXE")),
        ("trim(part.text)", ("", "Hello Bob", "<p>Hello <b>Bob</b></p>", "")),
        ("starts_with(part.raw, 'TVqQ')", (0, 0, 0, 1)),
        ("is_header_utf8_valid('x-bad')", (1, 1, 1, 1)),
        ("body.text", ("Hello Bob",) * 4),
    ],
)  # fmt: skip
def test_each_part_has_its_own_header_and_content(run: Run, expression: str, values: object) -> None:
    assert collected(run, expression) == values


def test_behind_the_loop_the_message_is_meant_again(run: Run) -> None:
    script = 'foreverypart { let "a" "header.subject"; } let "b" "header.from.name";'
    assert run(script).variables["b"] == "Ann Other"


def test_a_break_leaves_the_loop_over_parts(run: Run) -> None:
    script = 'let "n" "0"; foreverypart { let "n" "n + 1"; if eval "n == 2" { break; } }'
    assert run(script).variables["n"] == 2


def test_loops_of_both_kinds_stand_in_each_other(run: Run) -> None:
    script = """
        let "l" "[]";
        foreverypart :name "parts" {
          let "i" "2";
          while "i" {
            let "i" "i - 1";
            if eval "header.content-type.subtype == 'html'" { break :name "parts"; }
            if eval "i == 0" { continue; }
            let "l" "l + header.content-type.subtype";
          }
        }"""
    assert run(script).variables["l"] == ("mixed", "plain")


def test_an_edit_is_seen(run: Run) -> None:
    script = (
        'let "a" "header.subject"; deleteheader "subject"; let "b" "header.subject.exists"; addheader "X-New" "n"; '
    )
    variables = run(script + 'let "c" "header.x-new";').variables
    assert (variables["a"], variables["b"], variables["c"]) == ("Grüße from   Berlin", 0, "n")


def test_extracttext_gives_a_variable(run: Run) -> None:
    script = 'let "l" "[]"; foreverypart { extracttext :replace "Bob" "you" "t"; let "l" "l + trim(t)"; }'
    assert run(script).variables["l"] == ("", "Hello you", "<p>Hello <b>you</b></p>", "")
