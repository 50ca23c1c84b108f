from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.mail import LOCAL, NewMail, Origin
from stalwart_g.queue.entry import Entry, State, entry_of
from stalwart_g.queue.schedule import (
    NEVER,
    DueTimes,
    expires_at,
    next_event,
    notice_times,
    notices_due,
    wait_seconds,
)
from stalwart_g.queue.settings import MAXIMUM_LIFE_SECONDS, Schedule

DAY = 86400.0
PLAIN = MailParameters()
SCHEDULE = Schedule(retry=(60, 300), notify=(DAY, 3 * DAY), expire=5 * DAY, jitter=0.0)


def entry(parameters: MailParameters = PLAIN, origin: Origin = LOCAL, sender: str = "a@x.example") -> Entry:
    envelope = Envelope(Address.of(sender), parameters, (Recipient(Address("b", "y.example")),))
    return entry_of(NewMail(envelope, b"", origin), 1, 1000.0, SCHEDULE.expire)


def change(entry: Entry, **fields: Any) -> None:
    entry.recipients[0] = structs.replace(entry.recipients[0], **fields)


def test_the_earlier_message_comes_first():
    times = DueTimes()
    times.put(1, 20.0)
    times.put(2, 10.0)
    assert times.take(30.0, 5) == [2, 1]


def test_what_is_not_due_stays():
    times = DueTimes()
    times.put(1, 20.0)
    assert times.take(19.0, 5) == []
    assert times.next_due() == 20.0


def test_a_later_put_replaces_the_earlier_one():
    times = DueTimes()
    times.put(1, 10.0)
    times.put(1, 20.0)
    assert times.take(10.0, 5) == []
    assert times.take(20.0, 5) == [1]
    assert times.take(20.0, 5) == []


def test_priority_goes_before_age():
    times = DueTimes()
    times.put(1, 1.0)
    times.put(2, 2.0, priority=3)
    assert times.take(5.0, 2) == [2, 1]


def test_each_eighth_pick_is_the_oldest_whatever_its_priority():
    times = DueTimes()
    times.put(999, 0.0, priority=-9)
    for number in range(20):
        times.put(number, 1.0 + number, priority=4)
    assert times.take(100.0, 20).index(999) == 7


def test_nothing_is_due_when_nothing_is_there():
    assert DueTimes().next_due() == NEVER


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 8), st.one_of(st.none(), st.floats(0, 50)), st.integers(-9, 9))))
def test_it_behaves_like_a_table_of_times(steps: list[tuple[int, float | None, int]]) -> None:
    times, table = DueTimes(), {}
    for number, due, priority in steps:
        if due is None:
            times.remove(number)
            table.pop(number, None)
        else:
            times.put(number, due, priority)
            table[number] = due
        assert times.next_due() == min(table.values(), default=NEVER)
    assert sorted(times.take(25.0, 100)) == sorted(number for number, due in table.items() if due <= 25.0)
    assert len(times) == sum(due > 25.0 for due in table.values())


@pytest.mark.parametrize(("attempts", "wait"), [(1, 60), (2, 300), (3, 300), (50, 300)])
def test_the_last_step_of_the_ladder_repeats(attempts: int, wait: float) -> None:
    assert wait_seconds(attempts, SCHEDULE, random.Random(1)) == wait


def test_waits_are_spread_by_the_jitter():
    schedule = Schedule(retry=(100.0,), jitter=0.1)
    dice = random.Random(1)
    waits = {wait_seconds(1, schedule, dice) for _ in range(50)}
    assert len(waits) == 50
    assert 90 <= min(waits) < max(waits) <= 110


def test_a_return_deadline_is_the_end():
    late = entry(MailParameters(by_seconds=60, by_mode="R"))
    assert expires_at(late, late.recipients[0]) == 1060.0


def test_no_script_keeps_a_message_for_ever():
    kept = entry()
    change(kept, expires=NEVER)
    assert expires_at(kept, kept.recipients[0]) == 1000.0 + MAXIMUM_LIFE_SECONDS


def test_a_notify_deadline_is_a_notice():
    assert notice_times(entry(MailParameters(by_seconds=60, by_mode="NT")), SCHEDULE)[0] == 1060.0


@pytest.mark.parametrize("silent", [entry(origin=Origin("dsn")), entry(sender="")])
def test_mail_of_the_server_gets_no_notices(silent: Entry) -> None:
    assert notice_times(silent, SCHEDULE) == []


def test_notices_count_from_the_end_of_the_hold():
    held = entry(MailParameters(hold_until=5000.0))
    assert notices_due(held, 4999.0 + DAY, SCHEDULE) == 0
    assert notices_due(held, 5000.0 + DAY, SCHEDULE) == 1


def test_the_next_event_is_the_first_of_attempt_notice_and_end():
    waiting = entry()
    assert next_event(waiting, SCHEDULE) == 1000.0
    change(waiting, attempts=1, due=1000.0 + 2 * DAY)
    assert next_event(waiting, SCHEDULE) == 1000.0 + DAY
    change(waiting, notices=2, due=1000.0 + 9 * DAY)
    assert next_event(waiting, SCHEDULE) == 1000.0 + 5 * DAY


def test_a_held_message_needs_nobody():
    waiting = entry()
    change(waiting, state=State.HELD)
    assert next_event(waiting, SCHEDULE) == NEVER
