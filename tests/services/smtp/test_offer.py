"""Parameters of scripts as an offer."""

from __future__ import annotations

from typing import Any

import pytest

from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.services.smtp.offer import offer_of

NOW = 1_795_000_000.0


@pytest.mark.parametrize(
    ("params", "field", "value"),
    [
        ({}, "pipelining", True),
        ({"ext.pipelining": False}, "pipelining", False),
        ({"ext.requiretls": True}, "requiretls", True),
        ({"size": 5}, "size_octets", 5),
        ({"auth.mechanisms": ["plain", "CRAM-MD5", "LOGIN"]}, "mechanisms", ("PLAIN", "LOGIN")),
        ({"auth.plaintext": True}, "clear_text_passwords", True),
        ({"ext.mtpriority": "mixer"}, "mt_priority", "mixer"),
        ({"ext.deliverby": 0}, "deliver_by_seconds", None),
        ({"ext.deliverby": 60}, "deliver_by_seconds", 60),
        ({"ext.nosoliciting": ""}, "no_soliciting", None),
        ({"ext.futurerelease": 86_400}, "future_release_until", "2026-11-19T00:00:00Z"),
        ({"ext.futurerelease": 0}, "future_release_seconds", 0),
    ],
)
def test_a_parameter_has_its_place(params: dict[str, Any], field: str, value: object) -> None:
    assert getattr(offer_of(params, Extensions(), NOW), field) == value


def test_what_is_not_spoken_of_stays() -> None:
    start = Extensions(dsn=False, mechanisms=("PLAIN",))
    assert offer_of({"size": start.size_octets}, start, NOW) == start
