from __future__ import annotations

import pytest
from msgspec import structs

from stalwart_g.delivery.outcome import Deferred, Delivered, Failed, Result
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.mail import NewMail
from stalwart_g.queue.entry import Entry, RecipientRecord, State, entry_of
from stalwart_g.queue.settle import NO_ADVICE, Retry, outcome_of, postponed, settle

NOW = 2000.0
LATER = Deferred(code=450, status="4.2.1", text="later", stage="rcpt", error="reply", host="mx.test", ip="192.0.2.1")
NEVER = Failed(code=550, status="5.1.1", text="nobody", stage="rcpt", error="reply")


def entry() -> Entry:
    envelope = Envelope(Address("a", "x.test"), recipients=(Recipient(Address("b", "y.test")),))
    made = entry_of(NewMail(envelope, b""), 1, 1000.0, 5000.0)
    made.recipients[0] = structs.replace(made.recipients[0], state=State.ATTEMPTING, attempts=2)
    return made


def settled(outcome: Result, retry: Retry = NO_ADVICE, now: float = NOW) -> tuple[str, RecipientRecord]:
    made = entry()
    recipient, action = settle(made, made.recipients[0], outcome, retry, now, lambda attempts: attempts * 100.0)
    return action, recipient


def test_delivered_is_the_end():
    action, recipient = settled(Delivered(action="relayed"))
    assert (action, recipient.state) == ("relayed", State.COMPLETED)


def test_what_the_next_server_reports_is_not_reported_twice():
    assert settled(Delivered(passed_on=True))[0] == ""


def test_later_is_as_late_as_the_ladder_says():
    action, recipient = settled(LATER)
    assert (action, recipient.state, recipient.due) == ("", State.SCHEDULED, NOW + 200.0)


def test_the_script_may_say_when():
    assert settled(LATER, Retry(wait_seconds=7.0))[1].due == NOW + 7.0


def test_never_is_the_end():
    action, recipient = settled(NEVER)
    assert (action, recipient.state) == ("failed", State.FAILED)


@pytest.mark.parametrize(
    ("outcome", "retry", "state"),
    [
        (NEVER, Retry(kind="temp"), State.SCHEDULED),
        (LATER, Retry(kind="perm"), State.FAILED),
        (LATER, Retry(give_up=True), State.FAILED),
    ],
)
def test_the_script_may_know_better(outcome: Result, retry: Retry, state: State) -> None:
    assert settled(outcome, retry)[1].state is state


def test_at_the_end_of_its_life_it_fails_with_what_was_heard_last():
    action, recipient = settled(LATER, now=6000.0)
    assert (action, recipient.state, recipient.last.status) == ("failed", State.FAILED, "5.4.7")
    assert "450 4.2.1 later" in recipient.last.text
    assert recipient.last.host == "mx.test"


def test_the_script_may_change_how_long_that_is():
    assert settled(LATER, Retry(expires_seconds=900.0))[1].state is State.FAILED
    assert settled(LATER, Retry(expires_seconds=90_000.0), now=6000.0)[1].state is State.SCHEDULED


def test_the_sender_may_be_told_of_the_delay_now():
    assert settled(LATER, Retry(notify=True))[0] == "delayed"


def test_hints_are_for_the_next_attempt_only():
    made = entry()
    recipient, _ = settle(made, made.recipients[0], LATER, Retry(hints={"via": "relay:r"}), NOW, lambda _: 1.0)
    assert recipient.hints == {"via": "relay:r"}
    assert settle(made, recipient, LATER, NO_ADVICE, NOW, lambda _: 1.0)[0].hints == {}


@pytest.mark.parametrize("outcome", [LATER, NEVER, Delivered(text="ok", host="mx.test")])
def test_what_is_written_down_of_an_outcome_is_the_outcome(outcome: Result) -> None:
    assert outcome_of(settled(outcome)[1].last) == outcome


def test_an_attempt_that_did_not_take_place_does_not_count():
    recipient = postponed(entry().recipients[0], 3000.0)
    assert (recipient.state, recipient.due, recipient.attempts) == (State.SCHEDULED, 3000.0, 1)
