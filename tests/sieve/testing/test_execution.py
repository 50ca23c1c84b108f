from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject
from sieve.limits import USER_LIMITS
from sieve.message import Overlay, parse
from sieve.testing.execution import execute
from sieve.testing.settings import Settings
from sieve.testing.world import INBOX, World

MAIL = "From: ann@example.org\r\nTo: bob@example.net\r\nSubject: Grüße\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n".encode()
DEFAULTS = Settings(USER_LIMITS)


class NoFiles:
    path = "/"

    def read(self, path: str) -> bytes | None:
        return None


@pytest.fixture
def world() -> World:
    made = World(NoFiles(), (0.0, 0), lambda: 0.0)
    made.addressed(parse(MAIL))
    return made


def carried_out(world: World, *actions: Action, settings: Settings = DEFAULTS) -> list[str]:
    return execute(actions, Overlay(parse(MAIL)), world, settings)


def test_a_store_has_the_octets_and_the_flags(world: World) -> None:
    assert carried_out(world, Keep(flags=("$A",))) == []
    (stored,) = world.mailboxes[INBOX]
    assert (stored.octets, stored.flags) == (MAIL, ("$A",))


def test_a_mailbox_that_is_not_there_is_an_error_and_the_inbox_gets_the_mail(world: World) -> None:
    assert carried_out(world, FileInto(mailbox="A")) == ["failed to store into mailbox 'A': mailbox 'A' does not exist"]
    assert len(world.mailboxes[INBOX]) == 1


def test_create_makes_it(world: World) -> None:
    assert carried_out(world, FileInto(mailbox="A.B", create=True)) == []
    assert (len(world.mailboxes["A.B"]), world.mailboxes["A"]) == (1, [])


def test_a_name_that_cannot_be_made_is_an_error(world: World) -> None:
    (error,) = carried_out(world, FileInto(mailbox="A..B", create=True))
    assert "invalid folder name" in error
    assert len(world.mailboxes[INBOX]) == 1


def test_discard_does_nothing(world: World) -> None:
    assert carried_out(world, Discard()) == []
    assert (world.mailboxes, world.outbox) == ({INBOX: []}, [])


@pytest.mark.parametrize(
    ("rule", "sender"),
    [
        ("sender", "ann@example.org"),
        ("recipient", "bob@example.net"),
        ("orig_recipient", "bob@example.net"),
        ("user_email", "me@example.net"),
        ("postmaster", "postmaster@example.com"),
        ("<x@example.org>", "x@example.org"),
        ("<>", ""),
    ],
)
def test_a_rule_says_who_sends_what_is_redirected(world: World, rule: str, sender: str) -> None:
    settings = replace(DEFAULTS, redirect_sender=rule, user_email="me@example.net")
    assert carried_out(world, Redirect(address="c@example.org"), settings=settings) == []
    assert [(sent.sender, sent.recipient, sent.octets) for sent in world.outbox] == [(sender, "c@example.org", MAIL)]


def test_a_bounce_stays_one_whatever_the_rule_says(world: World) -> None:
    world.parts["from"] = ""
    carried_out(world, Redirect(address="c@example.org"), settings=replace(DEFAULTS, redirect_sender="recipient"))
    assert world.outbox[0].sender == ""


def test_a_rejection_is_a_report_to_the_sender(world: World) -> None:
    assert carried_out(world, Reject(reason="no –\nnever")) == []
    (sent,) = world.outbox
    notice = parse(sent.octets)
    assert (sent.sender, sent.recipient) == ("", "ann@example.org")
    assert notice.header("subject") == ["Rejected: Grüße"]
    assert [f"{part.type}/{part.subtype}" for part in notice.parts] == [
        *("multipart/report", "text/plain", "message/disposition-notification", "text/rfc822-headers")
    ]
    assert notice.parts[1].text.strip() == "no –\r\nnever"
    assert b"Original-Message-ID: <1@x>" in notice.parts[2].content
    assert b"body" not in sent.octets.partition(b"Subject: Gr")[2]
    assert b"\n" not in sent.octets.replace(b"\r\n", b"")


def test_an_action_that_nobody_carries_out_is_an_error_and_the_mail_is_kept(world: World) -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Strange(Action):
        name = "strange"

    assert carried_out(world, Strange()) == ["the strange action cannot be carried out here"]
    assert len(world.mailboxes[INBOX]) == 1
