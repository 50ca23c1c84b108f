from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from stalwart_g.model.address import NULL, Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.mail import NewMail, Origin
from stalwart_g.queue.entry import (
    SEGMENT,
    Entry,
    LastReply,
    State,
    UnknownVersion,
    decode_head,
    decode_segment,
    encode_head,
    encode_segment,
    entry_of,
    members_of,
    segments,
)

ORIGIN = Origin("smtp", "smtp", "bob", "192.0.2.1", "client.example", "s1")


def mail(count: int = 1, **rest) -> NewMail:
    recipients = tuple(Recipient(Address(f"r{number}", "x.example")) for number in range(count))
    return NewMail(Envelope(Address("a", "y.example"), MailParameters(), recipients), b"octets", ORIGIN, **rest)


def change(entry: Entry, index: int, **fields) -> None:
    entry.recipients[index] = structs.replace(entry.recipients[index], **fields)


def test_a_new_entry_is_due_now():
    (recipient,) = entry_of(mail(), 7, 100.0, 50.0).recipients
    assert (recipient.state, recipient.due, recipient.expires) == (State.SCHEDULED, 100.0, 150.0)


def test_ages_count_from_the_end_of_a_hold():
    (recipient,) = entry_of(mail(hold_until=500.0), 7, 100.0, 50.0).recipients
    assert (recipient.state, recipient.due, recipient.expires) == (State.SCHEDULED, 500.0, 550.0)


def test_what_is_held_is_not_scheduled():
    entry = entry_of(mail(hold_reason="quarantine"), 7, 100.0, 50.0)
    assert entry.recipients[0].state is State.HELD
    assert entry.hold_reason == "quarantine"


def test_what_is_written_is_read_again():
    entry = entry_of(mail(3, notes={"spam": "5.5"}, message_id="<m@x>"), 7, 100.0, 50.0)
    change(entry, 1, last=LastReply("temp", 451, "4.3.0", "later", "rcpt", "reply", "mx"))
    assert decode_head(encode_head(entry)) == entry


addresses = st.builds(Address, st.text(min_size=1), st.text(min_size=1))


@settings(max_examples=60)
@given(
    st.builds(
        Envelope,
        addresses | st.just(NULL),
        st.builds(
            MailParameters,
            size_octets=st.none() | st.integers(0, 2**40),
            smtputf8=st.booleans(),
            envid=st.text(),
            by_seconds=st.none() | st.integers(-1000, 1000),
            hold_until=st.none() | st.floats(0, 1e10),
        ),
        st.lists(st.builds(Recipient, addresses, st.tuples(st.text()), st.text()), max_size=5).map(tuple),
    )
)
def test_the_envelope_comes_back_as_it_was(envelope: Envelope) -> None:
    entry = decode_head(encode_head(entry_of(NewMail(envelope, b"", ORIGIN), 1, 0.0, 1.0)))
    assert entry.envelope() == envelope
    assert entry.origin == ORIGIN


@pytest.mark.parametrize("count", [1, SEGMENT, SEGMENT + 1, 3 * SEGMENT])
def test_many_recipients_are_written_in_segments(count: int) -> None:
    entry = entry_of(mail(count), 7, 100.0, 50.0)
    head = decode_head(encode_head(entry))
    rest = [decode_segment(encode_segment(entry, number)) for number in segments(count)]
    assert sum(rest, head.recipients) == entry.recipients
    assert len(entry.recipients) == count
    assert all(len(segment) <= SEGMENT for segment in [head.recipients, *rest])


def test_a_chosen_envelope_has_the_chosen_recipients():
    chosen = entry_of(mail(4), 7, 100.0, 50.0).envelope([1, 3])
    assert [str(recipient.address) for recipient in chosen.recipients] == ["r1@x.example", "r3@x.example"]


def test_a_record_of_a_later_version_is_not_guessed_at():
    with pytest.raises(UnknownVersion):
        decode_head(b"\x02" + encode_head(entry_of(mail(), 7, 100.0, 50.0))[1:])


def test_it_is_done_when_all_recipients_are():
    entry = entry_of(mail(2), 7, 100.0, 50.0)
    change(entry, 0, state=State.COMPLETED)
    assert not entry.is_done
    change(entry, 1, state=State.CANCELLED)
    assert entry.is_done


def test_accounts_of_an_address_are_recipients_with_its_terms():
    (one,) = entry_of(mail(), 7, 100.0, 50.0, 10.0).recipients
    members = members_of(one, ["bob", "carol"])
    assert [(str(member), member.account, member.state) for member in members] == [
        ("r0@x.example", "bob", State.ATTEMPTING),
        ("r0@x.example", "carol", State.ATTEMPTING),
    ]


@pytest.mark.parametrize(
    ("notify", "kept"),
    [((), ()), (("SUCCESS", "DELAY"), ("DELAY",)), (("SUCCESS",), ("NEVER",)), (("NEVER",), ("NEVER",))],
)
def test_success_is_told_of_the_address_not_of_its_members(notify, kept) -> None:
    (one,) = entry_of(mail(), 7, 100.0, 50.0).recipients
    (member,) = members_of(structs.replace(one, notify=notify), ["bob"])
    assert member.notify == kept


@pytest.mark.parametrize(
    ("rest", "state"),
    [({}, State.ATTEMPTING), ({"hold_reason": "odd"}, State.HELD), ({"hold_until": 200.0}, State.SCHEDULED)],
)
def test_a_lease_may_come_with_the_entry(rest, state) -> None:
    (recipient,) = entry_of(mail(**rest), 7, 100.0, 50.0, 10.0).recipients
    assert recipient.state is state


def test_changes_can_be_taken_back():
    entry = entry_of(mail(2), 7, 100.0, 50.0)
    first, second = entry.recipients
    before = entry.changed({0: structs.replace(first, attempts=5)}, [second])
    assert ([recipient.attempts for recipient in entry.recipients], entry.count) == ([5, 0, 0], 3)
    entry.restore(before)
    assert (entry.recipients, entry.count) == ([first, second], 2)
