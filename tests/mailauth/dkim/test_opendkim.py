"""Against OpenDKIM, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from peers import opendkim

from stalwart_g.mailauth.dkim import keys

pytestmark = pytest.mark.peer

FORMS = [(header, body) for header in ("simple", "relaxed") for body in ("simple", "relaxed")]
NOW = 4e9  # OpenDKIM signs with the time of the machine


def signatures(ring: Any, mails: Sequence[bytes], selector: str, form: str) -> list[bytes]:
    settings = {
        "Domain": "example.org",
        "Selector": selector,
        "SignatureAlgorithm": keys.algorithm_of(ring.keys[selector]),
        "Canonicalization": form,
        "OversignHeaders": "From",
    }
    return opendkim.sign(mails, keys.pem(ring.keys[selector]), settings)


def test_opendkim_accepts_our_signatures(ring: Any) -> None:
    octets = [
        ring.signed(selector=selector, header_form=header, body_form=body)
        for selector in ("rsa", "ed")
        for header, body in FORMS
    ]
    assert opendkim.verify(octets, ring.records) == [True] * 8


def test_opendkim_does_not_accept_them_for_another_message(ring: Any) -> None:
    octets = [ring.signed(selector=selector).replace(b"second", b"third") for selector in ("rsa", "ed")]
    assert opendkim.verify(octets, ring.records) == [False] * 2


@pytest.mark.parametrize("form", ["/".join(forms) for forms in FORMS])
def test_we_accept_the_rsa_signatures_of_opendkim(ring: Any, form: str) -> None:
    (field,) = signatures(ring, [ring.mail], "rsa", form)
    assert ring.verdict(field + ring.mail, NOW).result == "pass"
    assert ring.verdict(field + ring.mail.replace(b"second", b"third"), NOW).result == "fail"


@pytest.mark.parametrize("form", ["relaxed/simple", "relaxed/relaxed"])
def test_we_accept_the_ed25519_signatures_of_opendkim(ring: Any, form: str) -> None:
    (field,) = signatures(ring, [ring.mail], "ed", form)
    assert ring.verdict(field + ring.mail, NOW).result == "pass"


def test_we_refuse_the_ed25519_signatures_of_opendkim_over_simple_headers_as_it_does_itself(ring: Any) -> None:
    (field,) = signatures(ring, [ring.mail], "ed", "simple/simple")  # OpenDKIM 2.11.0 makes them wrong
    assert opendkim.verify([field + ring.mail], ring.records) == [ring.verdict(field + ring.mail, NOW).result == "pass"]


@pytest.mark.slow
def test_opendkim_accepts_our_signatures_of_200_messages(ring: Any, mails: Sequence[bytes]) -> None:
    octets = [ring.signed(each, selector="rsa" if number % 2 else "ed") for number, each in enumerate(mails)]
    assert opendkim.verify(octets, ring.records) == [True] * 200


@pytest.mark.slow
def test_we_accept_the_signatures_of_opendkim_on_200_messages(ring: Any, mails: Sequence[bytes]) -> None:
    fields = signatures(ring, mails, "rsa", "relaxed/relaxed")
    results = [ring.verdict(field + each, NOW).result for field, each in zip(fields, mails, strict=True)]
    assert results == ["pass"] * 200
