"""Received fields as mail servers write them."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message.received import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from a.example (b.example [192.0.2.1]) by c.example (Postfix) with ESMTPS id X1 for <d@e.example>;"
         " Mon, 20 Jul 2009 10:00:00 +0000",
         {"from_": "a.example", "from_ptr": "b.example", "from_ip": "192.0.2.1", "by": "c.example", "with_": "ESMTPS",
          "id": "X1", "for_": "d@e.example", "date": (1248084000.0, 0)}),
        ("from x ([IPv6:2001:DB8::1]) by y", {"from_": "x", "from_ip": "2001:db8::1", "by": "y"}),
        ("from unknown (HELO x.example) (192.0.2.9) by y", {"from_": "x.example", "from_ip": "192.0.2.9", "by": "y"}),
        ("from [192.0.2.5] (helo=me) by y", {"from_": "me", "from_ip": "192.0.2.5", "by": "y"}),
        ("from a.example (EHLO me.example) ([192.0.2.5]) by y", {"from_": "me.example", "from_ptr": "a.example",
          "from_ip": "192.0.2.5", "by": "y"}),
        ("by 10.0.0.1 with SMTP via TCP id z",
         {"by": "10.0.0.1", "by_ip": "10.0.0.1", "with_": "SMTP", "via": "TCP", "id": "z"}),
        ("from x (x [999.1.1.1]) by y", {"from_": "x", "by": "y"}),
        ("from x by y (using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))",
         {"from_": "x", "by": "y", "tls": "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384"}),
        ("", {}),
    ],
)  # fmt: skip
def test_hops(text: str, expected: dict[str, object]) -> None:
    found = {name: value for name, value in asdict(parse(text.encode())).items() if value}
    assert found == expected


@given(
    st.lists(st.sampled_from(["from", "by", "(", ")", "[", "]", "1.2.3.4", ";", "::", "helo=", '"', "x.y", "TLS1_2"]))
)
def test_any_words_are_a_hop(words: list[str]) -> None:
    parse(" ".join(words).encode())
