"""The code that expressions become: nothing of the script is ever a name in it, and both variants decide alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import TRUSTED, TRUSTED_LIMITS, Host, Limits, Script, compile_text, load_script
from sieve.message import parse

Run = Callable[..., Any]
OURS = {
    *("script", "run", "views", "frame", "shared", "tick", "trace", "variables", "budget", "lease", "settle", "at"),
    *("globals", "get", "set", "begin", "end", "seen", "capture", "match", "text", "choose", "enter", "leave"),
}
SOURCE = """
let "__import__" "'os'";
let "a" "to_lowercase('__class__') + header.x-system.attr.__globals__ + t.exec";
if eval "a == 'eval' || count([a, '__builtins__'])" { set "open" "${__import__} ${header.__dict__}"; }
while "contains(open, 'x')" { break; }
""".replace('set "open"', 'set :local "open"')


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


@pytest.mark.parametrize("traced", [False, True])
def test_no_word_of_the_script_becomes_a_name(traced: bool) -> None:
    unit = Script("x", SOURCE, TRUSTED)._compiled(traced=traced)
    names = {name for code in codes(unit.code) for name in (*code.co_names, *code.co_varnames, *code.co_freevars)}
    assert {name for name in names if not re.fullmatch(r"p\d+|none\d+|each", name)} <= OURS


def test_known_types_need_no_call() -> None:
    code = compile_text('let "a" "count(header.to[*]) > 1 && count_chars(body.text) * 2 < 5";', "x", TRUSTED).dump()
    assert re.search(r"variables\['a'\] = .*p\d\(run, .*\) > 1", code)
    assert "p4(p3(run, p2(run)) * 2) < 5" in code  # p4 keeps it within 64 bits


def test_stored_code_runs_the_same() -> None:
    script = compile_text('let "a" "count(header.to[*].addr[*])"; if eval "a == 2" { discard; }', "x", TRUSTED)
    loaded = load_script(script.marshal(), script.source, "x", TRUSTED)
    assert loaded is not None
    message = parse(b"To: a@b.c, d@e.f\r\n\r\n")
    assert loaded.run(message, Host()).actions == script.run(message, Host()).actions


EXPRESSIONS = st.sampled_from(
    ["a", "b + 1", "a + b", "[a, b]", "a - b", "a[b]", "header.subject + a", "a == b || t.x", "-b", "!a", "count(a)",
     "b / 2", "t.x + 1", "trim(a)", "header.to[*].addr[*]", "a && b", "split(a, 'l')", "var_names()"]
)  # fmt: skip
SIMPLE = st.one_of(
    st.builds(lambda n, e: f'let "{n}" "{e}";', st.sampled_from(["a", "b", "t.x", "global.y"]), EXPRESSIONS),
    st.builds(lambda n: f'set "{n}" "${{a}}-${{b}}${{t.x}}";', st.sampled_from(["a", "t.x"])),
    st.sampled_from(['eval "a + 1";', "keep;", 'set :upper :replace "L" "1" "b" "hello";', "stop;"]),
)
BLOCKS = st.recursive(
    st.lists(SIMPLE, max_size=3).map(" ".join),
    lambda inner: st.builds(
        lambda head, body, tail: f"{head} {{ {body} {tail} }}",
        st.builds(lambda e: f'if eval "{e}"', EXPRESSIONS) | st.builds(lambda e: f'while "{e}"', EXPRESSIONS),
        inner,
        st.sampled_from(["", "keep;", 'let "b" "b - 1";']),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(blocks=st.lists(BLOCKS, min_size=1, max_size=3))
def test_both_variants_of_random_scripts_decide_alike(blocks: list[str], run: Run) -> None:
    source = 'let "a" "\'hello\'"; let "b" "3"; ' + " ".join(blocks)
    limits = Limits(instructions=3000, variable_octets=10_000, array_items=1000, actions=TRUSTED_LIMITS.actions)
    plain, traced = run(source, limits=limits), run(source, limits=limits, traced=True)
    assert str(plain.error) == str(traced.error)
    if plain.error is None:
        assert repr(plain.variables) == repr(traced.variables)
        assert repr(plain.tags) == repr(traced.tags)
        assert plain.actions == traced.actions
