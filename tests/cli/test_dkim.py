from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from stalwart_g.mailauth.dkim import keys, records

Run = Callable[..., Result]
Ask = Callable[..., Any]


@pytest.mark.parametrize("algorithm", keys.ALGORITHMS)
def test_the_record_belongs_to_the_key(ask: Ask, algorithm: str) -> None:
    answer = ask("dkim", "generate", "Example.org", "--selector", "s1", "--algorithm", algorithm)
    assert answer["record"]["name"] == "s1._domainkey.example.org"
    assert records.parse(answer["record"]["text"]).key == keys.load(answer["key"]).public_key()


def test_without_a_selector_the_key_is_named_after_its_kind_and_the_month(ask: Ask) -> None:
    answer = ask("dkim", "generate", "example.org", "--algorithm", "ed25519-sha256")
    assert answer["selector"].startswith("ed20")
    assert len(answer["selector"]) == len("ed202401")


def test_the_record_is_printed_as_a_zone_file_has_it(run: Run) -> None:
    output = run("dkim", "generate", "example.org", "--selector", "s1").output
    assert 's1._domainkey.example.org. IN TXT ( "v=DKIM1; k=rsa; p=' in output
    assert "BEGIN PRIVATE KEY" in output


def test_a_written_key_is_for_the_server_alone_and_not_printed(run: Run, ask: Ask, home: Path) -> None:
    answer = ask("dkim", "generate", "example.org", "--selector", "s1", "--write")
    path = home / "keys" / "dkim" / "example.org.s1.pem"
    assert (answer["file"], "key" in answer, path.stat().st_mode & 0o777) == (str(path), False, 0o600)
    assert records.parse(answer["record"]["text"]).key == keys.load(path.read_text()).public_key()


def test_a_key_that_is_there_is_never_written_over(run: Run, home: Path) -> None:
    arguments = ("dkim", "generate", "example.org", "--selector", "s1", "--write")
    run(*arguments)
    before = (home / "keys" / "dkim" / "example.org.s1.pem").read_bytes()
    assert "there is a key already" in run(*arguments, code=1).output
    assert (home / "keys" / "dkim" / "example.org.s1.pem").read_bytes() == before


def test_an_internationalised_domain_becomes_a_labels(ask: Ask) -> None:
    assert (
        ask("dkim", "generate", "bücher.example", "--algorithm", "ed25519-sha256")["domain"] == "xn--bcher-kva.example"
    )


@pytest.mark.parametrize("arguments", [["a b"], ["example.org", "--selector", "A;"], ["example.org", "--bits", "1024"]])
def test_what_makes_no_valid_signature_is_refused(run: Run, arguments: list[str]) -> None:
    run("dkim", "generate", *arguments, code=1)


def test_the_record_of_a_key_that_there_is_already_is_printed_again(ask: Ask, run: Run) -> None:
    made = ask("dkim", "generate", "example.org", "--selector", "s1")
    again = ask("dkim", "record", "-", "example.org", "--selector", "s1", stdin=made["key"])
    assert again["record"] == made["record"]


def test_the_record_can_say_that_things_are_tried_out(ask: Ask) -> None:
    answer = ask("dkim", "generate", "example.org", "--testing")
    assert records.parse(answer["record"]["text"]).testing
    assert "t=y" in answer["zone"]


def test_what_is_no_key_has_no_record(run: Run) -> None:
    assert "cannot be read" in run("dkim", "record", "-", "example.org", "--selector", "s", stdin="x", code=1).output
