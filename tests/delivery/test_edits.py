"""What scripts make of a message is what is stored; an enclosure is not for those to whom it is sent on."""

from __future__ import annotations

from sieve.message import parse

ENCLOSED = 'require ["enclose", "copy"]; enclose :subject "warning" "Look out!"; redirect :copy "out@y.test";'


def test_a_replaced_body_is_stored(office):
    office.script("alice", 'require "replace"; replace "shorter";')
    office.deliver()
    (octets,) = office.contents()["INBOX"]
    message = parse(octets)
    assert message.root.text == "shorter\r\n"
    assert message.header("Subject") == ["[ops] hello"]


def test_an_enclosure_is_stored_and_not_sent_on(office):
    office.script("alice", ENCLOSED)
    (mail,) = office.deliver().mails
    (octets,) = office.contents()["INBOX"]
    assert parse(octets).header("Subject") == ["warning"]
    assert parse(mail.octets).header("Subject") == ["[ops] hello"]


def test_an_error_after_edits_stores_the_original(office):
    office.script("alice", 'require ["replace", "ihave"]; replace "shorter"; error "no";')
    office.deliver()
    (octets,) = office.contents()["INBOX"]
    assert octets.endswith(office.octets)


def test_an_error_undoes_no_edit_of_the_stage(office):
    office.stage("deliver", 'require "editheader"; addheader "X-Stage" "1";')
    office.script("alice", 'require ["editheader", "ihave"]; addheader "X-User" "1"; error "no";')
    office.deliver()
    (octets,) = office.contents()["INBOX"]
    message = parse(octets)
    assert (message.header("X-Stage"), message.header("X-User")) == (["1"], [])
