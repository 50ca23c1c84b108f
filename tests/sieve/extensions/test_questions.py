"""What extensions ask of the world, and what they make of a world that knows nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sieve import Host, Result, compile_text
from sieve.actions import DeliverBy, FileInto, Redirect
from sieve.extensions import ALL
from sieve.extensions.dovecot_debug import DebugLine
from sieve.extensions.duplicate import Duplicate, DuplicateMark
from sieve.extensions.enotify import Notify, NotifyCapability, NotifyMethods
from sieve.extensions.extlists import KnownList, Listed
from sieve.extensions.mailboxid import MailboxId
from sieve.extensions.metadata import Metadata
from sieve.extensions.redirect_terms import moment
from sieve.extensions.spamtest import SpamScore, VirusState
from sieve.extensions.special_use import SpecialUse
from sieve.message import parse

MESSAGE = parse(b"From: ann@example.org\r\nMessage-ID: <m@example.org>\r\n\r\n")
ANN = "urn:ietf:params:sieve:addrbook:default"


class Asked(Host):
    """Answers by a function, and writes down the questions."""

    def __init__(self, answer: Callable[[object], object] = lambda question: None) -> None:
        self.answer, self.questions = answer, []

    def ask(self, question: object) -> object:
        self.questions.append(question)
        return self.answer(question)


def run(source: str, host: Host) -> Result:
    return compile_text(source, "t").run(MESSAGE, host)


@pytest.mark.parametrize(
    ("capability", "test", "questions"),
    [
        ("duplicate", "duplicate", [Duplicate("", "<m@example.org>")]),
        ("duplicate", 'duplicate :handle "h" :uniqueid "u"', [Duplicate("h", "u")]),
        ("mboxmetadata", 'metadata "INBOX" "/PRIVATE/Comment" "x"', [Metadata("INBOX", "/private/comment")]),
        ("servermetadata", 'servermetadata "/shared/admin" "x"', [Metadata(None, "/shared/admin")]),
        ("special-use", 'specialuse_exists "\\\\JUNK"', [SpecialUse(None, ("junk",))]),
        ("special-use", 'specialuse_exists "a" ["sent", "\\\\c"]', [SpecialUse("a", ("sent", "c"))]),
        ("mailboxid", 'mailboxidexists "F1"', [MailboxId("F1")]),
        ("spamtest", 'spamtest "1"', [SpamScore(MESSAGE)]),
        ("virustest", 'virustest "1"', [VirusState(MESSAGE)]),
        ("extlists", 'valid_ext_list ":addrbook:default"', [KnownList(ANN)]),
        ("enotify", 'valid_notify_method "mailto:a@b.example"', [NotifyMethods()]),
    ],
)
def test_a_world_that_knows_nothing_is_asked_once_and_nothing_is_true(capability, test, questions):
    host = Asked()
    result = run(f'require "{capability}"; if not {test} {{ discard; }}', host)
    assert host.questions == questions
    assert result.error is None
    assert ("discard" in [action.name for action in result.actions]) is (capability != "enotify")


def test_a_list_is_asked_for_each_value_once():
    host = Asked(lambda question: isinstance(question, KnownList) or None)
    run('require "extlists"; if header :list ["from", "message-id"] ":addrbook:default" { discard; }', host)
    asked = [question.value for question in host.questions if isinstance(question, Listed)]
    assert asked == ["ann@example.org", "<m@example.org>"]


def test_a_host_may_know_more_ways_to_notify():
    def answer(question: object) -> object:
        return {NotifyMethods: ("xmpp",), NotifyCapability: "yes"}.get(type(question))

    script = 'if notify_method_capability "${u}" "Online" "yes" { notify :message "x" "${u}"; }'
    result = run(f'require ["enotify", "variables"]; set "u" "xmpp:a@b.example"; {script}', Asked(answer))
    assert result.actions[0] == Notify(uri="xmpp:a@b.example", message="x")


def test_a_note_of_the_script_has_its_place():
    host = Asked()
    run('require "vnd.dovecot.debug";\n debug_log "here";', host)
    assert host.questions == [DebugLine("here", ("t", 2, 2))]


def test_what_is_tracked_is_an_action():
    result = run('require "duplicate"; if duplicate :seconds 60 { stop; }', Asked())
    assert result.actions[0] == DuplicateMark(handle="", unique_id="<m@example.org>", seconds=60)


def test_a_redirect_carries_its_terms():
    result = run(
        """require ["redirect-dsn", "redirect-deliverby"];
        redirect :notify "success,delay" :ret "full" :bytimeabsolute "2027-01-15T08:00:00Z" :bytrace "a@b.example";""",
        Asked(),
    )
    assert result.actions == (
        Redirect(
            address="a@b.example",
            notify=("SUCCESS", "DELAY"),
            ret="FULL",
            deliver_by=DeliverBy(time=1_800_000_000.0, trace=True),
        ),
    )


def test_a_mailbox_may_be_known_in_three_ways():
    result = run(
        r"""require ["fileinto", "special-use", "mailboxid", "copy"];
        fileinto :copy :specialuse "\\Junk" "a"; fileinto :copy :mailboxid "F1" "a"; fileinto "a";""",
        Asked(),
    )
    assert result.actions == (
        FileInto(mailbox="a", copy=True, special_use="junk"),
        FileInto(mailbox="a", copy=True, mailbox_id="F1"),
        FileInto(mailbox="a"),
    )


@pytest.mark.parametrize("text", ["2027-01-15", "2027-01-15T08:00:00", "tomorrow", "", "2027-13-15T08:00:00Z"])
def test_a_moment_needs_date_time_and_zone(text):
    assert moment(text) is None


EVERYTHING = [extension.capability for extension in ALL if extension.capability]


def test_all_extensions_can_be_required_together():
    names = ", ".join(f'"{name}"' for name in EVERYTHING)
    assert run(f"require [{names}]; keep;", Asked()).error is None


@pytest.mark.parametrize(
    ("capability", "implied"),
    [
        ("vacation-seconds", 'vacation :seconds 1 "x";'),
        ("spamtestplus", 'if spamtest :percent "1" { keep; }'),
        ("envelope-dsn", 'if envelope "from" "x" { keep; }'),
        ("envelope-deliverby", 'if envelope "from" "x" { keep; }'),
        ("vnd.dovecot.environment", 'if environment "host" "x" { keep; }'),
    ],
)
def test_some_capabilities_come_with_others(capability, implied):
    assert run(f'require "{capability}"; {implied}', Asked()).error is None
