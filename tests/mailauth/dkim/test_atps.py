from __future__ import annotations

from typing import Any

import pytest

from stalwart_g.mailauth.dkim.atps import Authorization, authentication_result, check, label
from stalwart_g.mailauth.dkim.outcome import Outcome, Verdict
from stalwart_g.mailauth.dns import Zone
from stalwart_g.mailauth.results import Result

AUTHOR = "author.example"


def asked(
    ring: Any, record: str | None, *, failing: bool = False, hash_name: str = "sha256", **settings: object
) -> Any:
    """What the author's domain says of a signature that example.org made for it."""
    octets = ring.signed(third_party=AUTHOR, third_party_hash=hash_name, **settings)
    name = f"{label('example.org', hash_name)}._atps.{AUTHOR}"
    zone = Zone({(name, "TXT"): [record]} if record else {}, [name] if failing else [])
    return check(ring.verdict(octets), AUTHOR, zone)


def test_the_name_of_the_rfc() -> None:
    assert label("one.example.net", "sha1") == "qsp4i4d24crhopdz3o3ziu2ksgs3x6z6"


@pytest.mark.parametrize("hash_name", ["sha256", "sha1", "none"])
def test_a_signer_whom_the_author_names_passes(ring: Any, hash_name: str) -> None:
    found = asked(ring, "v=ATPS1; d=example.org", hash_name=hash_name)
    assert found == Authorization("pass", AUTHOR, "example.org")


def test_the_record_need_not_name_the_signer(ring: Any) -> None:
    assert asked(ring, "v=ATPS1").result == "pass"


def test_a_signer_whom_the_author_does_not_name_fails(ring: Any) -> None:
    assert asked(ring, None).result == "fail"


@pytest.mark.parametrize("record", ["v=ATPS2", "v=ATPS1; d=other.example", "nonsense"])
def test_another_record_is_a_permanent_error(ring: Any, record: str) -> None:
    assert asked(ring, record).result == "permerror"


def test_a_dns_that_does_not_answer_is_a_temporary_error(ring: Any) -> None:
    assert asked(ring, None, failing=True).result == "temperror"


def test_signatures_for_others_do_not_count(ring: Any) -> None:
    verdict = ring.verdict(ring.signed(third_party="else.example"))
    assert check(verdict, AUTHOR, Zone({})) == Authorization()


def test_signatures_that_fail_do_not_count(ring: Any) -> None:
    verdict = ring.verdict(ring.signed(third_party=AUTHOR).replace(b"second", b"third"))
    assert check(verdict, AUTHOR, Zone({})) == Authorization()


def test_an_unknown_hash_is_a_permanent_error() -> None:
    outcome = Outcome(result="pass", domain="example.org", third_party=AUTHOR, third_party_hash="md5")
    assert check(Verdict((outcome,)), AUTHOR, Zone({})).result == "permerror"


def test_it_is_a_part_of_the_results_field() -> None:
    found = authentication_result(Authorization("pass", AUTHOR, "example.org"))
    assert found == Result("dkim-atps", "pass", (("header", "from", AUTHOR),))
