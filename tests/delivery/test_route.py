from __future__ import annotations

import pytest

from stalwart_g.delivery.route import BadRoute, Route, route_of, stricter


@pytest.mark.parametrize(
    ("via", "kind", "target", "fixed"),
    [
        ("local", "local", "", True),
        ("mx", "mx", "", False),
        ("", "mx", "", False),
        ("mx:other.test", "mx", "other.test", True),
        ("relay:r", "relay", "r", True),
        ("lmtp:l", "lmtp", "l", True),
        ("discard", "discard", "", True),
    ],
)
def test_ways(via, kind, target, fixed) -> None:
    route = route_of({"via": via}, {})
    assert (route.kind, route.target, route.is_fixed) == (kind, target, fixed)
    assert str(route) == (via or "mx")


@pytest.mark.parametrize("via", ["relay", "lmtp:", "pigeon", "smtp:x"])
def test_ways_that_lead_nowhere(via) -> None:
    with pytest.raises(BadRoute):
        route_of({"via": via}, {})


def test_parameters_shape_the_way():
    parameters = {
        "via": "mx", "queue": "bulk", "tls.level": "encrypt", "ip": "ipv6-only", "mx.max": 2, "hosts.max": 1,
        "max.parallel": 3, "timeouts": "slow", "rewrite.from": "srs@us.test",
    }  # fmt: skip
    assert route_of(parameters, {}) == Route("mx", "", "bulk", "encrypt", "ipv6-only", 2, 1, 3, "slow", "srs@us.test")


def test_hints_of_the_last_attempt_win():
    route = route_of(
        {"via": "mx", "tls.level": "encrypt"}, {"via": "relay:r", "tls.level": "none", "skip.host": "mx.test"}
    )
    assert (str(route), route.tls_level, route.skip_host) == ("relay:r", "none", "mx.test")


def test_equal_ways_are_equal():
    assert len({route_of({"via": "mx", "queue": "bulk"}, {}) for _ in range(2)}) == 1


@pytest.mark.parametrize(
    ("one", "other", "strictest"),
    [("none", "may", "may"), ("verify", "encrypt", "verify"), ("may", "may", "may"), ("dane-only", "none", "verify")],
)
def test_the_stricter_level_counts(one, other, strictest) -> None:
    assert stricter(one, other) == strictest
