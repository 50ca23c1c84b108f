"""The runner with real scripts, real mailboxes and a real server on the other side."""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest

from stalwart_g.green import tasks
from stalwart_g.model.envelope import MailParameters
from stalwart_g.queue import rows
from stalwart_g.queue.entry import State
from stalwart_g.queue.requests import Request
from stalwart_g.store import Batch

DAY = 86400.0


def report(octets: bytes) -> tuple[Any, list[Any]]:
    """A delivery report: its header, and the groups of fields about recipients."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    groups = [group for group in list(message.iter_parts())[1].get_payload() if group.keys()]
    return message, groups[1:]


def test_mail_for_an_account_is_stored(office):
    office.send("bob@us.test", octets=b"Subject: x\r\n\r\n")
    (stored,) = office.inbox("bob")
    assert stored.endswith(b"\r\nSubject: x\r\n\r\n")
    assert office.queued == []


def test_long_mail_too(office):
    office.send("bob@us.test", octets=b"Subject: x\r\n\r\n" + b"y" * 1000)
    assert len(office.inbox("bob")) == 1


def test_mail_for_others_is_relayed(office, peer):
    office.send("x@other.test", "y@other.test")
    got = peer.message()
    assert (got["from"], got["to"]) == ("alice@us.test", ["x@other.test", "y@other.test"])
    assert (office.queued, office.inbox()) == ([], [])


def test_each_recipient_goes_its_own_way(office, peer):
    office.send("bob@us.test", "x@other.test", "carol@us.test")
    assert peer.message()["to"] == ["x@other.test"]
    assert len(office.inbox("bob")) == len(office.inbox("carol")) == 1


def test_an_address_of_several_accounts_is_for_each_of_them(office):
    office.send("all@us.test")
    assert len(office.inbox("bob")) == len(office.inbox("carol")) == 1
    assert office.queued == []


def test_what_is_deferred_is_tried_again_as_the_ladder_says(office):
    office.send("later@other.test")
    (recipient,) = office.queued
    assert (recipient.state, recipient.attempts, recipient.due) == (State.SCHEDULED, 1, office.now + 60.0)
    assert (recipient.last.code, recipient.last.stage, recipient.last.host) == (450, "rcpt", "127.0.0.1")
    office.later(60.0)
    (recipient,) = office.queued
    assert (recipient.attempts, recipient.due) == (2, office.now + 600.0)


def test_only_what_is_open_is_tried_again(office, peer):
    office.send("x@other.test", "later@other.test")
    assert peer.message()["to"] == ["x@other.test"]
    assert sorted(recipient.state for recipient in office.queued) == [State.SCHEDULED, State.COMPLETED]


# Reports


def test_the_sender_hears_of_a_failure_once(office):
    office.send("never@other.test")
    (octets,) = office.inbox("alice")
    header, (failed,) = report(octets)
    assert (header["to"], header["references"]) == ("alice@us.test", "<m@us.test>")
    assert (failed["final-recipient"], failed["action"]) == ("rfc822; never@other.test", "failed")
    assert failed["diagnostic-code"] == "smtp; 550 5.1.1 no such user"
    assert octets.startswith(b"Return-Path: <>\r\n")
    assert office.queued == []


def test_failures_of_one_attempt_are_in_one_report(office, peer):
    office.send("never1@other.test", "never2@other.test", "x@other.test")
    peer.message()
    (octets,) = office.inbox("alice")
    assert len(report(octets)[1]) == 2


def test_nobody_hears_of_the_failure_of_a_bounce(office):
    office.send("never@other.test", sender="")
    assert office.queued == []


def test_a_report_that_fails_is_not_reported(office):
    office.send("never@other.test", sender="never@other.test")
    assert office.queued == []
    assert office.inbox("alice") == []


@pytest.mark.parametrize(("what", "held"), [("hold", 1), ("postmaster", 1), ("drop", 0)])
def test_a_double_bounce_can_be_kept(office, what, held):
    office.change(double_bounce=what)
    office.send("never@other.test", sender="")
    assert len(office.queued) == held


def test_the_sender_hears_of_success_on_demand(office, peer):
    office.send("bob@us.test?SUCCESS", "x@other.test?SUCCESS", "carol@us.test")
    peer.message()
    told = [report(octets)[1] for octets in office.inbox("alice")]
    assert sorted((group["final-recipient"], group["action"]) for groups in told for group in groups) == [
        ("rfc822; bob@us.test", "delivered"),
        ("rfc822; x@other.test", "relayed"),
    ]


def test_success_of_a_list_is_told_once(office):
    office.send("all@us.test?SUCCESS")
    (octets,) = office.inbox("alice")
    (group,) = report(octets)[1]
    assert (group["final-recipient"], group["action"]) == ("rfc822; all@us.test", "expanded")


def test_who_does_not_want_to_hear_hears_nothing(office):
    office.send("never@other.test?NEVER")
    assert office.inbox("alice") == []


def test_the_sender_hears_of_a_delay_once(office):
    office.send("later@other.test")
    office.later(DAY - 1)
    assert office.inbox("alice") == []
    office.later(1)
    (octets,) = office.inbox("alice")
    (delayed,) = report(octets)[1]
    assert (delayed["action"], delayed["status"]) == ("delayed", "4.2.1")
    assert delayed["will-retry-until"]
    office.later(2 * DAY)
    assert len(office.inbox("alice")) == 1


def test_at_the_end_of_its_life_it_fails(office):
    office.send("later@other.test")
    office.later(5 * DAY)
    _, (failed,) = report(office.inbox("alice")[-1])
    assert (failed["action"], failed["status"]) == ("failed", "5.4.7")
    assert "450 4.2.1 not now" in failed["diagnostic-code"]
    assert office.queued == []


def test_a_deadline_of_the_sender_is_the_end(office):
    office.send("nobody@us.test", parameters=MailParameters(by_seconds=100, by_mode="R"))
    office.later(100)
    _, (failed,) = report(office.inbox("alice")[-1])
    assert failed["status"] == "5.4.7"


def test_an_account_that_is_missing_is_looked_for_twice(office):
    office.send("nobody@us.test")
    assert office.inbox("alice") == []
    office.later(60)
    _, (failed,) = report(office.inbox("alice")[-1])
    assert failed["status"] == "5.1.1"


def test_the_dsn_script_may_keep_it_quiet(office):
    office.stage("dsn", 'if environment "dsn.kind" "failure" { param "send" ""; }')
    office.send("never@other.test")
    assert (office.inbox("alice"), office.queued) == ([], [])


def test_the_dsn_script_may_want_all_of_it(office):
    office.stage("dsn", 'param "ret" "full";')
    office.send("never@other.test")
    assert b"message/rfc822" in office.inbox("alice")[0]


# Scripts


def test_the_retry_script_says_when(office):
    office.stage("retry", 'if environment "attempt.stage" "rcpt" { param "in" "7"; }')
    office.send("later@other.test")
    assert office.queued[0].due == office.now + 7


def test_the_retry_script_may_give_up(office):
    office.stage("retry", 'if environment "attempt.code" "450" { param "giveup" "1"; }')
    office.send("later@other.test")
    assert report(office.inbox("alice")[0])[1][0]["status"] == "4.2.1"


def test_the_retry_script_may_choose_another_way(office, peer):
    office.stage("route", 'param "via" "relay:dead";')
    office.stage("retry", 'if environment "attempt.error" "connect" { param "via" "relay:r"; param "in" "5"; }')
    office.send("x@other.test")
    office.later(5)
    assert peer.message()["to"] == ["x@other.test"]


def test_the_retry_script_may_tell_the_sender_at_once(office):
    office.stage("retry", 'param "notify" "1";')
    office.send("later@other.test")
    assert report(office.inbox("alice")[0])[1][0]["action"] == "delayed"


def test_the_route_script_may_refuse(office):
    office.stage("route", 'reply :code 550 :status "5.7.1" "not this way";')
    office.send("x@other.test", sender="")
    assert office.queued == []


def test_the_route_script_may_throw_away(office):
    office.stage("route", 'param "via" "discard";')
    office.send("x@far.test", "alice@us.test")
    assert office.queued == []
    assert office.inbox() == []


def test_the_route_script_may_hold(office):
    office.stage("route", 'if environment "rcpt.domain_local" "" { hold "looks odd"; } else { param "via" "local"; }')
    office.send("x@other.test", "bob@us.test")
    (entry,) = office.entries
    assert (entry.hold_reason, [recipient.state for recipient in entry.recipients]) == (
        "looks odd", [State.HELD, State.COMPLETED],
    )  # fmt: skip


@pytest.mark.parametrize(("stage", "param"), [("route", "mx.max"), ("deliver", "over_quota")])
def test_a_script_that_fails_costs_time_only(office, stage, param):
    office.stage(stage, f'require "variables"; param "{param}" "${{env.sender}}";')
    office.send("bob@us.test" if stage == "deliver" else "x@other.test")
    (recipient,) = office.queued
    assert (recipient.state, recipient.last.kind) == (State.SCHEDULED, "temp")


def test_a_retry_script_that_fails_leaves_it_to_the_ladder(office):
    office.stage("retry", 'require "variables"; param "in" "${env.sender}";')
    office.send("later@other.test")
    assert office.queued[0].due == office.now + 60


def test_a_dsn_script_that_fails_does_not_silence_the_report(office):
    office.stage("dsn", 'require "variables"; param "ret" "${env.sender}";')
    office.send("never@other.test")
    assert len(office.inbox("alice")) == 1


# Redirects


def test_a_redirect_goes_out_with_the_delivery(office, peer):
    office.script("bob", 'redirect "x@other.test";')
    office.send("bob@us.test")
    got = peer.message()
    assert (got["from"], got["to"]) == ("alice@us.test", ["x@other.test"])
    assert got["content"].startswith("Delivered-To: bob@us.test\r\n")
    assert (office.inbox("bob"), office.queued) == ([], [])


def test_two_who_redirect_to_each_other_end_in_a_report(office):
    office.script("bob", 'redirect "carol@us.test";')
    office.script("carol", 'redirect "bob@us.test";')
    office.send("bob@us.test")
    (octets,) = office.inbox("alice")
    assert report(octets)[1][0]["status"] == "5.4.6"


def test_a_refusal_of_a_user_is_a_report(office):
    office.script("bob", 'require "reject"; reject "no more";')
    office.send("bob@us.test")
    assert report(office.inbox("alice")[0])[1][0]["diagnostic-code"] == "smtp; 550 5.7.1 no more"


def test_a_mail_that_can_go_at_once_costs_two_commits(office):
    office.send("alice@us.test")
    before = office.queue_store.commits
    office.send("bob@us.test")
    assert office.queue_store.commits - before == 2


def test_what_was_delivered_before_the_stop_is_forgotten_with_it(office):
    office.start()
    sending = tasks.spawn(office.send, "alice@us.test")
    with tasks.timeout(5):
        while not office.inbox():
            tasks.sleep(0.001)
    office.stop()
    assert office.queued == []
    assert sending.join(5)


# Restarts and operators


def test_after_a_restart_it_goes_on(office, peer):
    office.stage("route", 'param "via" "relay:dead";')
    office.send("x@other.test")
    office.stop()
    office.stage("route", 'param "via" "relay:r";')
    office.start()
    office.later(60)
    assert peer.message()["to"] == ["x@other.test"]
    assert office.queued == []


def test_held_mail_goes_on_when_it_is_released(office):
    office.send("bob@us.test", hold_reason="odd")
    assert office.inbox("bob") == []
    batch = Batch()
    rows.put_request(batch, Request("release"))
    office.queue_store.commit(batch)
    assert office.spool.obey() == 1
    office.settle()
    assert len(office.inbox("bob")) == 1
