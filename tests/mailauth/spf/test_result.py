from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalwart_g.mailauth import results, spf

CLIENT = spf.Client("192.0.2.7", "mail.client.example")


def fail(**more: str) -> spf.Spf:
    return spf.Spf("fail", "mailfrom", CLIENT, "example.org", "a@example.org", **more)


def test_the_field_tells_all_that_counted() -> None:
    assert " ".join(spf.received_spf(fail(mechanism="-all"), "mx.example.net")) == (
        "fail (mx.example.net: 192.0.2.7 may not send for example.org) receiver=mx.example.net; client-ip=192.0.2.7; "
        'envelope-from="a@example.org"; helo=mail.client.example; identity=mailfrom; mechanism=-all;'
    )


def test_the_helo_identity_has_no_sender() -> None:
    client = spf.Client("2001:db8::1", "mail.client.example")
    told = spf.received_spf(spf.Spf("none", "helo", client, "mail.client.example", "postmaster@x"), "mx.example.net")
    assert 'client-ip="2001:db8::1";' in told
    assert not any(word.startswith("envelope-from") for word in told)


@pytest.mark.parametrize("helo", ["a)b(c", "a\r\nX: y", 'a"b\\c'])
def test_what_the_network_says_cannot_break_out(helo: str) -> None:
    told = spf.received_spf(spf.Spf("none", "helo", spf.Client("192.0.2.7", helo), helo, f"postmaster@{helo}"), "mx")
    line = " ".join(told)
    assert "\n" not in line and "\r" not in line
    assert line.index(")") < line.index("receiver=")


def test_the_result_names_the_sender_and_the_problem() -> None:
    result = spf.authentication_result(fail(problem="it is broken"))
    assert (result.get("smtp", "mailfrom"), result.reason) == ("a@example.org", "it is broken")


def test_the_result_of_helo_names_the_host() -> None:
    result = spf.authentication_result(spf.Spf("pass", "helo", CLIENT, "x.example", "postmaster@x.example"))
    assert result.properties == (("smtp", "helo", "mail.client.example"),)


@given(st.text(), st.text())
def test_any_identity_makes_a_field_that_can_be_read(sender: str, helo: str) -> None:
    result = spf.Spf("none", "mailfrom", spf.Client("192.0.2.7", helo), "", sender)
    line = " ".join(results.words("mx.example", [spf.authentication_result(result)]))
    assert results.parse(line).results[0].method == "spf"
