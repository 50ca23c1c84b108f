"""The courier against real servers, and against servers that refuse, hang or lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stalwart_g.delivery.outcome import Deferred, Delivered, Failed, Result
from stalwart_g.delivery.remote import RemoteCourier
from stalwart_g.delivery.route import Route
from stalwart_g.delivery.settings import Relay, RemoteSettings, Timeouts
from stalwart_g.green.dns import Resolver
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient

OCTETS = b"From: a@ours.test\r\nSubject: hi\r\n\r\nhello\r\n.dot\r\n"
TIMEOUTS = Timeouts(connect=2, greeting=0.3, tls=2, ehlo=0.3, mail=0.3, rcpt=0.3, data=0.4, quit=0.3)
GREETING, EHLO, OK, GO = b"220 x\r\n", b"250-x\r\n250 PIPELINING\r\n", b"250 ok\r\n", b"354 go\r\n"
MX = Route("mx")


def mail(*recipients: str, **parameters: Any) -> Envelope:
    to = tuple(Recipient(Address.of(recipient)) for recipient in recipients)
    return Envelope(Address("a", "ours.test"), MailParameters(**parameters), to)


@pytest.fixture
def courier(resolver: Resolver) -> Iterator[Callable[..., RemoteCourier]]:
    """``courier(port)``: settings for tests, with a relay ``r`` at that port that has the other options."""
    made: list[RemoteCourier] = []

    def make(port: int, authorities: Path | None = None, own_ips: frozenset[str] = frozenset(), **relay: Any):
        settings = RemoteSettings(
            "us.test", port, timeouts=TIMEOUTS, relays={"r": Relay("127.0.0.1", port, **relay)}, own_ips=own_ips,
            allow_loopback=True, authorities=authorities,
        )  # fmt: skip
        made.append(RemoteCourier(resolver, settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def to_relay(courier: RemoteCourier, *recipients: str, octets: bytes = OCTETS, **parameters: Any) -> list[Result]:
    return courier.deliver(Route("relay", "r"), mail(*recipients or ["b@x.test"], **parameters), octets)


def test_a_relay_gets_the_message_octet_by_octet(peer, courier):
    server = peer()
    (result,) = to_relay(courier(server.port), "b@x.test")
    assert isinstance(result, Delivered)
    assert (result.code, result.status, result.text, result.stage) == (250, "2.0.0", "kept", "final")
    assert (result.host, result.ip, result.tls, result.action) == ("127.0.0.1", "127.0.0.1", "", "relayed")
    got = server.message()
    assert (got["from"], got["to"], got["hello"]) == ("a@ours.test", ["b@x.test"], "us.test")
    assert got["content"].encode() == OCTETS


def test_recipients_share_a_transaction_and_each_has_its_own_fate(peer, courier):
    server = peer()
    results = to_relay(courier(server.port), "b@x.test", "later@x.test", "never@y.test", "c@y.test")
    assert [type(result) for result in results] == [Delivered, Deferred, Failed, Delivered]
    assert (results[1].stage, results[1].code, results[1].status) == ("rcpt", 450, "4.2.1")
    assert (results[2].error, results[2].status, results[2].text) == ("reply", "5.1.1", "no such user")
    assert server.message()["to"] == ["b@x.test", "c@y.test"]


def test_what_does_not_fit_goes_in_another_transaction(peer, courier):
    server = peer()
    results = to_relay(courier(server.port), *(f"crowd{number}@x.test" for number in range(5)))
    assert [type(result) for result in results] == [Delivered] * 5
    got = [server.message() for _ in range(3)]
    assert [len(message["to"]) for message in got] == [2, 2, 1]
    assert len({message["peer"] for message in got}) == 1


def test_a_refusal_of_the_content_is_final(peer, courier):
    (result,) = to_relay(courier(peer().port), octets=b"Subject: refuse\r\n\r\n")
    assert isinstance(result, Failed)
    assert (result.stage, result.status) == ("final", "5.6.0")


def test_the_next_mail_uses_the_same_connection(peer, courier):
    server = peer()
    one = courier(server.port)
    to_relay(one)
    to_relay(one)
    assert server.message()["peer"] == server.message()["peer"]


def test_a_connection_that_died_while_idle_is_replaced(rude, courier):
    server = rude(GREETING, EHLO, OK * 2 + GO, OK)
    one = courier(server.port)
    assert [type(to_relay(one)[0]) for _ in range(3)] == [Delivered] * 3


def test_a_server_that_reports_itself_is_trusted_with_the_report(peer, courier):
    (result,) = to_relay(courier(peer("dsn").port))
    assert isinstance(result, Delivered)
    assert (result.action, result.passed_on) == ("delivered", True)


# TLS


def test_tls_is_used_where_it_is_offered(peer, courier):
    server = peer("starttls")
    (result,) = to_relay(courier(server.port))
    assert result.tls.startswith("TLSv1.")
    assert server.message()["tls"]


def test_tls_is_not_used_where_it_is_forbidden(peer, courier):
    server = peer("starttls")
    (result,) = to_relay(courier(server.port, tls_level="none"))
    assert isinstance(result, Delivered)
    assert result.tls == ""
    assert not server.message()["tls"]


def test_a_broken_handshake_is_followed_by_clear_text(rude, courier):
    server = rude(
        GREETING, EHLO, OK * 2 + GO, OK, first=(GREETING, b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n", b"what?")
    )  # fmt: skip
    (result,) = to_relay(courier(server.port))
    assert isinstance(result, Delivered)
    assert result.tls == ""


@pytest.mark.parametrize("level", ["encrypt", "verify"])
def test_where_tls_is_a_must_clear_text_waits(peer, courier, level):
    (result,) = to_relay(courier(peer().port, tls_level=level))
    assert isinstance(result, Deferred)
    assert (result.stage, result.error, result.status) == ("tls", "tls", "4.7.10")


def test_a_certificate_of_nobody_is_refused_where_it_must_be_valid(peer, courier):
    (result,) = to_relay(courier(peer("starttls").port, tls_level="verify"))
    assert isinstance(result, Deferred)
    assert "certificate" in result.text.lower()


def test_a_valid_certificate_is_accepted(peer, courier, certificate):
    server = peer("starttls")
    verified = courier(server.port, certificate / "self-signed.crt")
    (result,) = verified.deliver(Route("mx", tls_level="verify"), mail("b@good.test"), OCTETS)
    assert isinstance(result, Delivered)
    assert server.message()["tls"]


def test_a_name_that_is_not_in_the_certificate_is_refused(peer, courier, certificate):
    verified = courier(peer("starttls").port, certificate / "self-signed.crt")
    (result,) = verified.deliver(Route("mx", tls_level="verify"), mail("b@plain.test"), OCTETS)
    assert (result.stage, result.error) == ("tls", "tls")


def test_implicit_tls(peer, courier):
    server = peer("implicit")
    (result,) = to_relay(courier(server.port, implicit_tls=True, allow_invalid_certificates=True))
    assert isinstance(result, Delivered)
    assert server.message()["tls"]


def test_mail_that_requires_tls_is_not_sent_without_it(peer, courier):
    (result,) = to_relay(courier(peer().port), requiretls=True)
    assert isinstance(result, Failed)
    assert (result.status, result.error) == ("5.7.30", "requiretls")


# AUTH


def test_a_relay_is_logged_in_to(peer, courier):
    server = peer("starttls", "auth")
    (result,) = to_relay(courier(server.port, username="u", secret="secret", allow_invalid_certificates=True))
    assert isinstance(result, Delivered)
    assert server.message()["login"] == "u"


def test_a_wrong_password_is_no_reason_to_bounce(peer, courier):
    (result,) = to_relay(
        courier(peer("starttls", "auth").port, username="u", secret="wrong", allow_invalid_certificates=True)
    )
    assert isinstance(result, Deferred)
    assert (result.stage, result.code, result.status) == ("auth", 535, "4.7.8")


def test_a_password_is_not_told_in_the_clear(rude, courier):
    server = rude(GREETING, b"250-x\r\n250 AUTH PLAIN\r\n", b"235 ok\r\n")
    (result,) = to_relay(courier(server.port, username="u", secret="secret"))
    assert (result.stage, result.error) == ("tls", "tls")
    assert not any(b"AUTH" in octets for octets in server.received)


# LMTP


def test_lmtp_answers_for_each_recipient(peer, courier):
    server = peer("lmtp")
    results = to_relay(courier(server.port, protocol="lmtp"), "b@x.test", "full@x.test")
    assert [type(result) for result in results] == [Delivered, Deferred]
    assert results[1].status == "4.2.2"
    assert server.message()["to"] == ["b@x.test", "full@x.test"]


# Rude servers


@pytest.mark.parametrize(
    ("lines", "stage", "code"),
    [
        ([b"554 5.7.1 go away\r\n"], "greeting", 554),
        ([GREETING, b"550 5.7.1 not you\r\n"], "ehlo", 550),
        ([GREETING, EHLO, b"451 4.3.0 no\r\n" * 3], "mail", 451),
        ([GREETING, EHLO, b"250 ok\r\n421 4.3.2 bye\r\n"], "rcpt", 421),
        ([GREETING, EHLO, OK * 2 + b"451 4.3.0 no\r\n", OK], "data", 451),
        ([GREETING, EHLO, OK * 2 + GO, b"452 4.3.1 full\r\n"], "final", 452),
    ],
)
def test_a_no_of_any_kind_waits(rude, courier, lines, stage, code):
    (result,) = to_relay(courier(rude(*lines).port))
    assert isinstance(result, Deferred)
    assert (result.stage, result.code, result.error) == (stage, code, "reply")


@pytest.mark.parametrize(
    ("lines", "stage"),
    [([], "greeting"), ([GREETING], "ehlo"), ([GREETING, EHLO], "mail"), ([GREETING, EHLO, OK * 2 + GO], "final")],
)
def test_silence_is_a_timeout(rude, courier, lines, stage):
    (result,) = to_relay(courier(rude(*lines, hangs=True).port))
    assert isinstance(result, Deferred)
    assert (result.stage, result.error) == (stage, "timeout")


@pytest.mark.parametrize(("lines", "stage"), [([GREETING], "ehlo"), ([GREETING, EHLO, OK * 2 + GO], "final")])
def test_a_lost_connection_waits(rude, courier, lines, stage):
    (result,) = to_relay(courier(rude(*lines).port))
    assert isinstance(result, Deferred)
    assert (result.stage, result.error) == (stage, "connect")


def test_nonsense_waits(rude, courier):
    (result,) = to_relay(courier(rude(b"HTTP/1.0 400 Bad Request\r\n").port))
    assert (type(result), result.error) == (Deferred, "protocol")


def test_an_unknown_relay_waits_for_the_administrator(courier):
    (result,) = courier(1).deliver(Route("relay", "other"), mail("b@x.test"), OCTETS)
    assert isinstance(result, Deferred)
    assert "other" in result.text


# MX


def test_a_domain_without_mx_is_its_own(peer, courier):
    server = peer()
    (result,) = courier(server.port).deliver(MX, mail("b@plain.test"), OCTETS)
    assert isinstance(result, Delivered)
    assert (result.host, server.message()["to"]) == ("plain.test", ["b@plain.test"])


def test_the_next_host_is_tried_when_the_first_is_dead(peer, courier):
    server = peer()
    one = courier(server.port)
    (result,) = one.deliver(MX, mail("b@two.test"), OCTETS)
    assert isinstance(result, Delivered)
    assert result.host == "mx.test"
    server.message()


def test_a_host_can_be_skipped(courier):
    (result,) = courier(1).deliver(Route("mx", skip_host="mx.test"), mail("b@two.test"), OCTETS)
    assert (type(result), result.host) == (Deferred, "dead.test")


def test_a_dead_host_is_not_asked_again_at_once(courier):
    one = courier(1)
    first, second = (one.deliver(MX, mail("b@plain.test"), OCTETS)[0] for _ in range(2))
    assert (first.stage, first.error) == ("connect", "connect")
    assert second is first


@pytest.mark.parametrize(
    ("domain", "kind", "status"),
    [
        ("null.test", Failed, "5.1.10"),
        ("missing.test", Failed, "5.1.2"),
        ("nowhere.test", Failed, "5.4.4"),
        ("x.fail.test", Deferred, "4.4.3"),
        ("unsure.test", Deferred, "4.4.3"),
        ("us.test", Failed, "5.4.6"),
        ("[0.0.0.0]", Failed, "5.4.6"),
        ("[nonsense]", Failed, "5.4.6"),
    ],
)
def test_domains_that_take_no_mail(courier, domain, kind, status):
    (result,) = courier(1).deliver(MX, mail(f"b@{domain}"), OCTETS)
    assert (type(result), result.status, result.stage) == (kind, status, "dns")


def test_our_own_address_is_a_loop(courier):
    (result,) = courier(1, own_ips=frozenset({"127.0.0.1"})).deliver(MX, mail("b@good.test"), OCTETS)
    assert (type(result), result.status) == (Failed, "5.4.6")


def test_loopback_addresses_in_the_dns_are_not_believed(resolver):
    strict = RemoteCourier(resolver, RemoteSettings("us.test", 1, timeouts=TIMEOUTS))
    (result,) = strict.deliver(MX, mail("b@good.test"), OCTETS)
    assert (type(result), result.status) == (Failed, "5.4.6")


def test_unauthenticated_mx_records_do_not_get_mail_that_requires_tls(courier):
    (result,) = courier(1).deliver(MX, mail("b@good.test", requiretls=True), OCTETS)
    assert (type(result), result.status) == (Failed, "5.7.10")


def test_a_deadline_is_not_entrusted_to_a_server_that_knows_none(peer, courier):
    (result,) = to_relay(courier(peer().port), by_seconds=60, by_mode="R")
    assert (type(result), result.status) == (Failed, "5.3.3")
