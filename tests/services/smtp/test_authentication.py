"""Facts and fields about who sent a mail, with a name server on loopback. The client is 127.0.0.1."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sieve import message as messages
from stalwart_g.green.dns import Resolver
from stalwart_g.mailauth import dkim, results
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim.keys import record_text

KEY = dkim.load("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")  # of RFC 8463 appendix A
ZONE = f"""
$TTL 300
1.0.0.127.in-addr.arpa. PTR client.test.
client.test. A 127.0.0.1
c.example. A 127.0.0.1
c.example. TXT "v=spf1 a -all"
good.test. TXT "v=spf1 ip4:127.0.0.1 -all"
_dmarc.own.good.test. TXT "v=DMARC1; p=reject; psd=n"
_dmarc.good.test. TXT "v=DMARC1; p=reject"
sel._domainkey.good.test. TXT "{record_text(KEY)}"
bad.test. TXT "v=spf1 -all exp=why.bad.test"
why.bad.test. TXT "%{{i}} is not of %{{d}}"
_dmarc.bad.test. TXT "v=DMARC1; p=reject; sp=none"
broken.test. TXT "v=spf1 moo -all"
"""
TEXT = "From: Alice <alice@{}>\r\nTo: bob@example.test\r\nSubject: hi\r\n\r\nhello"
EVERYTHING = 'param "add.results" "1"; param "add.spf" "1";'


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resolver]:
    file = tmp_path_factory.mktemp("dns") / "zone"
    file.write_text(ZONE)
    program = Path(__file__).parent / "programs" / "nameserver.py"
    with subprocess.Popen([sys.executable, program, file], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield Resolver([("127.0.0.1", int(process.stdout.readline()))], timeout_seconds=0.5, attempts=1)
        process.kill()


@pytest.fixture
def online(world: Any, resolver: Resolver) -> Any:
    world.resolver = resolver
    return world


def told(world: Any, stage: str, *facts: str, sender: str, text: str = TEXT.format("good.test")) -> list[str]:
    """What a script of this stage sees."""
    world.scripts["data"] = "keep;"
    world.scripts[stage] = " ".join(f'note "n{number}" "<${{env.{fact}}}>";' for number, fact in enumerate(facts))
    world.hello().send_mail("alice@example.test", sender=sender, text=text)
    return [world.spool[-1].notes[f"n{number}"] for number in range(len(facts))]


def field(world: Any, name: str) -> str:
    (value,) = messages.parse(world.spool[-1].octets).raw_header(name)
    return " ".join(value.decode().split())


def signed(domain: str) -> str:
    """A mail from the domain, signed by good.test, without the CRLF that ends its last line."""
    octets = TEXT.format(domain).encode() + b"\r\n"
    content = Content.of(messages.parse(octets))
    signature = dkim.sign(content, dkim.Signer(domain="good.test", selector="sel", key=KEY), 1_795_000_000.0)
    return (signature + octets).decode().removesuffix("\r\n")


def test_the_client_has_a_name_that_leads_back(online: Any) -> None:
    assert told(online, "mail", "client.ptr", "client.iprev", sender="a@good.test") == ["<client.test>", "<pass>"]


def test_the_name_of_helo_is_looked_at(online: Any) -> None:
    assert told(online, "mail", "spf.helo.result", sender="a@good.test") == ["<pass>"]


@pytest.mark.parametrize(
    ("sender", "result", "domain", "explanation"),
    [
        ("a@good.test", "pass", "good.test", ""),
        ("a@bad.test", "fail", "bad.test", "127.0.0.1 is not of bad.test"),
        ("a@broken.test", "permerror", "broken.test", ""),
        ("a@fail.test", "temperror", "fail.test", ""),
        ("a@silent.test", "temperror", "silent.test", ""),
        ("a@none.test", "none", "none.test", ""),
        ("", "pass", "c.example", ""),
    ],
)
def test_the_sender_is_looked_at(online: Any, sender: str, result: str, domain: str, explanation: str) -> None:
    facts = ("spf.result", "spf.domain", "spf.explanation")
    assert told(online, "mail", *facts, sender=sender) == [f"<{each}>" for each in (result, domain, explanation)]


def test_the_sender_as_given_counts_whatever_a_script_makes_of_it(online: Any) -> None:
    online.scripts["mail"] = 'setenvelope "from" "x@good.test";'
    assert told(online, "data", "spf.domain", "sender", sender="a@bad.test")[0] == "<bad.test>"


def test_a_signature_is_checked(online: Any) -> None:
    facts = ("dkim.result", "dkim.domains", "dkim.signatures")
    assert told(online, "data", *facts, sender="a@bad.test", text=signed("good.test")) == [
        "<pass>",
        "<good.test>",
        "<pass d=good.test s=sel a=ed25519-sha256>",
    ]


def test_without_signatures_and_seals_there_is_nothing(online: Any) -> None:
    assert told(online, "data", "dkim.result", "dkim.domains", "arc.result", "arc.sealers", sender="a@bad.test") == [
        "<none>",
        "<>",
        "<none>",
        "<>",
    ]


DMARC = ("dmarc.result", "dmarc.policy", "dmarc.domain")


def test_spf_makes_dmarc_pass(online: Any) -> None:
    assert told(online, "data", *DMARC, sender="a@good.test") == ["<pass>", "<reject>", "<good.test>"]


def test_a_signature_makes_dmarc_pass(online: Any) -> None:
    assert told(online, "data", "dmarc.result", sender="a@bad.test", text=signed("good.test")) == ["<pass>"]


def test_a_mail_of_somebody_else_fails(online: Any) -> None:
    text = signed("www.bad.test")
    assert told(online, "data", *DMARC, sender="a@good.test", text=text) == ["<fail>", "<none>", "<bad.test>"]


def test_an_author_whose_name_servers_fail_is_for_later(online: Any) -> None:
    assert told(online, "data", "dmarc.result", sender="a@good.test", text=TEXT.format("fail.test")) == ["<temperror>"]


def test_a_second_author_with_a_stricter_policy_counts(online: Any) -> None:
    text = "From: a@good.test, b@bad.test\r\n\r\nhello"
    assert told(online, "data", *DMARC, sender="a@good.test", text=text) == ["<fail>", "<reject>", "<bad.test>"]


def test_a_list_of_public_suffixes_may_say_who_belongs_together(online: Any) -> None:
    online.scripts["data"] = 'note "x" "${env.dmarc.result}";'
    for way in ("walk", "suffixes"):
        client = online.hello(dmarc_organization=way)
        client.send_mail("alice@example.test", sender="a@good.test", text=TEXT.format("own.good.test"))
    assert [mail.notes["x"] for mail in online.spool] == ["fail", "pass"]


def test_the_field_has_all_results(online: Any) -> None:
    online.scripts["data"] = EVERYTHING
    online.hello().send_mail("alice@example.test", sender="a@good.test", text=signed("good.test"))
    found = results.parse(field(online, "Authentication-Results"))
    assert found.authserv_id == "mx.example.test"
    assert [(each.method, each.outcome) for each in found.results] == [
        ("iprev", "pass"),
        ("spf", "pass"),
        ("spf", "pass"),
        ("dkim", "pass"),
        ("arc", "none"),
        ("dmarc", "pass"),
    ]
    helo, sender = found.results[1:3]
    assert (helo.get("smtp", "helo"), sender.get("smtp", "mailfrom")) == ("c.example", "a@good.test")


def test_the_findings_are_above_our_trace(online: Any) -> None:
    online.scripts["data"] = EVERYTHING
    online.hello().send_mail("alice@example.test", sender="a@good.test")
    names = [field.name for field in messages.parse(online.spool[-1].octets).fields]
    assert names[:3] == ["Authentication-Results", "Received-SPF", "Received"]


def test_a_user_has_authenticated(online: Any) -> None:
    online.scripts["data"] = EVERYTHING
    client = online.hello()
    client.login("alice")
    client.send_mail("bob@example.test", sender="alice@example.test")
    found = results.parse(field(online, "Authentication-Results"))
    assert ("auth", "pass", "alice") in [
        (each.method, each.outcome, each.get("smtp", "auth")) for each in found.results
    ]


def test_spf_alone_can_be_written_down(online: Any) -> None:
    online.scripts["data"] = 'param "add.spf" "1"; param "add.results" "";'
    online.hello().send_mail("alice@example.test", sender="a@bad.test")
    assert field(online, "Received-SPF").startswith("fail (mx.example.test: 127.0.0.1 may not send for bad.test)")
    assert b"Authentication-Results" not in online.spool[-1].octets


def test_what_a_script_has_asked_about_is_written_down(online: Any) -> None:
    online.scripts["mail"] = 'if environment "spf.result" "fail" { note "x" "y"; }'
    online.hello().send_mail("alice@example.test", sender="a@bad.test")
    assert field(online, "Authentication-Results") == "mx.example.test; spf=fail smtp.mailfrom=a@bad.test"


def test_results_that_claim_to_be_ours_are_replaced(online: Any) -> None:
    online.scripts["data"] = EVERYTHING
    forged = "Authentication-Results: (x) mx.example.test; dmarc=pass header.from=bad.test\r\n"
    online.hello().send_mail("alice@example.test", sender="a@bad.test", text=forged + TEXT.format("bad.test"))
    assert "dmarc=fail" in field(online, "Authentication-Results")


def test_a_script_that_never_asks_costs_no_question(world: Any) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        nobody.setblocking(False)
        world.resolver = Resolver([nobody.getsockname()], timeout_seconds=0.1, attempts=1)
        world.hello().send_mail("alice@example.test", sender="a@good.test")
        with pytest.raises(BlockingIOError):
            nobody.recv(1)
    assert b"Authentication-Results" not in world.spool[-1].octets
    assert b"Received-SPF" not in world.spool[-1].octets


def test_a_refused_name_leaves_the_one_before(online: Any) -> None:
    online.scripts["ehlo"] = 'if environment "helo.name" "evil.example" { reply :code 550 :status "5.7.1" "no"; }'
    online.scripts["mail"] = 'note "helo" "${env.helo.name} ${env.spf.helo.result}";'
    client = online.hello()
    client.say("EHLO evil.example")
    client.send_mail("alice@example.test", sender="")
    assert online.spool[-1].notes["helo"] == "c.example pass"
