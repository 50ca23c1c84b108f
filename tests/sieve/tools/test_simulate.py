from __future__ import annotations

from pathlib import Path

import pytest

from sieve import Host
from sieve.tools import Circumstances, explain, run, trace
from sieve.tools.answer import FAILED, OK, UNUSABLE


def lines_of(folder: Path, script: str, message: str = "mail.eml", **given: str) -> list[str]:
    return run(folder / script, folder / message, Circumstances(**given)).text.splitlines()


def test_run_tells_the_actions_and_their_lines(folder: Path) -> None:
    assert lines_of(folder, "good.sieve") == [f'fileinto "Lists.ops" :create   ({folder}/good.sieve:3)']


def test_the_implicit_keep_is_told(folder: Path) -> None:
    assert lines_of(folder, "empty.sieve") == ["implicit keep"]


def test_a_script_that_fails_keeps_the_mail_and_says_where(folder: Path) -> None:
    answer = run(folder / "fails.sieve", folder / "mail.eml")
    assert answer.code == FAILED
    assert answer.text.splitlines() == [
        f"error: {folder}/fails.sieve:3:1: redirect: address 'nobody' is invalid",
        "implicit keep",
    ]


def test_a_trace_tells_each_step(folder: Path) -> None:
    answer = trace(folder / "good.sieve", folder / "mail.eml")
    assert answer.code == OK
    assert answer.text.splitlines() == [
        '   2  if header :matches "subject" ["[ops] Disk full"] with ["[*] *"] -> yes'
        '  0="[ops] Disk full" 1="ops" 2="Disk full"',
        '   3    fileinto :create "Lists.${1}"',
        '   3      queued #1  fileinto "Lists.ops", implicit keep off',
        "result, after 3 steps:",
        f'fileinto "Lists.ops" :create   ({folder}/good.sieve:3)',
    ]


def test_two_traces_of_the_same_are_equal(folder: Path) -> None:
    first, second = (trace(folder / "good.sieve", folder / "mail.eml") for _ in range(2))
    assert first == second


def test_scripts_beside_the_script_are_included_and_named(folder: Path) -> None:
    lines = trace(folder / "outer.sieve", folder / "mail.eml", Circumstances(sender="x@example.org")).text.splitlines()
    names = [line.strip() for line in lines if line.startswith("  in ")]
    assert names == ["in inner.sieve:", f"in {folder}/outer.sieve:", "in global/all.sieve:"]
    assert lines[-2:] == ["keep   (inner.sieve:2)", "discard   (global/all.sieve:1)"]


def test_the_envelope_comes_from_the_header_unless_it_is_given(folder: Path) -> None:
    (folder / "e.sieve").write_text('require "envelope"; if envelope "from" "ann@example.org" { discard; }')
    assert lines_of(folder, "e.sieve")[0].startswith("discard")
    assert lines_of(folder, "e.sieve", sender="") == ["implicit keep"]


def test_mailboxes_that_exist_can_be_named(folder: Path) -> None:
    (folder / "m.sieve").write_text('require "mailbox"; if mailboxexists "A.B" { discard; }')
    assert run(folder / "m.sieve", folder / "mail.eml").text == "implicit keep"
    known = Circumstances(mailboxes=("A.B",))
    assert run(folder / "m.sieve", folder / "mail.eml", known).text.startswith("discard")


def test_a_mailbox_that_cannot_be_is_unusable(folder: Path) -> None:
    answer = run(folder / "good.sieve", folder / "mail.eml", Circumstances(mailboxes=("A..B",)))
    assert (answer.code, answer.text) == (UNUSABLE, "invalid folder name 'A..B'")


def test_a_server_may_bring_its_own_world(folder: Path) -> None:
    class Ours(Host):
        def environment(self, name: str) -> str | None:
            return "here" if name == "host" else None

    (folder / "h.sieve").write_text('require "environment"; if environment "host" "here" { discard; }')
    assert run(folder / "h.sieve", folder / "mail.eml", host=Ours()).text.startswith("discard")


@pytest.mark.parametrize(
    ("script", "message", "words"),
    [
        ("none", "mail.eml", "none: No such file or directory"),
        ("good.sieve", "none", "none: No such file or directory"),
        ("good.sieve", "global", ": there is no message in this folder"),
        ("junk.sieve", "mail.eml", "this is no script"),
        ("good.sieve", "empty.eml", "empty.eml: there is no message in it"),
    ],
)
def test_what_cannot_be_used_is_one_line(folder: Path, script: str, message: str, words: str) -> None:
    for tool in (run, trace, explain):
        answer = tool(folder / script, folder / message)
        assert answer.code == UNUSABLE
        assert words in answer.text
        assert "\n" not in answer.text


def test_a_script_that_is_not_valid_is_told_like_check_does(folder: Path) -> None:
    answer = run(folder / "bad.sieve", folder / "mail.eml")
    assert (answer.code, answer.text.splitlines()[-1]) == (FAILED, "validation failed: 2 error(s) found")


def test_programs_get_actions_and_trace(folder: Path) -> None:
    value = trace(folder / "good.sieve", folder / "mail.eml").value
    (action,) = value["actions"]
    assert (action["action"], action["mailbox"], action["line"]) == ("store", "Lists.ops", 3)
    assert value["implicit_keep"] is False
    assert value["trace"][0]["captures"] == ("[ops] Disk full", "ops", "Disk full")
    assert "trace" not in run(folder / "good.sieve", folder / "mail.eml").value


def test_whatever_is_in_the_mail_stays_on_its_line(folder: Path) -> None:
    (folder / "x.eml").write_bytes(b"Subject: [a\x1b[31m] b\n\n")
    assert "\x1b" not in trace(folder / "good.sieve", folder / "x.eml").text


def test_of_several_messages_each_is_told_under_its_name(folder: Path) -> None:
    (folder / "two.eml").write_bytes(b"Subject: hello\n\nx\n")
    answer = run(folder / "good.sieve", [folder / "mail.eml", folder / "two.eml"])
    assert answer.text.splitlines() == [
        f"{folder}/mail.eml:",
        f'    fileinto "Lists.ops" :create   ({folder}/good.sieve:3)',
        f"{folder}/two.eml:",
        "    implicit keep",
    ]
    assert [each["implicit_keep"] for each in answer.value["messages"]] == [False, True]


def test_the_clock_may_be_set(folder: Path) -> None:
    (folder / "d.sieve").write_text('require "date"; if currentdate :zone "+0000" "year" "1970" { discard; }')
    assert run(folder / "d.sieve", folder / "mail.eml", Circumstances(now=0)).text.startswith("discard")
