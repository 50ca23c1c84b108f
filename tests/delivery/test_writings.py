"""Notifications, reports, and what else users' scripts may do at delivery beyond RFC 5228."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sieve.message import parse
from stalwart_g.delivery.settings import ExternalList
from stalwart_g.model.address import NULL, Address
from stalwart_g.model.envelope import MailParameters, Recipient
from stalwart_g.model.mailbox import object_id

MAIL = b"From: S <s@x.test>\r\nTo: alice@us.test\r\nSubject: Fire\r\nMessage-ID: <m@x.test>\r\n\r\nbody\r\n"


def mails_of(office, script: str, octets: bytes = MAIL, **subject: object):
    office.script("alice", script)
    return office.deliver("alice", octets, **subject).mails


# Notifications

NOTIFY = 'require "enotify"; notify :message "Look" "mailto:pager@y.test?cc=b@y.test";'


def test_a_notification_goes_to_all_recipients_of_its_uri(office):
    (mail,) = mails_of(office, NOTIFY)
    assert [str(to.address) for to in mail.envelope.recipients] == ["pager@y.test", "b@y.test"]
    assert parse(mail.octets).header("Subject") == ["Look"]


def test_it_is_from_the_owner(office):
    (mail,) = mails_of(office, NOTIFY)
    assert str(mail.envelope.reverse_path) == "alice@us.test"


def test_nobody_writes_in_the_name_of_others(office):
    (mail,) = mails_of(office, 'require "enotify"; notify :from "president@y.test" "mailto:pager@y.test";')
    assert parse(mail.octets).addresses("From")[0].address == "alice@us.test"


def test_nobody_is_told_twice(office):
    mails = mails_of(office, NOTIFY + ' notify "mailto:b@y.test,c@y.test"; notify "mailto:pager@y.test";')
    assert [str(to.address) for mail in mails for to in mail.envelope.recipients] == [
        "pager@y.test",
        "b@y.test",
        "c@y.test",
    ]


def test_about_a_bounce_it_is_from_nobody(office):
    (mail,) = mails_of(office, NOTIFY, reverse_path=NULL)
    assert not mail.envelope.reverse_path


def test_about_what_a_program_sent_there_is_none(office):
    assert mails_of(office, NOTIFY, b"Auto-Submitted: auto-replied\r\n" + MAIL) == ()


def test_notifications_may_be_forbidden(office):
    office.settings = replace(office.settings, notifications_max=0)
    assert mails_of(office, NOTIFY) == ()
    assert list(office.contents()) == ["INBOX"]


# Reports

REPORT = 'require "vnd.dovecot.report"; report "abuse" "Spam." "abuse@y.test";'


def test_a_report_has_the_mail_as_it_came(office):
    (mail,) = mails_of(office, 'require ["vnd.dovecot.report", "editheader"]; deleteheader "subject";' + REPORT[29:])
    report = parse(mail.octets)
    assert (report.root.type, report.root.subtype) == ("multipart", "report")
    assert MAIL in mail.octets


def test_a_report_is_not_reported(office):
    octets = b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n" + MAIL
    assert mails_of(office, REPORT, octets) == ()


# Redirects


def test_a_redirect_has_the_terms_of_the_script(office):
    (mail,) = mails_of(
        office,
        """require ["redirect-dsn", "redirect-deliverby"];
        redirect :notify "FAILURE,DELAY" :ret "HDRS" :bytimerelative 600 :bymode "notify" :bytrace "o@y.test";""",
        parameters=MailParameters(ret="FULL", envid="e"),
    )
    terms = mail.envelope.parameters
    assert mail.envelope.recipients[0].notify == ("FAILURE", "DELAY")
    assert (terms.ret, terms.envid, terms.by_seconds, terms.by_mode) == ("HDRS", "e", 600, "NT")


def test_what_it_does_not_say_is_as_it_was_but_for_the_deadline(office):
    (mail,) = mails_of(
        office,
        'redirect "o@y.test";',
        parameters=MailParameters(ret="FULL", by_seconds=60, by_mode="R"),
        recipient=Recipient(Address.of("alice@us.test"), ("NEVER",)),
    )
    assert mail.envelope.recipients[0].notify == ("NEVER",)
    assert (mail.envelope.parameters.ret, mail.envelope.parameters.by_seconds) == ("FULL", None)


def test_a_time_becomes_the_seconds_until_then(office):
    script = 'require "redirect-deliverby"; redirect :bytimeabsolute "2027-01-15T09:00:00+01:00" "o@y.test";'
    (mail,) = mails_of(office, script)  # now is 08:00:00 UTC of that day
    assert (mail.envelope.parameters.by_seconds, mail.envelope.parameters.by_mode) == (1, "R")
    office.now -= 100
    (mail,) = mails_of(office, script)
    assert mail.envelope.parameters.by_seconds == 100


def test_what_is_sent_on_to_oneself_is_kept(office):
    assert mails_of(office, 'redirect "a@us.test";') == ()
    assert list(office.contents()) == ["INBOX"]


def test_a_list_is_all_its_members(office):
    office.settings = replace(
        office.settings, lists={"l": ExternalList("tag:us.test,2026:team", ("b@y.test", "c@y.test"))}
    )
    mails = mails_of(office, 'require "extlists"; redirect :list "tag:us.test,2026:team";')
    assert [str(mail.envelope.recipients[0].address) for mail in mails] == ["b@y.test", "c@y.test"]


def test_a_sender_may_be_in_a_list(office):
    office.settings = replace(office.settings, lists={"l": ExternalList(":addrbook:default", ("S@x.test",))})
    office.script(
        "alice",
        'require ["extlists", "fileinto"]; if address :list "from" ":addrbook:default" { fileinto "Archive"; }',
    )
    office.deliver("alice", MAIL)
    assert list(office.contents()) == ["Archive"]


def test_no_more_redirects_than_the_settings_say(office):
    office.settings = replace(office.settings, redirects_max=1)
    assert mails_of(office, 'redirect "b@y.test"; redirect "c@y.test";') == ()
    assert list(office.contents()) == ["INBOX"]


# Mailboxes


def test_by_use(office):
    mails_of(office, 'require ["fileinto", "special-use"]; fileinto :specialuse "\\\\Archive" "Elsewhere";')
    assert list(office.contents()) == ["Archive"]


def test_a_new_mailbox_gets_its_use(office):
    mails_of(
        office,
        'require ["fileinto", "special-use", "mailbox"]; fileinto :specialuse "\\\\Flagged" :create "Stars";',
    )
    number = office.mail.account_id("alice")
    assert office.mail.mailbox_by_role(number, "flagged").path == ("Stars",)


def test_by_id(office):
    number = office.mail.account_id("alice")
    mailbox = office.mail.create_mailbox(number, ("Deep", "Down"))
    script = f'require ["fileinto", "mailboxid"]; fileinto :mailboxid "{object_id(mailbox.id)}" "Archive";'
    mails_of(office, script)
    assert list(office.contents()) == ["Deep/Down"]


def test_an_unknown_id_means_the_name(office):
    mails_of(office, 'require ["fileinto", "mailboxid"]; fileinto :mailboxid "m4711" "Archive";')
    assert list(office.contents()) == ["Archive"]


@pytest.mark.parametrize(
    ("test", "holds"),
    [
        ('specialuse_exists ["\\\\Junk", "\\\\Sent"]', True),
        ('specialuse_exists "\\\\Flagged"', False),
        ('specialuse_exists "Junk" "\\\\Junk"', True),
        ('specialuse_exists "Junk" "\\\\Sent"', False),
        ('mailboxidexists "m1"', True),
        ('mailboxidexists ["m1", "m4711"]', False),
        ('mailboxidexists "x1"', False),
    ],
)
def test_scripts_know_uses_and_ids(office, test, holds):
    mails_of(office, f'require ["special-use", "mailboxid"]; if {test} {{ discard; }}')
    assert (office.contents() == {}) is holds


# What earlier stages found


@pytest.mark.parametrize(
    ("notes", "test"),
    [
        ({}, 'spamtest "0"'),
        ({"spam.score": "2.5"}, 'spamtest :percent "50"'),
        ({"spam.score": "2.5", "spam.threshold": "10"}, 'spamtest :percent "25"'),
        ({"spam.score": "-3"}, 'spamtest "1"'),
        ({"spam.score": "99"}, 'spamtest "10"'),
        ({"spam.score": "1", "spam.verdict": "spam"}, 'spamtest "10"'),
        ({"spam.verdict": "ham"}, 'spamtest "1"'),
        ({}, 'virustest "0"'),
        ({"virus.verdict": "infected"}, 'virustest "5"'),
    ],
)
def test_the_filters_have_their_say(office, notes, test):
    mails_of(office, f'require ["spamtestplus", "virustest"]; if {test} {{ discard; }}', notes=notes)
    assert office.contents() == {}


@pytest.mark.parametrize(
    "test",
    [
        'envelope "notify" "FAILURE"',
        'envelope "orcpt" "rfc822;al@us.test"',
        'envelope "ret" "HDRS"',
        'envelope "envid" "e1"',
        'envelope "bytimerelative" "600"',
        'envelope "bytimeabsolute" "2027-01-15T08:10:00Z"',
        'envelope "bymode" "N"',
        'envelope "bytrace" "T"',
    ],
)
def test_scripts_see_the_terms_of_the_mail(office, test):
    mails_of(
        office,
        f'require ["envelope-dsn", "envelope-deliverby"]; if {test} {{ discard; }}',
        parameters=MailParameters(ret="HDRS", envid="e1", by_seconds=600, by_mode="NT"),
        recipient=Recipient(Address.of("alice@us.test"), ("FAILURE",), "rfc822;al@us.test"),
    )
    assert office.contents() == {}


# What was seen before

ONCE = 'require "duplicate"; if duplicate { discard; }'


def test_a_mail_is_a_duplicate_the_second_time(office):
    mails_of(office, ONCE, queue_id="q1")
    mails_of(office, ONCE, queue_id="q2")
    assert len(office.contents()["INBOX"]) == 1


def test_a_delivery_that_is_tried_again_is_none(office):
    mails_of(office, ONCE, queue_id="q1")
    mails_of(office, ONCE, queue_id="q1")
    assert len(office.contents()["INBOX"]) == 1


def test_after_its_time_it_is_new(office):
    mails_of(office, ONCE, queue_id="q1")
    office.now += 7 * 86_400 + 1
    mails_of(office, ONCE, queue_id="q2")
    assert len(office.contents()["INBOX"]) == 2


def test_last_prolongs_it(office):
    script = 'require "duplicate"; if duplicate :last :seconds 100 { discard; }'
    for number in range(3):
        mails_of(office, script, queue_id=f"q{number}")
        office.now += 60
    assert len(office.contents()["INBOX"]) == 1


def test_without_last_the_first_counts(office):
    script = 'require "duplicate"; if duplicate :seconds 100 { discard; }'
    for number in range(3):
        mails_of(office, script, queue_id=f"q{number}")
        office.now += 60
    assert len(office.contents()["INBOX"]) == 2


# Edits


def test_a_stored_mail_has_the_edits(office):
    mails_of(office, 'require "editheader"; addheader "X-Seen" "yes";')
    assert b"\r\nX-Seen: yes\r\n" in office.contents()["INBOX"][0]


def test_protected_fields_stay(office):
    script = 'require "editheader"; deleteheader "Received"; addheader "Original-From" "x@y.test";'
    mails_of(office, script, b"Received: from x\r\n" + MAIL)
    (octets,) = office.contents()["INBOX"]
    assert b"Received: from x" in octets
    assert b"Original-From" not in octets


def test_the_stage_may_edit_too(office):
    office.stage("deliver", 'addheader "X-Stage" "yes";')
    office.deliver("alice", MAIL)
    assert b"X-Stage: yes" in office.contents()["INBOX"][0]


def test_what_a_script_says_is_in_the_log(office, caplog):
    caplog.set_level("DEBUG")
    mails_of(office, 'require "vnd.dovecot.debug"; debug_log "here we are";')
    assert "here we are" in caplog.text


def test_a_list_of_nobody_keeps_the_mail(office):
    office.settings = replace(office.settings, lists={"l": ExternalList("tag:us.test,2026:nobody", ())})
    assert mails_of(office, 'require "extlists"; redirect :list "tag:us.test,2026:nobody";') == ()
    assert list(office.contents()) == ["INBOX"]


def test_a_list_with_oneself_in_it_keeps_a_copy(office):
    office.settings = replace(
        office.settings, lists={"l": ExternalList("tag:us.test,2026:team", ("alice@us.test", "b@y.test"))}
    )
    assert len(mails_of(office, 'require "extlists"; redirect :list "tag:us.test,2026:team";')) == 1
    assert list(office.contents()) == ["INBOX"]
