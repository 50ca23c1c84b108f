from __future__ import annotations

from stalwart_g.green.dns import Resolver
from stalwart_g.mailauth.dns import Dns, Known, Zone

ZONE = Zone({("a.Example.org.", "TXT"): ["one"]}, failing=["broken.example.org"])


def test_names_are_found_in_any_case_of_letters_with_or_without_the_last_dot() -> None:
    assert ZONE.query_all([("A.example.ORG", "TXT"), ("a.example.org.", "TXT")]) == [Known("ok", ("one",))] * 2


def test_a_name_without_such_a_record_has_no_data() -> None:
    assert ZONE.query_all([("a.example.org", "MX"), ("example.org", "TXT")]) == [Known("nodata")] * 2


def test_an_unknown_name_does_not_exist() -> None:
    assert ZONE.query_all([("b.example.org", "TXT")]) == [Known("nxdomain")]


def test_a_failing_name_may_answer_another_time() -> None:
    assert ZONE.query_all([("broken.example.org", "TXT")])[0].temporary


def test_the_resolver_of_the_server_fits() -> None:
    dns: Dns = Resolver(nameservers=[("127.0.0.1", 9)])
    assert dns.query_all([]) == []
