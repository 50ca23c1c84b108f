from __future__ import annotations

import pytest
from msgspec import structs

from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.mail import NewMail
from stalwart_g.queue.entry import Entry, State, entry_of
from stalwart_g.queue.requests import Request, apply, decode, encode, new_name

NOW = 500.0
STATES = (State.SCHEDULED, State.ATTEMPTING, State.HELD, State.COMPLETED)


def entry() -> Entry:
    """One recipient in each state: b0@y.test … b3@y.test."""
    recipients = tuple(Recipient(Address(f"b{number}", "y.test")) for number in range(len(STATES)))
    made = entry_of(NewMail(Envelope(Address("a", "x.test"), recipients=recipients), b""), 77, 100.0, 50.0)
    made.recipients = [
        structs.replace(recipient, state=state, due=9999.0)
        for recipient, state in zip(made.recipients, STATES, strict=True)
    ]
    return made


@pytest.mark.parametrize(
    ("action", "changed", "state"),
    [
        ("retry", [0], State.SCHEDULED),
        ("hold", [0], State.HELD),
        ("release", [2], State.SCHEDULED),
        ("cancel", [0, 2], State.CANCELLED),
    ],
)
def test_each_action_is_for_recipients_in_its_states(action, changed, state) -> None:
    changes = apply(Request(action), entry(), NOW)
    assert {index: recipient.state for index, recipient in changes.items()} == dict.fromkeys(changed, state)


@pytest.mark.parametrize(("action", "index"), [("retry", 0), ("release", 2)])
def test_what_is_to_go_on_is_due_now(action, index) -> None:
    assert apply(Request(action), entry(), NOW)[index].due == NOW


def test_a_hold_has_a_reason_until_the_release():
    made = entry()
    made.hold_reason = Request("hold", reason="looks odd").reason_for(made)
    assert Request("retry").reason_for(made) == "looks odd"
    assert Request("release").reason_for(made) == ""


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        ({}, True),
        ({"ids": (77,)}, True),
        ({"ids": (78,)}, False),
        ({"sender": "A@x.test"}, True),
        ({"sender": "c@x.test"}, False),
    ],
)
def test_messages_are_selected_by_id_and_sender(selection, selected) -> None:
    assert Request("retry", **selection).selects(entry()) is selected


@pytest.mark.parametrize(("wanted", "changed"), [("y.test", [0, 2]), ("B2@y.test", [2]), ("z.test", [])])
def test_recipients_are_selected_by_address_or_domain(wanted, changed) -> None:
    assert list(apply(Request("cancel", recipient=wanted), entry(), NOW)) == changed


def test_what_is_written_is_read_again():
    request = Request("hold", (1, 2), "x.test", "a@b", "why")
    assert decode(encode(request)) == request


def test_names_are_never_given_twice():
    assert len({new_name() for _ in range(1000)}) == 1000
