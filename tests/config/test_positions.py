from __future__ import annotations

import tomllib

import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.config.positions import lines_of

TEXT = '''\
top = 1  # a comment = 2
[a]
one = "x # no comment"
"two words" = \'\'\'
many = 1
lines\'\'\'
b.c = [
    1,
    { d = 2, "e.f" = [3] },  # [not a table]
    """ with "quotes" and \\"""" ,
]
[a.sub]  # after
when = 1979-05-27 07:32:00
ratio = 1.5
[[list]]
x = { y = { z = 1 } }
[[list]]
x = []
[list.inner]
k = 'v'
[[list.inner2]]
m = 1
'''


def test_each_key_has_its_line() -> None:
    tomllib.loads(TEXT)
    assert lines_of(TEXT) == {
        ("top",): 1,
        ("a",): 2,
        ("a", "one"): 3,
        ("a", "two words"): 4,
        ("a", "b"): 7,
        ("a", "b", "c"): 7,
        ("a", "b", "c", 0): 8,
        ("a", "b", "c", 1): 9,
        ("a", "b", "c", 1, "d"): 9,
        ("a", "b", "c", 1, "e.f"): 9,
        ("a", "b", "c", 1, "e.f", 0): 9,
        ("a", "b", "c", 2): 10,
        ("a", "sub"): 12,
        ("a", "sub", "when"): 13,
        ("a", "sub", "ratio"): 14,
        ("list",): 15,
        ("list", 0): 15,
        ("list", 0, "x"): 16,
        ("list", 0, "x", "y"): 16,
        ("list", 0, "x", "y", "z"): 16,
        ("list", 1): 17,
        ("list", 1, "x"): 18,
        ("list", 1, "inner"): 19,
        ("list", 1, "inner", "k"): 20,
        ("list", 1, "inner2"): 21,
        ("list", 1, "inner2", 0): 21,
        ("list", 1, "inner2", 0, "m"): 22,
    }


def test_crlf_counts_once() -> None:
    assert lines_of("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}


def keys_of(value, path=()):
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield from keys_of(inner, (*path, name))


NAMES = st.text(max_size=5)
LEAVES = st.integers() | st.text(max_size=8) | st.booleans() | st.floats(allow_nan=False) | st.datetimes()
VALUES = st.recursive(LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(NAMES, v, max_size=3), max_leaves=12)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.booleans())
def test_every_key_of_any_document_is_found_on_a_line_that_has_it(document, multiline: bool) -> None:
    text = tomli_w.dumps(document, multiline_strings=multiline)
    lines, found = text.split("\n"), lines_of(text)
    for path in keys_of(tomllib.loads(text)):
        if path in found and isinstance(path[-1], str) and path[-1].isascii() and path[-1].isalnum():
            assert path[-1] in lines[found[path] - 1]
    assert set(keys_of(tomllib.loads(text))) - set(found) == {
        path
        for path in keys_of(tomllib.loads(text))
        if path not in found and any(p[: len(path)] == path for p in found)
    }
