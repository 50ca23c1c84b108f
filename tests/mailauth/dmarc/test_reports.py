from __future__ import annotations

from collections.abc import Sequence

from stalwart_g.mailauth.dmarc.record import report_uris
from stalwart_g.mailauth.dmarc.reports import destinations
from stalwart_g.mailauth.dns import Question, Zone

PERMIT = ("example.org._report._dmarc.reports.example", "TXT")
OUTSIDE = report_uris("mailto:d@reports.example")


def allowed(records: dict[Question, Sequence[str]], text: str = "mailto:d@reports.example") -> list[str]:
    return [uri.address for uri in destinations(Zone(records), "example.org", report_uris(text)).allowed]


def test_the_domain_itself_may_read_its_reports() -> None:
    assert allowed({}, "mailto:d@example.org") == ["d@example.org"]


def test_so_may_another_domain_of_the_organization() -> None:
    records = {("_dmarc.example.org", "TXT"): ("v=DMARC1; p=none",)}
    assert allowed(records, "mailto:d@mail.example.org") == ["d@mail.example.org"]


def test_others_must_say_that_they_want_them() -> None:
    assert allowed({}) == []
    assert allowed({PERMIT: ("v=DMARC1",)}) == ["d@reports.example"]


def test_a_permit_that_is_something_else_is_none() -> None:
    assert allowed({PERMIT: ("v=spf1 -all",)}) == []


def test_a_permit_may_name_another_address_of_the_same_domain() -> None:
    assert allowed({PERMIT: ("v=DMARC1; rua=mailto:new@reports.example",)}) == ["new@reports.example"]


def test_a_permit_may_not_send_reports_elsewhere() -> None:
    assert allowed({PERMIT: ("v=DMARC1; rua=mailto:victim@other.example",)}) == ["d@reports.example"]


def test_the_address_for_failures_is_another_one() -> None:
    zone = Zone({PERMIT: ("v=DMARC1; rua=mailto:a@reports.example; ruf=mailto:f@reports.example",)})
    found = destinations(zone, "example.org", OUTSIDE, failures=True)
    assert [uri.address for uri in found.allowed] == ["f@reports.example"]


def test_what_is_out_of_reach_is_to_be_asked_again() -> None:
    for silent in (PERMIT[0], "_dmarc.reports.example"):
        found = destinations(Zone({}, [silent]), "example.org", OUTSIDE)
        assert (found.allowed, found.unknown) == ((), OUTSIDE)


def test_uris_that_are_not_mail_are_left_out() -> None:
    assert allowed({}, "https://example.org/") == []
