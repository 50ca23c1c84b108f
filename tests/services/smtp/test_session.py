"""Sessions over loopback with real scripts: what the client hears, and what gets into the queue."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from stalwart_g.directory.interface import DirectoryUnavailable, Principal
from stalwart_g.directory.memory import MemoryDirectory
from stalwart_g.green import tls
from stalwart_g.model.address import Address
from stalwart_g.model.errors import Deferred


def status(reply: str) -> str:
    """Code and enhanced code."""
    return " ".join(reply.split()[:2])


# The way of a message


def test_a_message_is_queued_as_it_came_with_our_trace_on_top(world: Any) -> None:
    client = world.hello()
    reply = client.send_mail("alice@example.test", text="Subject: hi\r\n\r\n..dot")
    (mail,) = world.spool
    assert reply == "250 2.0.0 Queued id=0000000000000001"
    assert mail.octets.endswith(b"\r\nSubject: hi\r\n\r\n.dot\r\n")
    trace = mail.octets.partition(b"Subject")[0].replace(b"\r\n\t", b" ")
    wanted = rb"Received: from c\.example \(unknown \[127\.0\.0\.1\]\) by mx\.example\.test with ESMTP id \w+\.1 "
    assert re.match(wanted + rb"for <alice@example\.test>; Wed, 18 Nov 2026 11:06:40 \+0000", trace)


def test_the_queue_learns_who_sent_it_and_from_where(world: Any) -> None:
    client = world.hello()
    client.send_mail("alice@example.test", "bob@example.test", sender="")
    (mail,) = world.spool
    assert mail.envelope.reverse_path == Address("", "")
    assert [str(recipient.address) for recipient in mail.envelope.recipients] == [
        "alice@example.test",
        "bob@example.test",
    ]
    assert (mail.origin.kind, mail.origin.ip, mail.origin.helo) == ("smtp", "127.0.0.1", "c.example")


def test_terms_of_the_client_reach_the_queue(world: Any) -> None:
    client = world.hello()
    client.all(
        "MAIL FROM:<x@sender.example> RET=HDRS ENVID=a+2Bb BODY=8BITMIME",
        "RCPT TO:<alice@example.test> NOTIFY=SUCCESS ORCPT=rfc822;Alice@example.test",
        "DATA",
    )
    client.say("A: b\r\n\r\n", ".")
    (mail,) = world.spool
    assert (mail.envelope.parameters.ret, mail.envelope.parameters.envid) == ("HDRS", "a+b")
    assert mail.envelope.recipients[0].notify == ("SUCCESS",)
    assert mail.envelope.recipients[0].orcpt == "rfc822;Alice@example.test"


def test_a_recipient_counts_once(world: Any) -> None:
    client = world.hello()
    client.send_mail("alice@example.test", "alice@EXAMPLE.test")
    assert len(world.spool[0].envelope.recipients) == 1


def test_two_messages_in_one_session(world: Any) -> None:
    client = world.hello()
    assert status(client.send_mail("alice@example.test")) == "250 2.0.0"
    assert status(client.send_mail("bob@example.test")) == "250 2.0.0"
    assert len(world.spool) == 2


def test_a_pipelined_transaction_has_its_replies_in_order(world: Any) -> None:
    client = world.hello()
    first = client.say("MAIL FROM:<a@b>", "RCPT TO:<nobody@example.test>", "RCPT TO:<alice@example.test>", "DATA")
    assert [status(first), *(status(client.hear()) for _ in range(3))] == [
        "250 2.1.0", "550 5.1.1", "250 2.1.5", "354 End",
    ]  # fmt: skip


def test_results_that_claim_to_be_ours_are_taken_out(world: Any) -> None:
    world.hello().send_mail("alice@example.test", text="Authentication-Results: mx.example.test; spf=pass\r\nA: b\r\n")
    assert b"Authentication-Results" not in world.spool[0].octets


# Refusals that no script is needed for


def test_a_message_without_a_header_is_refused(world: Any) -> None:
    assert status(world.hello().send_mail("alice@example.test", text="\r\nbody")) == "554 5.6.0"


@pytest.mark.parametrize(("hops", "wanted"), [(50, "250 2.0.0"), (51, "554 5.4.6")])
def test_a_loop_is_cut(world: Any, hops: int, wanted: str) -> None:
    text = "Received: from a by b; Wed, 18 Nov 2026 11:06:40 +0000\r\n" * hops + "\r\nbody"
    assert status(world.hello().send_mail("alice@example.test", text=text)) == wanted


def test_what_cannot_be_queued_now_is_not_lost(world: Any) -> None:
    world.spool.error = Deferred("the store does not answer")
    client = world.hello()
    assert status(client.send_mail("alice@example.test")) == "451 4.3.5"
    world.spool.error = None
    assert status(client.send_mail("alice@example.test")) == "250 2.0.0"


def test_nothing_is_taken_while_the_disk_is_full(world: Any) -> None:
    world.disk_is_low = True
    assert status(world.hello().say("MAIL FROM:<a@b>")) == "452 4.3.1"


def test_an_error_of_ours_tells_the_client_nothing(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.spool.error = KeyError("some bug")
    client = world.hello()
    assert status(client.send_mail("alice@example.test")) == "421 4.3.0"
    assert client.hear() == ""
    assert "some bug" in caplog.text


def test_too_many_refused_recipients_end_the_session(world: Any) -> None:
    client = world.hello(rcpt_errors_max=2)
    client.say("MAIL FROM:<a@b>")
    replies = [status(client.say(f"RCPT TO:<nobody{number}@example.test>")) for number in range(3)]
    assert replies == ["550 5.1.1", "550 5.1.1", "421 4.3.0"]


# Relaying


def test_a_stranger_cannot_relay(world: Any) -> None:
    client = world.hello()
    client.say("MAIL FROM:<a@b>")
    assert status(client.say("RCPT TO:<x@elsewhere.example>")) == "550 5.7.1"


def test_a_script_that_forgets_makes_no_open_relay(world: Any) -> None:
    world.scripts["rcpt"] = "keep;"
    client = world.hello()
    client.say("MAIL FROM:<a@b>")
    assert status(client.say("RCPT TO:<x@elsewhere.example>")) == "550 5.7.1"


def test_a_rewritten_recipient_is_judged_too(world: Any) -> None:
    world.scripts["rcpt"] = 'setenvelope "to" "x@elsewhere.example";'
    client = world.hello()
    client.say("MAIL FROM:<a@b>")
    assert status(client.say("RCPT TO:<alice@example.test>")) == "550 5.7.1"


def test_a_user_may_relay(world: Any) -> None:
    client = world.hello()
    client.login("alice")
    assert status(client.send_mail("x@elsewhere.example", sender="alice@example.test")) == "250 2.0.0"
    (mail,) = world.spool
    assert (mail.origin.kind, mail.origin.account) == ("submission", "alice")
    assert b" with ESMTPA " in mail.octets.replace(b"\r\n\t", b" ")


# Authentication and TLS


def test_a_wrong_password_is_refused_and_too_many_of_them_end_the_session(world: Any) -> None:
    client = world.hello(auth_errors_max=2)
    assert [status(client.login("alice", "wrong")) for _ in range(3)] == ["535 5.7.8", "535 5.7.8", "421 4.3.0"]


def test_login_asks_for_name_and_password(world: Any) -> None:
    client = world.hello()
    assert client.all("AUTH LOGIN", "YWxpY2U=", "c2VjcmV0")[-1].startswith("235 2.7.0")


def test_a_cancelled_exchange_leaves_the_session_usable(world: Any) -> None:
    client = world.hello()
    assert status(client.all("AUTH LOGIN", "*")[-1]) == "501 5.7.0"
    assert status(client.login("alice")) == "235 2.7.0"


@pytest.mark.parametrize(("impersonate", "wanted"), [("", "535 5.7.8"), ("1", "235 2.7.0")])
def test_acting_for_somebody_else_needs_the_scripts_word(world: Any, impersonate: str, wanted: str) -> None:
    world.scripts["auth"] = f'param "impersonate" "{impersonate}";'
    assert status(world.hello().login("alice", authorization_id="bob")) == wanted


def test_a_script_refuses_good_credentials_and_cannot_accept_bad_ones(world: Any) -> None:
    world.scripts["auth"] = """
        if environment :is "auth.login" "bob" { reply :code 535 :status "5.7.1" "not from here"; }
    """
    client = world.hello()
    assert status(client.login("bob")) == "535 5.7.1"
    assert status(client.login("alice", "wrong")) == "535 5.7.8"


class Down(MemoryDirectory):
    """Answers nothing."""

    def authenticate(self, login: str, password: str) -> Principal | None:
        raise DirectoryUnavailable("down")

    def is_local_domain(self, domain: str) -> bool:
        raise DirectoryUnavailable("down")


def test_a_directory_that_is_down_refuses_nobody_for_good(world: Any, directory: MemoryDirectory) -> None:
    world.directory = Down(directory._settings, directory._passwords)
    client = world.hello(auth_errors_max=0)
    assert status(client.login("alice")) == "454 4.7.0"
    assert status(client.all("MAIL FROM:<a@b>", "RCPT TO:<alice@example.test>")[-1]).startswith("451 4.")
    assert status(client.say("NOOP")) == "250 2.0.0"


def test_tls_starts_and_everything_before_is_forgotten(world: Any, server_tls: tls.ServerTls) -> None:
    world.tls = server_tls.current
    world.scripts["ehlo"] = 'param "auth.mechanisms" "PLAIN";'
    client = world.connect()
    offer = client.say("EHLO c.example")
    assert "STARTTLS" in offer
    assert "AUTH" not in offer.split()
    assert status(client.say("STARTTLS")) == "220 2.0.0"
    client.stream.starttls(tls.opportunistic_context(), server_side=False)
    assert status(client.say("MAIL FROM:<a@b>")) == "503 5.5.1"
    offer = client.say("EHLO c.example")
    assert "AUTH PLAIN" in offer
    assert "STARTTLS" not in offer
    client.login("alice")
    client.send_mail("alice@example.test", sender="alice@example.test")
    assert b"with ESMTPSA " in world.spool[0].octets.replace(b"\r\n\t", b" ")
    assert b"(TLSv1." in world.spool[0].octets


def test_starttls_is_not_offered_without_a_certificate(world: Any) -> None:
    assert "STARTTLS" not in world.connect().say("EHLO c.example")


# Stages


def test_the_connect_script_turns_clients_away(world: Any) -> None:
    world.scripts["connect"] = 'reply :code 554 :status "5.7.1" "go away";'
    client = world.connect()
    assert status(client.greeting) == "554 5.7.1"
    assert client.hear() == ""


def test_the_connect_script_sets_greeting_and_limits(world: Any) -> None:
    world.scripts["connect"] = 'param "greeting" "hi there"; param "errors.max" "2";'
    client = world.connect()
    assert client.greeting == "220 mx.example.test ESMTP hi there"
    assert [status(reply) for reply in client.all("HUH", "HUH")] == ["500 5.5.1", "421 4.7.0"]


def test_a_banned_client_is_not_let_in_again(world: Any) -> None:
    world.scripts["auth"] = 'if environment :is "auth.result" "bad" { param "ban" "60"; }'
    world.hello().login("alice", "wrong")
    assert status(world.connect().greeting) == "421 4.7.0"


def test_nobody_waits_for_a_client_that_has_said_quit(world: Any) -> None:
    client = world.connect(linger_seconds=60.0)
    assert status(client.say("QUIT")) == "221 2.0.0"
    assert world.sessions[0].join(5)


def test_the_ehlo_script_decides_what_is_offered(world: Any) -> None:
    world.scripts["ehlo"] = 'param "ext.chunking" ""; param "size" "1000"; param "auth.required" "1";'
    client = world.connect()
    offer = client.say("EHLO c.example")
    assert "CHUNKING" not in offer
    assert "SIZE 1000" in offer
    assert status(client.say("MAIL FROM:<a@b>")) == "530 5.7.0"


def test_the_mail_script_changes_the_sender(world: Any) -> None:
    world.scripts["mail"] = 'setenvelope "from" "list@example.test"; setenvelope "envid" "e1";'
    world.hello().send_mail("alice@example.test")
    envelope = world.spool[0].envelope
    assert (str(envelope.reverse_path), envelope.parameters.envid) == ("list@example.test", "e1")


def test_the_mail_script_limits_the_recipients(world: Any) -> None:
    world.scripts["mail"] = 'param "rcpts.max" "1";'
    client = world.hello()
    replies = client.all("MAIL FROM:<a@b>", "RCPT TO:<alice@example.test>", "RCPT TO:<bob@example.test>")
    assert status(replies[-1]) == "452 4.5.3"


def test_the_rcpt_script_expands_an_address(world: Any) -> None:
    world.scripts["rcpt"] = 'setenvelope "to" ["alice@example.test", "bob@example.test"];'
    world.hello().send_mail("all@example.test")
    assert [each.address.local for each in world.spool[0].envelope.recipients] == ["alice", "bob"]


def test_a_dropped_recipient_looks_welcome(world: Any) -> None:
    world.scripts["rcpt"] = 'if environment :is "rcpt.local" "bob" { discard; }'
    client = world.hello()
    assert status(client.send_mail("alice@example.test", "bob@example.test")) == "250 2.0.0"
    assert len(world.spool[0].envelope.recipients) == 1


def test_a_discarded_message_looks_welcome(world: Any) -> None:
    world.scripts["data"] = "discard;"
    reply = world.hello().send_mail("alice@example.test")
    assert re.fullmatch(r"250 2\.0\.0 Queued id=[0-9a-f]{16}", reply)
    assert not world.spool


def test_the_data_script_sees_message_and_envelope(world: Any) -> None:
    world.scripts["data"] = """
        reply :code 550 :status "5.7.1"
            "${env.msg.size} ${env.sender} ${env.rcpts} ${env.helo.name} ${env.from.domain}";
    """
    client = world.hello()
    reply = client.send_mail("alice@example.test", "bob@example.test", text="From: <a@author.example>\r\n\r\n")
    wanted = "550 5.7.1 30 x@sender.example alice@example.test bob@example.test c.example author.example"
    assert reply == wanted


def test_the_data_script_holds_a_message(world: Any) -> None:
    world.scripts["data"] = 'hold "looks odd"; param "priority" "3";'
    assert status(world.hello().send_mail("alice@example.test")) == "250 2.0.0"
    assert (world.spool[0].hold_reason, world.spool[0].priority) == ("looks odd", 3)


def test_notes_of_a_transaction_travel_with_its_message(world: Any) -> None:
    world.scripts["mail"] = 'note :txn "a" "1";'
    client = world.hello()
    client.say("MAIL FROM:<a@b>")
    client.say("RSET")
    world.scripts["mail"] = "keep;"
    client.send_mail("alice@example.test")
    assert world.spool[0].notes == {"a": "1"}


def test_users_stay_where_nobody_knows_if_the_script_wants_it(world: Any) -> None:
    world.scripts["data"] = 'param "received.hide_client" "1"; param "add.date" "1"; param "add.msgid" "1";'
    world.hello().send_mail("alice@example.test")
    octets = world.spool[0].octets
    assert b"127.0.0.1" not in octets
    assert b"c.example" not in octets
    assert re.search(rb"Subject: hi\r\nDate: Wed, 18 Nov 2026 .*\r\nMessage-ID: <.*@mx\.example\.test>\r\n\r\n", octets)


def test_a_script_that_fails_defers_and_the_session_goes_on(world: Any) -> None:
    world.scripts["mail"] = 'if environment :is "sender.owned" "x" { keep; } reply :code 421 :status "4.7.0" "later";'
    client = world.hello()
    assert status(client.say("MAIL FROM:<a@b>")) == "421 4.7.0"
    assert client.hear() == ""


def test_each_stage_leaves_a_line_in_the_log(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        client = world.hello()
        client.login("alice")
        client.send_mail("alice@example.test")
    for stage in ("connect", "ehlo", "auth", "mail", "rcpt", "data"):
        assert re.search(rf"decided session=\w+ stage={stage} verdict=accept script=\S*{stage}\.sieve:\d+", caplog.text)


# The rest


def test_lmtp_answers_for_each_recipient(world: Any) -> None:
    client = world.hello(lmtp=True)
    assert client.greeting == "220 mx.example.test LMTP stalwart_g"
    first = client.send_mail("alice@example.test", "nobody@example.test", "bob@example.test")
    assert [status(first), status(client.hear())] == ["250 2.0.0"] * 2
    assert b" with LMTP " in world.spool[0].octets.replace(b"\r\n\t", b" ")


def test_hold_until_has_to_be_in_the_offered_future(world: Any) -> None:
    world.scripts["ehlo"] = 'param "ext.futurerelease" "86400";'
    client = world.hello()
    assert status(client.say("MAIL FROM:<a@b> HOLDUNTIL=2026-11-18T11:00:00Z")) == "501 5.5.4"
    assert status(client.say("MAIL FROM:<a@b> HOLDUNTIL=2026-11-20T11:00:00Z")) == "501 5.5.4"
    client.say("MAIL FROM:<a@b> HOLDFOR=60")
    client.all("RCPT TO:<alice@example.test>", "DATA")
    client.say("A: b\r\n\r\n", ".")
    assert world.spool[0].envelope.parameters.hold_until == world.now + 60


@pytest.mark.parametrize(
    ("offered", "command", "wanted"),
    [
        ("", "VRFY alice", "252 2.5.1"),
        ("", "EXPN all@example.test", "502 5.7.0"),
        ("1", "VRFY alice", "250 2.1.5"),
        ("1", "VRFY nosuch", "550 5.1.1"),
        ("1", "EXPN <all@example.test>", "250 2.1.5"),
    ],
)
def test_looking_up_people(world: Any, offered: str, command: str, wanted: str) -> None:
    world.scripts["ehlo"] = f'param "ext.vrfy" "{offered}"; param "ext.expn" "{offered}";'
    assert status(world.hello().say(command)) == wanted


def test_bare_newlines_are_refused_from_strangers_and_normalized_for_users(world: Any) -> None:
    client = world.hello()
    assert status(client.send_mail("alice@example.test", text="A: b\r\n\r\none\ntwo")) == "550 5.6.11"
    client.login("alice")
    assert status(client.send_mail("alice@example.test", text="A: b\r\n\r\none\ntwo")) == "250 2.0.0"
    assert world.spool[0].octets.endswith(b"one\r\ntwo\r\n")


def test_a_user_who_says_hello_again_is_still_known_to_scripts(world: Any) -> None:
    world.scripts["mail"] = 'note "account" "${env.auth.account}";'
    client = world.hello()
    client.login("alice")
    client.say("EHLO d.example")
    client.send_mail("bob@example.test", sender="alice@example.test")
    assert world.spool[-1].notes["account"] == "alice"
