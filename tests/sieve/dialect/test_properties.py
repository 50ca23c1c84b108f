"""Random expressions: what compiled code makes of them is what the rules say, worked out here in the plainest way."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import TRUSTED, CompileError, compile_text
from sieve.expressions import Broken, parse

Value = Any
Tree = tuple[Any, ...]
TOP, BOTTOM = 2**63 - 1, -(2**63)


# -- the rules (SPEC-SIEVE 2.3, 2.4), one after the other


def clamp(number: int) -> int:
    return max(BOTTOM, min(TOP, number))


def num(value: Value) -> int | float:
    if isinstance(value, tuple):
        return 0
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    if re.fullmatch(r"[+-]?[0-9]+", value) and BOTTOM <= int(value) <= TOP:
        return int(value)
    number = r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[iI][nN][fF]|[nN][aA][nN])"
    return float(value) if re.fullmatch(number, value) else 0


def text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "\r\n".join(text(each) for each in value if not isinstance(each, tuple))
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    plain = format(Decimal(repr(value)), "f")
    return plain[:-2] if plain.endswith(".0") else plain


def order(left: Value, right: Value) -> int | None:
    """-1, 0, 1; None if there is no order."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        for one, other in zip(left, right, strict=False):
            if order(one, other) != 0:
                return order(one, other)
        return order(len(left), len(right))
    if isinstance(left, tuple) or isinstance(right, tuple):
        return 1 if isinstance(left, tuple) else -1
    if isinstance(left, str) and isinstance(right, str):
        one, other = left.encode(), right.encode()
        return (one > other) - (one < other)
    a, b = num(left), num(right)
    if a != a or b != b:
        return None
    return (a > b) - (a < b)


def same(left: Value, right: Value) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, tuple) or isinstance(right, tuple):
        return False
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return num(left) == num(right)


def arithmetic(result: int | float) -> int | float:
    return clamp(result) if isinstance(result, int) else result


def add(left: Value, right: Value) -> Value:
    if isinstance(left, tuple) or isinstance(right, tuple):
        return (left if isinstance(left, tuple) else (left,)) + (right if isinstance(right, tuple) else (right,))
    if isinstance(left, str) or isinstance(right, str):
        if left == "":
            return right
        return left if right == "" else text(left) + text(right)
    return arithmetic(left + right)


def subtract(left: Value, right: Value) -> Value:
    if isinstance(left, tuple):
        gone = right if isinstance(right, tuple) else (right,)
        return tuple(each for each in left if not any(same(each, other) for other in gone))
    if isinstance(right, tuple):
        return tuple(each for each in right if not same(each, left))
    return arithmetic(num(left) - num(right))


def item(value: Value, place: Value) -> Value:
    items = value if isinstance(value, tuple) else () if value == "" else (value,)
    number = num(place)
    if math.isnan(number):
        number = 0
    index = int(number) if math.isfinite(number) else -1
    return items[index] if 0 <= index < len(items) else ""


BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "+": add,
    "-": subtract,
    "*": lambda a, b: arithmetic(num(a) * num(b)),
    "/": lambda a, b: float(num(a) / num(b)) if num(b) else 0.0,
    "==": lambda a, b: int(same(a, b)),
    "!=": lambda a, b: int(not same(a, b)),
    "<": lambda a, b: int(order(a, b) == -1),
    "<=": lambda a, b: int(order(a, b) in (-1, 0)),
    ">": lambda a, b: int(order(a, b) == 1),
    ">=": lambda a, b: int(order(a, b) in (0, 1)),
    "^": lambda a, b: int(bool(a) != bool(b)),
}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "count": lambda v: len(v) if isinstance(v, tuple) else int(v != ""),
    "is_empty": lambda v: int(v in ("", ())),
    "is_number": lambda v: int(not isinstance(v, str | tuple)),
    "to_uppercase": lambda v: tuple(text(e).upper() for e in v) if isinstance(v, tuple) else text(v).upper(),
    "winnow": lambda v: tuple(e for e in (v if isinstance(v, tuple) else (v,)) if e != ""),
    "count_chars": lambda v: len(text(v)),
}


def walk(tree: Tree) -> Value:
    match tree:
        case ("value", value):
            return value
        case ("items", items):
            return tuple(map(walk, items))
        case ("item", of, place):
            return item(walk(of), walk(place))
        case ("not", operand):
            return int(not walk(operand))
        case ("negative", operand):
            return arithmetic(-num(walk(operand)))
        case ("call", name, operand):
            return FUNCTIONS[name](walk(operand))
        case ("&&", left, right):
            return walk(left) and int(bool(walk(right)))
        case ("||", left, right):
            return walk(left) or int(bool(walk(right)))
        case (symbol, left, right):
            return BINARY[symbol](walk(left), walk(right))
    raise AssertionError(tree)


# -- as they are written


