from __future__ import annotations

from pathlib import Path

import pytest

from stalwart_g.config import kinds

BASE = Path("/home/of/it")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (kinds.DURATION, "5m", 300.0),
        (kinds.DURATION, "250ms", 0.25),
        (kinds.DURATION, "30d", 2_592_000.0),
        (kinds.DURATION, 1500, 1.5),
        (kinds.DURATIONS, ["1m", "2h"], (60.0, 7200.0)),
        (kinds.DURATIONS, "1m", (60.0,)),
        (kinds.SIZE, "25M", 26_214_400),
        (kinds.SIZE, "25MB", 25_000_000),
        (kinds.SIZE, "25MiB", 26_214_400),
        (kinds.SIZE, "1g", 1 << 30),
        (kinds.SIZE, 0, 0),
        (kinds.PATH, "data/x", BASE / "data/x"),
        (kinds.PATH, "file:///etc/x", Path("/etc/x")),
        (kinds.WORDS, "one", ("one",)),
        (kinds.HOSTNAME, "Mail.Example.ORG", "mail.example.org"),
        (kinds.HOSTNAME, "bücher.example", "xn--bcher-kva.example"),
        (kinds.ENDPOINTS, "127.0.0.1:25", (("127.0.0.1", 25),)),
        (kinds.ENDPOINTS, ["[::]:25", "[0:0::1]:0"], (("::", 25), ("::1", 0))),
        (kinds.NAMESERVERS, ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:54"],
         (("192.0.2.1", 53), ("192.0.2.1", 5353), ("2001:db8::1", 53), ("2001:db8::1", 54))),
        (kinds.ENTRIES, ["a", "b"], {"a": "", "b": ""}),
        (kinds.ENTRIES, {"a": "x", "b": 2}, {"a": "x", "b": "2"}),
        (kinds.RULE, True, True),
        (kinds.integer(0, 5), 5, 5),
        (kinds.choice("a", "b"), "a", "a"),
    ],
)  # fmt: skip
def test_values(kind, value, expected) -> None:
    assert kind.read(value, BASE) == expected


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (kinds.DURATION, "5 minutes", "must be a duration"),
        (kinds.DURATION, "0s", "longer than nothing"),
        (kinds.DURATION, True, "must be a duration"),
        (kinds.DURATIONS, [], "at least one"),
        (kinds.SIZE, "big", "must be a size"),
        (kinds.SIZE, -1, "must be a size"),
        (kinds.PATH, "", "must be a path"),
        (kinds.WORDS, [1], "list of texts"),
        (kinds.HOSTNAME, "a..b", "no domain name"),
        (kinds.HOSTNAME, "[192.0.2.1]", "not an address"),
        (kinds.ENDPOINTS, "localhost:25", "must be address:port"),
        (kinds.ENDPOINTS, "::1:25", "must be address:port"),
        (kinds.ENDPOINTS, "127.0.0.1:66000", "must be address:port"),
        (kinds.ENDPOINTS, "127.0.0.1", "must be address:port"),
        (kinds.ENDPOINTS, ":25", "must be address:port"),
        (kinds.ENDPOINTS, [], "at least one"),
        (kinds.ADDRESSES, "nonsense", "nonsense"),
        (kinds.RULE, {"map": "("}, "true, false, or"),
        (kinds.RULE, {"map": "(", "to": "x"}, "no regular expression"),
        (kinds.ENTRIES, 5, "list of texts"),
        (kinds.TABLES, "x", "array of tables"),
        (kinds.TEXT, 5, "text in quotes"),
        (kinds.BOOLEAN, "yes", "true or false"),
        (kinds.integer(1, 5), 6, "from 1 to 5"),
        (kinds.integer(1), True, "from 1"),
        (kinds.choice("a", "b"), "c", "'a' or 'b', not 'c'"),
        (kinds.choices("a", "b"), ["a", "c"], "not 'c'"),
    ],
)
def test_what_is_wrong_is_told(kind, value, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        kind.read(value, BASE)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (kinds.DURATION, 86_400.0),
        (kinds.DURATION, 90.0),
        (kinds.DURATION, 0.25),
        (kinds.SIZE, 26_214_400),
        (kinds.SIZE, 65_537),
        (kinds.ENDPOINTS, (("::", 25), ("127.0.0.1", 26))),
    ],
)
def test_what_is_shown_is_read_again(kind, value) -> None:
    import tomllib

    assert kind.read(tomllib.loads(f"v = {kind.show(value)}")["v"], BASE) == value
