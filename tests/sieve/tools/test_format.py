"""One shape for each script; what it says, and its comments, stay."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import CompileError, parser
from sieve.tools import formatted

REPOSITORY = Path(__file__).parents[3]
SHAPES = Path(__file__).parent / "shapes"


def meaning(node: Any) -> Any:
    """A tree without places."""
    if isinstance(node, tuple) and not hasattr(node, "_fields"):
        return tuple(map(meaning, node))
    if is_dataclass(node):
        return type(node), *(meaning(getattr(node, f.name)) for f in fields(node) if f.compare and f.name != "position")
    return node


def comments(source: str) -> list[str]:
    pieces = parser.pieces(source)
    return [str(piece).rstrip() for piece in pieces if piece.type in ("HASH", "BRACKET")]


@pytest.mark.parametrize("path", sorted(SHAPES.glob("*.sieve")), ids=lambda path: path.stem)
def test_each_shape_is_what_its_file_says(path: Path) -> None:
    """Above a line of dashes what was written, below it what is made of it."""
    before, after = re.split(r"^# -{20,}\n", path.read_text(), maxsplit=1, flags=re.MULTILINE)
    assert formatted(before) == after


# Scripts with blanks and comments wherever the grammar has a place for them.

_BETWEEN = st.sampled_from(
    [" ", " ", " ", "\n", "\n\n\n", "\t", " # one\n", "\n  # two\n", " /* three */ ", "\n/* a\n b */\n"]
)
_STRING = st.sampled_from(['"a"', '"b\\"c # no"', '"Ünï"', "text:\na\n..b\n.\n", "text: # c\n.\n", f'"{"long " * 12}"'])
_LIST = st.lists(_STRING, min_size=1, max_size=4).map(lambda items: ["[", *",".join(["\0"] * len(items)), "]", items])


def _filled(parts: list[Any]) -> list[str]:
    *tokens, items = parts
    waiting = iter(items)
    return [next(waiting) if token == "\0" else token for token in tokens]


_ARGUMENT = st.one_of(
    _STRING.map(lambda text: [text]), _LIST.map(_filled), st.sampled_from([[":Is"], [":over"], ["100k"], ["7"]])
)
_ARGUMENTS = st.lists(_ARGUMENT, max_size=3).map(lambda each: [token for part in each for token in part])
_LEAF = st.tuples(st.sampled_from(["header", "EXISTS", "true"]), _ARGUMENTS).map(lambda each: [each[0], *each[1]])


def _anyof(tests: list[list[str]]) -> list[str]:
    inner = [token for test in tests for token in (",", *test)]
    return ["anyof", "(", *inner[1:], ")"]


_TEST = st.recursive(
    _LEAF,
    lambda inner: inner.map(lambda test: ["not", *test]) | st.lists(inner, min_size=1, max_size=3).map(_anyof),
    max_leaves=6,
)
_PLAIN = st.tuples(st.sampled_from(["keep", "Fileinto", "vacation"]), _ARGUMENTS).map(lambda c: [c[0], *c[1], ";"])


def _block(commands: list[list[str]]) -> list[str]:
    return ["{", *(token for command in commands for token in command), "}"]


_COMMAND = st.recursive(
    _PLAIN,
    lambda inner: st.tuples(st.sampled_from(["if", "elsif"]), _TEST, st.lists(inner, max_size=3), st.booleans()).map(
        lambda c: [c[0], *c[1], *_block(c[2]), *(["else", *_block(c[2])] if c[3] else [])]
    ),
    max_leaves=6,
)


@st.composite
def scripts(draw: st.DrawFn) -> str:
    tokens = [token for command in draw(st.lists(_COMMAND, max_size=4)) for token in command]
    return "".join(draw(_BETWEEN) + token for token in tokens) + draw(_BETWEEN)


@given(source=scripts())
@settings(max_examples=300, deadline=None)
def test_the_script_and_its_comments_stay(source: str) -> None:
    result = formatted(source)
    assert meaning(parser.parse(result)) == meaning(parser.parse(source))
    assert sorted(comments(result)) == sorted(comments(source))


@given(source=scripts())
@settings(max_examples=300, deadline=None)
def test_what_is_formatted_twice_is_the_same(source: str) -> None:
    once = formatted(source)
    assert formatted(once) == once


@given(source=scripts())
@settings(max_examples=100, deadline=None)
def test_no_line_of_ours_ends_with_a_blank(source: str) -> None:
    without = re.sub(r"(?s)/\*.*?\*/", "comment", formatted(source))
    assert [line for line in without.splitlines() if line != line.rstrip() and '"' not in line] == []


@pytest.mark.parametrize("folder", ["etc/policy", "tests/svtest"])
def test_the_scripts_of_this_project_keep_their_meaning(folder: str) -> None:
    seen = 0
    for path in sorted((REPOSITORY / folder).rglob("*.s*")):
        source = path.read_bytes().decode("utf-8", "replace")
        try:
            tree = parser.parse(source)
        except CompileError:
            continue
        once = formatted(source)
        assert (meaning(parser.parse(once)), formatted(once)) == (meaning(tree), once), path
        seen += 1
    assert seen > 5


def test_line_ends_stay_those_of_the_script() -> None:
    assert formatted("keep;\r\nif true {stop;}\r\n") == "keep;\r\nif true {\r\n    stop;\r\n}\r\n"


def test_a_mark_of_the_byte_order_stays() -> None:
    assert formatted("\ufeffkeep ;") == "\ufeffkeep;\n"


def test_an_empty_script_stays_empty() -> None:
    assert formatted(" \n\n") == ""


def test_a_script_with_errors_is_refused() -> None:
    with pytest.raises(CompileError, match="unexpected"):
        formatted("if true { keep; ]")


def test_no_depth_of_nesting_overflows_the_stack() -> None:
    source = f"if {'not anyof (true, ' * 5000}true{')' * 5000} {{}}"
    assert formatted(source).count("anyof") == 5000
