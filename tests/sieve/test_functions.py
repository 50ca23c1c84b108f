"""How a Python function becomes a function of the language: its signature says what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from sieve import TRUSTED, CompileError, Dialect, Host, HostFailure, compile_text
from sieve.coercion import Array, Typed
from sieve.errors import Place
from sieve.message import Overlay, parse
from sieve.runtime import Run
from sieve.spec import Extension

plugins = Extension("vnd.example.plugins", "this test")


@plugins.function()
def shown(text: str, number: int, real: float, items: Array, any_: Typed) -> str:
    """Everything that it was given."""
    return repr((text, number, real, items, any_))


@plugins.function(maps=True)
def longer(text: str, than: int = 1) -> bool:
    return len(text) > than


@plugins.function()
def ask(run: Run, question: str) -> Typed:
    answer: Any = run.host.ask(question)
    return answer  # type: ignore[no-any-return]


@plugins.function()
def nothing() -> Array:
    return ()


DIALECT = Dialect("plugins", (*TRUSTED.extensions, plugins), TRUSTED.limits, trusted=True, requires_optional=True)


class Oracle(Host):
    def ask(self, question: object) -> object:
        if question == "fail":
            raise HostFailure("the oracle is away")
        return {"none": None, "yes": True, "list": ["a", 1, [2.5]], "octets": b"x"}.get(str(question))


def value_of(expression: str) -> object:
    script = compile_text(f'let "t.r" "{expression}";', "test", DIALECT)
    run = script.prepare(Overlay(parse(b"\r\n")), Oracle())
    error = script.execute(run)
    if error:
        raise error
    return run.globals["r"]


def test_what_is_given_is_made_what_is_taken() -> None:
    assert value_of("shown(5, '7.9', '1.5', 'x', 'y')") == "('5', 7, 1.5, ('x',), 'y')"
    assert value_of("shown(['a', 1], [], 'x', '', [1])") == "('a\\r\\n1', 0, 0, (), (1,))"


def test_a_default_makes_an_argument_optional() -> None:
    assert (value_of("longer('ab')"), value_of("longer('ab', 2)")) == (1, 0)
    with pytest.raises(CompileError, match="takes 1 to 2 arguments, but 3 are given"):
        value_of("longer('ab', 2, 3)")


def test_a_function_that_maps_is_applied_to_each_item() -> None:
    assert value_of("longer(['a', 'bc'])") == (0, 1)


def test_a_function_may_take_nothing() -> None:
    assert value_of("nothing()") == ()
    assert str(DIALECT.vocabulary.functions["nothing"]) == "nothing()"


def test_an_answer_of_the_host_becomes_a_value() -> None:
    answers = [value_of(f"ask('{word}')") for word in ("none", "yes", "list", "octets")]
    assert answers == ["", 1, ("a", 1, (2.5,)), "x"]


def test_a_function_that_asks_is_not_worked_out_beforehand() -> None:
    assert "'ask'" in compile_text('let "a" "ask(\'yes\')";', "test", DIALECT).dump()


def test_a_host_that_fails_ends_the_script_at_the_call() -> None:
    with pytest.raises(HostFailure) as caught:
        value_of("1 + ask('fail')")
    assert caught.value.place == Place("test", 1, 16)


def test_a_function_knows_what_it_is() -> None:
    function = DIALECT.vocabulary.functions["shown"]
    assert str(function) == "shown(text: text, number: integer, real: number, items: array, any_: value)"
    assert (function.about, function.result, function.pure) == ("Everything that it was given.", "text", True)
