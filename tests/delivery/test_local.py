"""Local delivery with real scripts, a real directory and a real store."""

from __future__ import annotations

import pytest

from stalwart_g.delivery.outcome import Deferred, Delivered, Failed
from stalwart_g.model.address import Address
from stalwart_g.model.mail import Origin


def test_without_a_script_mail_is_in_the_inbox_with_its_trace(office):
    handled = office.deliver()
    assert isinstance(handled.outcome, Delivered)
    trace = b"Return-Path: <s@x.test>\r\nDelivered-To: alice@us.test\r\n"
    assert office.contents() == {"INBOX": [trace + office.octets]}


def test_the_same_delivery_twice_stores_once(office):
    office.deliver()
    assert isinstance(office.deliver().outcome, Delivered)
    assert len(office.contents()["INBOX"]) == 1


def test_two_messages_with_equal_octets_are_two(office):
    office.deliver()
    office.deliver(queue_id="q2")
    assert len(office.contents()["INBOX"]) == 2


def test_the_users_script_files(office):
    office.script(
        "alice",
        """require ["fileinto", "mailbox", "variables", "imap4flags", "envelope"];
        if allof(header :matches "subject" "[*] *", envelope "from" "s@x.test") {
            addflag ["$Filed", "\\\\Seen"]; fileinto :create "Lists/${1}";
        }""",
    )
    office.deliver()
    assert list(office.contents()) == ["Lists/ops"]
    assert office.flags("alice", "Lists", "ops") == [{"$filed", "$seen"}]


def test_a_missing_mailbox_is_the_inbox(office):
    office.script("alice", 'require "fileinto"; fileinto "Nowhere";')
    office.deliver()
    assert list(office.contents()) == ["INBOX"]


def test_scripts_know_which_mailboxes_there_are(office):
    office.script(
        "alice",
        """require ["fileinto", "mailbox"];
        if mailboxexists "Archive" { fileinto "Archive"; } if mailboxexists "Nowhere" { fileinto "Junk"; }""",
    )
    office.deliver()
    assert list(office.contents()) == ["Archive"]


def test_discarded_mail_is_nowhere(office):
    office.script("alice", "discard;")
    assert isinstance(office.deliver().outcome, Delivered)
    assert office.contents() == {}


def test_a_refusal_is_for_good_and_has_the_users_words(office):
    office.script("alice", 'require "reject"; reject "Not again,\\nplease";')
    outcome = office.deliver().outcome
    assert isinstance(outcome, Failed)
    assert (outcome.status, "Not again" in outcome.text) == ("5.7.1", True)
    assert office.contents() == {}


def test_a_redirect_is_a_new_mail_with_the_old_sender(office):
    office.script("alice", 'redirect "out@y.test";')
    handled = office.deliver()
    (mail,) = handled.mails
    assert (str(mail.envelope.reverse_path), str(mail.envelope.recipients[0].address)) == ("s@x.test", "out@y.test")
    assert mail.octets == b"Delivered-To: alice@us.test\r\n" + office.octets
    assert mail.origin.kind == "redirect"
    assert office.contents() == {}


def test_a_redirected_bounce_stays_a_bounce(office):
    office.script("alice", 'redirect "out@y.test";')
    (mail,) = office.deliver(reverse_path=Address("", "")).mails
    assert not mail.envelope.reverse_path


def test_a_copy_stays(office):
    office.script("alice", 'require "copy"; redirect :copy "out@y.test";')
    assert len(office.deliver().mails) == 1
    assert list(office.contents()) == ["INBOX"]


@pytest.mark.parametrize("broken", ["kepe;", 'require ["fileinto", "include"]; fileinto "Junk"; include "missing";'])
def test_a_script_with_an_error_costs_nothing(office, broken, caplog):
    office.script("alice", broken)
    assert isinstance(office.deliver().outcome, Delivered)
    assert list(office.contents()) == ["INBOX"]
    assert "alice/active.sieve:1" in caplog.text


def test_a_script_sees_what_smtp_said(office):
    office.script(
        "alice",
        """require ["environment", "envelope", "reject", "fileinto"];
        if allof(environment "vnd.stalwart_g.client.ip" "192.0.2.1", environment "location" "MDA",
                 environment "vnd.stalwart_g.spam.score" "3.5",
                 envelope "to" "alice+x@us.test") { fileinto "Junk"; }""",
    )
    office.deliver(to="alice+x@us.test", origin=Origin("smtp", ip="192.0.2.1"), notes={"spam.score": "3.5"})
    assert list(office.contents()) == ["Junk"]