def literal(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"(0 - {-value})" if value < 0 else str(value)


class Writer:
    """Writes a tree; with ``names``, each value is a variable, so that nothing is known before the script runs."""

    def __init__(self, *, names: bool) -> None:
        self.names, self.values = names, list[str]()

    def written(self, tree: Tree) -> str:
        match tree:
            case ("value", value):
                return self._value(value)
            case ("items", items):
                return f"[{', '.join(map(self.written, items))}]"
            case ("item", of, place):
                return f"({self.written(of)})[{self.written(place)}]"
            case ("not", operand):
                return f"!({self.written(operand)})"
            case ("negative", operand):
                return f"-({self.written(operand)})"
            case ("call", name, operand):
                return f"{name}({self.written(operand)})"
            case (symbol, left, right):
                return f"({self.written(left)}) {symbol} ({self.written(right)})"
        raise AssertionError(tree)

    def _value(self, value: Value) -> str:
        if not self.names:
            return literal(value)
        self.values.append(f'let "v{len(self.values)}" "{literal(value)}";'.replace("\\", "\\\\"))
        return f"v{len(self.values) - 1}"


TEXTS = st.sampled_from(
    ["", "0", "1", "-7", "1.5", "abc", "ABC", "é", "1e3", " 1", "nan", "inf", "9223372036854775808", "it's"]
)
NUMBERS = st.sampled_from([0, 1, 2, 7, -3, TOP, BOTTOM + 1, 0.0, 0.5, 1.0, -2.25, 1234567.125])
SYMBOLS = st.sampled_from([*BINARY, "&&", "||"])
TREES = st.recursive(
    st.tuples(st.just("value"), st.one_of(TEXTS, NUMBERS)),
    lambda inner: st.one_of(
        st.tuples(SYMBOLS, inner, inner),
        st.tuples(st.just("items"), st.lists(inner, max_size=3)),
        st.tuples(st.just("item"), inner, inner),
        st.tuples(st.sampled_from(["not", "negative"]), inner),
        st.tuples(st.just("call"), st.sampled_from(sorted(FUNCTIONS)), inner),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(tree=TREES, names=st.booleans())
def test_an_expression_comes_to_what_the_rules_say(tree: Tree, names: bool, value_of: Callable[..., Value]) -> None:
    writer = Writer(names=names)
    expression = writer.written(tree)
    found, expected = value_of(expression, "".join(writer.values)), walk(tree)
    assert (type(found), repr(found)) == (type(expected), repr(expected)), expression


@settings(max_examples=150, deadline=None)
@given(tree=TREES, names=st.booleans())
def test_a_test_is_the_truth_of_the_value(tree: Tree, names: bool, run: Callable[..., Any]) -> None:
    writer = Writer(names=names)
    expression = writer.written(tree).replace("\\", "\\\\")
    ran = run(f'{"".join(writer.values)} if eval "{expression}" {{ discard; }}')
    assert ran.actions == (["discard"] if walk(tree) else ["implicit keep"])


@settings(max_examples=150, deadline=None)
@given(tree=TREES)
def test_what_is_known_beforehand_is_worked_out_beforehand(tree: Tree) -> None:
    expression = Writer(names=False).written(tree).replace("\\", "\\\\")
    (line,) = [
        line.strip()
        for line in compile_text(f'let "t.r" "{expression}";', "x", TRUSTED).dump().splitlines()
        if "shared['r']" in line
    ]
    assert "p0" not in line


OPERATORS = ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "^", "&&", "||")
LEVELS = {"*": 7, "/": 7, "+": 6, "-": 6, "==": 4, "!=": 4, "^": 3, "&&": 2, "||": 1}


def grouped(operands: Sequence[str], symbols: Sequence[str]) -> str:
    """The same with all its parentheses: the operator that binds least, the last of its level, stands outside."""
    if not symbols:
        return operands[0]
    levels = [LEVELS.get(symbol, 5) for symbol in symbols]
    place = max(index for index, level in enumerate(levels) if level == min(levels))
    left = grouped(operands[: place + 1], symbols[:place])
    return f"({left}) {symbols[place]} ({grouped(operands[place + 1 :], symbols[place + 1 :])})"


@settings(max_examples=150, deadline=None)
@given(symbols=st.lists(st.sampled_from(OPERATORS), min_size=1, max_size=6), data=st.data())
def test_operators_bind_as_their_table_says(symbols: list[str], data: Any, value_of: Callable[..., Value]) -> None:
    operands = [data.draw(st.sampled_from(["0", "1", "2", "'a'", "''", "[1]", "3.5"])) for _ in range(len(symbols) + 1)]
    flat = operands[0] + "".join(f" {symbol} {operand}" for symbol, operand in zip(symbols, operands[1:], strict=True))
    assert repr(value_of(flat)) == repr(value_of(grouped(operands, symbols)))


@settings(max_examples=400, deadline=None)
@given(text=st.text(alphabet="ab1.0'\"\\+-*/<>=!&|^()[], \t\n${}%:#é_header", max_size=40))
def test_any_text_is_an_expression_or_has_a_finding(text: str) -> None:
    try:
        parse(text, TRUSTED.vocabulary.fields)
    except Broken as broken:
        assert 0 <= broken.at <= len(text)


WORDS = st.sampled_from(
    [
        "1",
        "2.5",
        "'a'",
        "a",
        "b.c",
        "header.to[*].addr",
        "count",
        "(",
        ")",
        "[",
        "]",
        ",",
        "+",
        "-",
        "!",
        "==",
        "&&",
        "t.x",
    ]
)


@settings(max_examples=300, deadline=None)
@given(words=st.lists(WORDS, max_size=12))
def test_any_words_make_a_script_or_a_compile_error(words: list[str]) -> None:
    try:
        compile_text(f'let "a" "{" ".join(words)}";', "x", TRUSTED)
    except CompileError as error:
        assert all(finding.position.line == 1 for finding in error.findings)
