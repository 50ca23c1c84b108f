"""Whatever an expression calls with whatever, a run ends well or with a declared error, and both variants agree."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sieve import Host, Limits, compile_text
from sieve.message import parse
from stalwart_g.spam.language import SPAM

MESSAGE = parse(
    b"Received: from a.example (b.example [192.0.2.1]) by c; Mon, 20 Jul 2009 13:55:41 +0200\r\n"
    b"From: Ann <ann@example.org>\r\nTo: a@b.c, x\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= \xff\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello http://example.org/ <b>\r\n"
    b'--x\r\nContent-Type: text/html\r\n\r\n<a href="http://example.com/?a&amp;b">x</a><img width=5%>\r\n--x--\r\n'
)
LIMITS = Limits(instructions=20_000, variable_octets=100_000, array_items=10_000)
FUNCTIONS = sorted(SPAM.vocabulary.functions.values(), key=lambda function: function.name)
ATOMS = st.sampled_from(
    ["a", "b", "t.x", "'x'", "''", "1", "-3", "2.5", "[]", "['a', 1]", "['', [2]]", "header.subject", "body.text",
     "header.to[*].addr[*]", "body.html", "envelope.to", "env.now", "header.received.rcvd.ip", "'words'", "'html'",
     "'uri'", "'email'", "'sld'", "'host'", "'md5'",
     "9223372036854775807", "'1e999'", "'<a href=x'", "'xn--a.b@c..d'", "'2001:db8::'"]
)  # fmt: skip


def _calls(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(FUNCTIONS).flatmap(
        lambda function: st.lists(inner, min_size=function.required, max_size=len(function.labels)).map(
            lambda given: f"{function.name}({', '.join(given)})"
        )
    )


EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        _calls(inner),
        _calls(inner),
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "<", ">=", "==", "&&", "||", "^"]), inner).map(
            lambda given: f"({given[0]} {given[1]} {given[2]})"
        ),
        st.tuples(inner, inner).map(lambda given: f"({given[0]})[{given[1]}]"),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(first=EXPRESSIONS, second=EXPRESSIONS, third=EXPRESSIONS)
def test_any_script_ends_well_or_with_a_declared_error(first: str, second: str, third: str) -> None:
    source = (
        f'let "a" "3"; let "b" "[1]"; let "t.x" "{first}"; let "b" "{second}"; '
        f'if eval "{third}" {{ set "a" "${{b}}"; }} foreverypart {{ let "b" "{first}"; }} '
        f'while "{second}" {{ let "a" "{third}"; }}'
    )
    script = compile_text(source, "any", SPAM)
    plain, traced = script.run(MESSAGE, Host(), limits=LIMITS), script.run(MESSAGE, Host(), limits=LIMITS, traced=True)
    assert str(plain.error) == str(traced.error)