# Loops


def test_what_has_been_here_before_goes_in_circles(office):
    outcome = office.deliver(octets=b"Delivered-To: ALICE@us.test\r\n" + office.octets).outcome
    assert isinstance(outcome, Failed)
    assert outcome.status == "5.4.6"


def test_what_has_been_everywhere_goes_in_circles(office):
    assert office.deliver(octets=b"Received: x\r\n" * 51 + office.octets).outcome.status == "5.4.6"


# The administrator's script


def test_the_stage_may_choose_the_mailbox(office):
    office.stage("deliver", 'param "mailbox" "Junk";')
    office.deliver()
    assert list(office.contents()) == ["Junk"]


def test_the_user_may_know_better(office):
    office.stage("deliver", 'param "mailbox" "Junk";')
    office.script("alice", 'require "fileinto"; fileinto "Archive";')
    office.deliver()
    assert list(office.contents()) == ["Archive"]


def test_the_stage_may_leave_the_user_out(office):
    office.stage("deliver", 'param "run_user_script" "";')
    office.script("alice", "discard;")
    office.deliver()
    assert list(office.contents()) == ["INBOX"]


def test_what_the_stage_files_is_filed(office):
    office.stage("deliver", 'fileinto "Archive";')
    office.script("alice", "discard;")
    office.deliver()
    assert list(office.contents()) == ["Archive"]


def test_a_copy_of_the_stage_is_beside_what_the_user_does(office):
    office.stage("deliver", 'fileinto :copy "Archive";')
    office.script("alice", 'require "fileinto"; fileinto "Junk";')
    office.deliver()
    assert sorted(office.contents()) == ["Archive", "Junk"]


@pytest.mark.parametrize(("code", "kind"), [(450, Deferred), (550, Failed)])
def test_the_stage_may_refuse(office, code, kind):
    office.stage("deliver", f'reply :code {code} :status "{code // 100}.7.1" "not here";')
    outcome = office.deliver().outcome
    assert (type(outcome), outcome.text) == (kind, "not here")


def test_the_stage_may_discard(office):
    office.stage("deliver", "discard;")
    assert isinstance(office.deliver().outcome, Delivered)
    assert office.contents() == {}


def test_junk_has_its_mailbox(office):
    office.deliver(notes={"spam.verdict": "spam"})
    assert list(office.contents()) == ["Junk"]


def test_the_stage_sees_account_and_quota(office):
    office.stage(
        "deliver",
        """if allof(environment "rcpt.account" "bob", environment "quota.limit" "500", environment "quota.used" "0",
                    environment "rcpt.detail" "d") { param "mailbox" "Junk"; }""",
    )
    office.deliver("bob", to="bob+d@us.test")
    assert list(office.contents("bob")) == ["Junk"]


# Quota


@pytest.mark.parametrize(
    ("choice", "kind", "status"),
    [("temp", Deferred, "4.2.2"), ("perm", Failed, "5.2.2"), ("accept", Delivered, "2.1.5")],
)
def test_a_full_mailbox(office, choice, kind, status):
    office.stage("deliver", f'param "over_quota" "{choice}";')
    outcome = office.deliver("bob", octets=office.octets + b"x" * 600).outcome
    assert (type(outcome), outcome.status) == (kind, status)
    assert bool(office.contents("bob")) is (choice == "accept")


# Who


def test_an_address_means_its_accounts(office):
    courier = office.courier()
    assert courier.accounts(Address("a", "us.test")) == ("alice",)
    assert sorted(courier.accounts(Address("all", "us.test"))) == ["bob", "carol"]


def test_an_unknown_address_fails(office):
    found = office.courier().accounts(Address("nobody", "us.test"))
    assert isinstance(found, Failed)
    assert found.status == "5.1.1"


def test_an_account_that_is_gone_fails(office):
    outcome = office.courier().deliver(office.letter("x@us.test"), "nobody").outcome
    assert (type(outcome), outcome.status) == (Failed, "5.1.1")
