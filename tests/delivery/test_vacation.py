"""Answers of users' scripts, from the script to the mail that enters the queue."""

from __future__ import annotations

import pytest

from sieve.message import Message, parse
from stalwart_g.delivery.outcome import Delivered, Failed
from stalwart_g.model.address import NULL, Address
from stalwart_g.model.mail import NewMail

AWAY = 'require "vacation"; vacation "I am away.";'
MAIL = b"From: S <s@x.test>\r\nTo: alice@us.test\r\nSubject: Lunch\r\nMessage-ID: <m@x.test>\r\n\r\nbody\r\n"
DAY = 86_400


@pytest.fixture
def away(office):
    """An office whose alice is away."""
    office.script("alice", AWAY)
    return office


def answers(office, number: int = 1, octets: bytes = MAIL, **subject: object) -> tuple[NewMail, ...]:
    handled = office.deliver("alice", octets, queue_id=f"q{number}", **subject)
    assert isinstance(handled.outcome, Delivered)
    return handled.mails


def message_of(mail: NewMail) -> Message:
    return parse(mail.octets)


def test_an_answer_is_from_nobody_to_the_sender(away):
    (mail,) = answers(away)
    assert not mail.envelope.reverse_path
    assert [(str(to.address), to.notify) for to in mail.envelope.recipients] == [("s@x.test", ("NEVER",))]
    assert mail.origin.kind == "reply"


def test_it_says_what_it_answers(away):
    (mail,) = answers(away)
    header = message_of(mail).header
    assert header("Subject") == ["Auto: Lunch"]
    assert header("In-Reply-To") == header("References") == ["<m@x.test>"]
    assert header("Auto-Submitted") == ["auto-replied"]


def test_it_is_from_the_owner(away):
    (mail,) = answers(away)
    assert message_of(mail).header("From") == ["Alice Smith <alice@us.test>"]


def test_it_may_be_from_any_address_of_the_account_but_no_other(away):
    away.script("alice", 'require "vacation-seconds"; vacation :seconds 0 :from "A <A@us.test>" "x";')
    assert message_of(answers(away)[0]).header("From") == ["A <A@us.test>"]
    away.script("alice", 'require "vacation-seconds"; vacation :seconds 0 :from "president@y.test" "x";')
    assert message_of(answers(away)[0]).addresses("From")[0].address == "alice@us.test"


def test_it_has_the_text(away):
    (mail,) = answers(away)
    assert message_of(mail).root.text == "I am away.\r\n"


def test_its_message_id_is_the_one_of_the_queue(away):
    (mail,) = answers(away)
    assert message_of(mail).header("Message-ID") == [mail.message_id]


def test_the_mail_is_kept_as_well(away):
    answers(away)
    assert list(away.contents()) == ["INBOX"]


def test_a_second_mail_of_the_sender_gets_none(away):
    answers(away, 1)
    assert answers(away, 2) == ()


def test_another_sender_gets_one(away):
    answers(away, 1)
    assert len(answers(away, 2, reverse_path=Address.of("t@x.test"))) == 1


def test_after_the_period_there_is_another(away):
    answers(away, 1)
    away.now += 7 * DAY + 1
    assert len(answers(away, 2)) == 1


def test_the_script_says_how_long_that_is(away):
    away.script("alice", 'require "vacation"; vacation :days 1 "I am away.";')
    answers(away, 1)
    away.now += DAY + 1
    assert len(answers(away, 2)) == 1


def test_seconds_may_be_none(away):
    away.script("alice", 'require "vacation-seconds"; vacation :seconds 0 "I am away.";')
    assert [len(answers(away, number)) for number in (1, 2)] == [1, 1]


def test_a_delivery_that_is_tried_again_writes_the_same_answer(away):
    first, second = answers(away, 1), answers(away, 1)
    assert [mail.octets for mail in first] == [mail.octets for mail in second]


def test_another_text_is_another_answer(away):
    answers(away, 1)
    away.script("alice", 'require "vacation"; vacation "I am far away.";')
    assert len(answers(away, 2)) == 1


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("List-Id: <l.x.test>", "mailing list"),
        ("Auto-Submitted: auto-generated", "submitted automatically"),
        ("Precedence: bulk", "bulk"),
    ],
)
def test_programs_and_lists_get_none_and_the_log_says_why(away, caplog, field, why):
    caplog.set_level("INFO")
    assert answers(away, octets=field.encode() + b"\r\n" + MAIL) == ()
    assert "not_written" in caplog.text
    assert why in caplog.text


def test_nor_do_bounces(away):
    assert answers(away, reverse_path=NULL) == ()


def test_nor_does_one_own_mail(away):
    assert answers(away, reverse_path=Address.of("a@us.test")) == ()


def test_nor_who_wrote_to_somebody_else(away):
    assert answers(away, octets=MAIL.replace(b"alice@us.test", b"carol@us.test")) == ()


def test_the_address_that_the_mail_came_to_is_one_of_the_account(away):
    octets = MAIL.replace(b"alice@us.test", b"all@us.test")
    handled = away.deliver("alice", octets, to="all@us.test")
    assert len(handled.mails) == 1


def test_a_copy_is_filed(away):
    away.script("alice", 'require ["vacation", "fcc"]; vacation :fcc "Sent" "I am away.";')
    (mail,) = answers(away)
    assert away.contents()["Sent"] == [mail.octets]


def test_no_copy_of_what_is_not_sent(away):
    away.script("alice", 'require ["vacation", "fcc"]; vacation :fcc "Sent" "I am away.";')
    answers(away, reverse_path=NULL)
    assert "Sent" not in away.contents()


def test_a_script_that_fails_answers_nobody(away):
    away.script("alice", 'require ["vacation", "ihave"]; vacation "I am away."; error "no";')
    assert answers(away) == ()
    away.script("alice", AWAY)
    assert len(answers(away, 2)) == 1


def test_a_refused_mail_is_not_answered(away):
    away.script("alice", 'require ["vacation", "reject"]; reject "no"; vacation "I am away.";')
    handled = away.deliver("alice", MAIL)
    assert handled.mails == ()
    assert list(away.contents()) == ["INBOX"]


def test_an_address_with_other_letters_needs_smtputf8(away):
    (mail,) = answers(away, reverse_path=Address.of("jürgen@x.test"))
    assert mail.envelope.parameters.smtputf8


def test_a_mail_that_cannot_be_stored_is_not_answered(away):
    away.script("bob", AWAY)
    octets = MAIL.replace(b"alice", b"bob") + b"x" * 600
    away.stage("deliver", 'param "over_quota" "perm";')
    handled = away.deliver("bob", octets)
    assert isinstance(handled.outcome, Failed)
    assert handled.mails == ()
