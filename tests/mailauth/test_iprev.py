from __future__ import annotations

import pytest

from stalwart_g.mailauth import iprev
from stalwart_g.mailauth.dns import Zone

REVERSE = ("7.2.0.192.in-addr.arpa", "PTR")


def outcome(zone: Zone, ip: str = "192.0.2.7") -> tuple[str, str]:
    result = iprev.check(zone, ip)
    return result.outcome, result.name


def test_a_name_that_leads_back_passes() -> None:
    zone = Zone({REVERSE: ("other.example", "mail.example"), ("mail.example", "A"): ("192.0.2.1", "192.0.2.7")})
    assert outcome(zone) == ("pass", "mail.example")


def test_a_name_that_leads_elsewhere_fails() -> None:
    assert outcome(Zone({REVERSE: ("mail.example",), ("mail.example", "A"): ("192.0.2.1",)})) == ("fail", "")


def test_an_address_without_a_name_is_a_permanent_error() -> None:
    assert outcome(Zone({})) == ("permerror", "")


def test_a_name_that_cannot_exist_is_no_name() -> None:
    assert outcome(Zone({REVERSE: ("a..b", "x\\032y")})) == ("permerror", "")


@pytest.mark.parametrize("silent", [REVERSE[0], "mail.example"])
def test_silence_is_a_temporary_error(silent: str) -> None:
    assert outcome(Zone({REVERSE: ("mail.example",)}, [silent])) == ("temperror", "")


def test_an_ipv6_address_leads_back_by_aaaa() -> None:
    pointer = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
    zone = Zone({(pointer, "PTR"): ("mail.example",), ("mail.example", "AAAA"): ("2001:0db8::1",)})
    assert outcome(zone, "2001:db8::1") == ("pass", "mail.example")


def test_an_ipv4_address_in_ipv6_is_one_of_ipv4() -> None:
    zone = Zone({REVERSE: ("mail.example",), ("mail.example", "A"): ("192.0.2.7",)})
    assert outcome(zone, "::ffff:192.0.2.7") == ("pass", "mail.example")


def test_only_ten_names_are_looked_at() -> None:
    names = tuple(f"n{n}.example" for n in range(11))
    assert outcome(Zone({REVERSE: names, ("n10.example", "A"): ("192.0.2.7",)})) == ("fail", "")


def test_the_result_tells_the_address_and_the_name() -> None:
    result = iprev.authentication_result(iprev.Iprev("pass", "192.0.2.7", "mail.example"))
    assert (result.get("policy", "iprev"), result.reason) == ("192.0.2.7", "mail.example")
