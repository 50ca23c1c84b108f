"""Scripts for IMAP events (RFC 6785): what they may do is told by the host's ``imap.cause``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sieve import CompileError, Dialect, Result, compile_text
from sieve.actions import Action, FileInto, Keep, Redirect
from sieve.extensions import ALL, imapsieve

Decide = Callable[..., Result]

EVENT = {"imap.cause": "FLAG", "imap.mailbox": "Work", "imap.changedflags": "\\Flagged $Done", "imap.user": "ann"}
EVENTS = Dialect("events", imapsieve.for_events(ALL))


def items(decide: Decide, name: str, **world: object) -> list[str]:
    script = f"""require ["imapsieve", "environment", "variables", "fileinto"];
    if environment :matches "{name}" "*" {{ fileinto "=${{0}}"; }}"""
    return [action.mailbox for action in decide(script, **world).actions if isinstance(action, FileInto)]


@pytest.mark.parametrize(("name", "value"), EVENT.items())
def test_items_are_those_of_the_host(decide: Decide, name: str, value: str) -> None:
    assert items(decide, name, items=EVENT) == [f"={value}"]


@pytest.mark.parametrize("name", ["imap.user", "IMAP.email", "imap.changedflags"])
def test_when_mail_is_delivered_these_are_known_and_empty(decide: Decide, name: str) -> None:
    assert items(decide, name) == ["="]


@pytest.mark.parametrize("name", ["imap.cause", "imap.mailbox"])
def test_when_mail_is_delivered_nobody_knows_these(decide: Decide, name: str) -> None:
    assert items(decide, name) == []


@pytest.mark.parametrize(
    ("require", "command"),
    [("reject", 'reject "no";'), ("ereject", 'ereject "no";'), ("vacation", 'vacation "away";')],
)
def test_what_answers_a_delivery_is_an_error_in_an_event(decide: Decide, require: str, command: str) -> None:
    source = f'require "{require}";\n{command}'
    assert decide(source).error is None
    result = decide(source, items=EVENT)
    assert "is not possible in a script for IMAP events" in str(result.error)
    assert result.actions == (Keep(implicit=True),)


def test_an_envelope_is_an_error_in_an_event(decide: Decide) -> None:
    source = 'require "envelope"; if envelope "from" "x" { keep; }'
    assert decide(source).error is None
    assert "envelope test is not possible" in str(decide(source, items=EVENT).error)


def test_the_other_actions_are_possible(decide: Decide) -> None:
    source = """require ["copy", "fileinto", "enotify", "imap4flags", "editheader", "replace", "imapsieve"];
    addheader "X" "1"; replace "x"; setflag "a"; redirect :copy "ann@example.org"; fileinto "b"; keep; discard;
    notify "mailto:ann@example.org";"""
    result = decide(source, items=EVENT)
    assert result.error is None
    assert result.actions[:2] == (Redirect(address="ann@example.org", copy=True), FileInto(mailbox="b", flags=("a",)))


def _actions(above: type[Action] = Action) -> list[type[Action]]:
    return [each for below in above.__subclasses__() for each in (below, *_actions(below))]


def test_only_what_makes_sense_at_delivery_is_not_for_events() -> None:
    ours = [action for action in _actions() if action.__module__.startswith("sieve.")]
    assert {action.name for action in ours if not action.for_imap_events} == {"reject", "vacation", "setenvelope"}


@pytest.mark.parametrize("capability", sorted(imapsieve.DELIVERY_ONLY))
def test_in_scripts_for_events_these_cannot_be_required(capability: str) -> None:
    compile_text(f'require "{capability}";')
    with pytest.raises(CompileError, match="unknown Sieve capability"):
        compile_text(f'require "{capability}";', "event", EVENTS)


def test_the_standards_example_compiles_for_events() -> None:
    compile_text(
        """require ["enotify", "imap4flags", "variables", "environment", "imapsieve"];
        if environment :matches "imap.mailbox" "*" { set "mailbox" "${1}"; }
        if allof (hasflag "\\\\Flagged", environment :contains "imap.changedflags" "\\\\Flagged") {
            notify :message "Important message in ${mailbox}" "mailto:tim@example.com";
        }""",
        "example",
        EVENTS,
    )
