"""The two variants of one script decide alike, whatever the compiler did beforehand."""

from __future__ import annotations

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import USER, Host, Script, compile_text
from sieve.message import parse

MESSAGE = parse(
    b"From: Ann <ann+x@example.org>\r\nTo: Bob <bob@example.net>, carol@example.com\r\nTo: dave@example.net\r\n"
    b"Subject: [ops] Disk full\r\nX-Empty:\r\nX-Odd: a*b?c\r\nDate: Mon, 20 Jul 2009 13:55:41 +0200\r\n\r\nFull.\r\n"
)
REQUIRE = """require ["variables", "relational", "subaddress", "index", "date", "fileinto", "copy"];
"""

NAMES = st.lists(st.sampled_from(["subject", "From", "to", "x-empty", "x-odd", "x-no"]), min_size=1, max_size=5)
ADDRESS_NAMES = st.lists(st.sampled_from(["from", "To", "cc"]), min_size=1, max_size=2)
KEYS = st.lists(
    st.sampled_from(
        [
            "",
            "disk",
            "[OPS] disk full",
            "*",
            "[*] *",
            "a\\\\*b?c",
            "?",
            "ann*",
            "example.org",
            "2",
            "x",
            "b",
            "${1}",
            "${v}",
        ]
    ),
    min_size=1,
    max_size=10,
)
MATCH = st.sampled_from(["", ":is", ":contains", ":matches", ':count "ge"', ':value "gt"', ':value "ne"'])
COMPARATOR = st.sampled_from(["", ':comparator "i;octet"', ':comparator "i;ascii-casemap"'])
INDEX = st.sampled_from(["", ":index 1", ":index 2 :last"])
PART = st.sampled_from(["", ":domain", ":localpart", ":user", ":detail"])


def listed(texts: list[str]) -> str:
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def joined(*words: str) -> str:
    return " ".join(word for word in words if word)


HEADER = st.builds(
    lambda m, c, i, n, k: joined("header", m, c, i, listed(n), listed(k)), MATCH, COMPARATOR, INDEX, NAMES, KEYS
)
ADDRESS = st.builds(
    lambda p, m, c, i, n, k: joined("address", p, m, c, i, listed(n), listed(k)),
    *(PART, MATCH, COMPARATOR, INDEX, ADDRESS_NAMES, KEYS),
)
STRING = st.builds(lambda m, c, v, k: joined("string", m, c, listed(v), listed(k)), MATCH, COMPARATOR, KEYS, KEYS)
OTHER = st.sampled_from(
    ["true", "false", "size :over 10", 'exists ["to", "x-no"]', 'date :zone "+0000" "date" "hour" "11"']
)
LEAF = st.one_of(HEADER, ADDRESS, STRING, OTHER)
TEST = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        inner.map(lambda test: f"not {test}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: f"allof ({', '.join(tests)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda tests: f"anyof ({', '.join(tests)})"),
    ),
    max_leaves=4,
)
COMMAND = st.sampled_from(
    ['set "v" "${0}${1}";', 'fileinto :copy "f${v}${1}";', "keep;", "stop;", 'set :upper "v" "x";']
)
SCRIPT = st.lists(
    st.builds(
        lambda first, then, second, other: f"if {first} {{ {then} }} elsif {second} {{ {other} }} else {{ keep; }}",
        *(TEST, COMMAND, TEST, COMMAND),
    ),
    min_size=1,
    max_size=3,
).map("\n".join)


@settings(max_examples=250, deadline=None)
@given(SCRIPT)
def test_plain_and_traced_code_decide_alike(source: str) -> None:
    script = Script("random", REQUIRE + source, USER)
    plain, traced = (script.run(MESSAGE, Host(), traced=traced) for traced in (False, True))
    assert (plain.actions, str(plain.error), plain.instructions) == (
        traced.actions,
        str(traced.error),
        traced.instructions,
    )


def test_constant_keys_are_looked_up_and_absent_fields_are_seen_first() -> None:
    shown = compile_text('if header :contains ["x-a", "X-B"] ["One", "two"] { stop; }').dump()
    assert "if ('x-a' in there or 'x-b' in there) and" in shown
    assert "('one' in (text := views[" in shown


def test_no_text_of_a_script_becomes_code() -> None:
    hostile = '");__import__("os")#'
    shown = compile_text(f'require "fileinto"; fileinto "{hostile.replace(chr(34), chr(92) + chr(34))}";').dump()
    names = {node.id for node in ast.walk(ast.parse(shown)) if isinstance(node, ast.Name)}
    assert "__import__" not in names
    assert hostile in {node.value for node in ast.walk(ast.parse(shown)) if isinstance(node, ast.Constant)}


def test_a_thousand_rules_and_long_lists_compile() -> None:
    keys = ", ".join(f'"k{number}"' for number in range(2000))
    rules = [f'if header :is "x-{number}" "0" {{ keep; }}' for number in range(1000)]
    script = compile_text("\n".join([*rules, f'if header :contains "to" [{keys}] {{ keep; }}']))
    assert script.run(MESSAGE, Host()).error is None
