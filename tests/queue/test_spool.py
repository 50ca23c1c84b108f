"""The spool over real stores: what it has taken is there, in any state of the process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from stalwart_g.delivery.settings import ReportSettings
from stalwart_g.green import tasks
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.errors import Deferred
from stalwart_g.model.mail import NewMail
from stalwart_g.queue import rows
from stalwart_g.queue.bodies import BodyFiles
from stalwart_g.queue.entry import SEGMENT, RecipientRecord, State, members_of
from stalwart_g.queue.ids import parsed
from stalwart_g.queue.requests import Request
from stalwart_g.queue.schedule import NEVER
from stalwart_g.queue.settings import QueueSettings, Schedule
from stalwart_g.queue.spool import Lease, Spool
from stalwart_g.store import Batch, CommitResult, Store
from stalwart_g.store.backends.memory import MemoryStore
from stalwart_g.store.errors import StoreUnavailable

START = 1_800_000_000.0
SETTINGS = QueueSettings(
    ReportSettings("us.test"), Schedule(retry=(60.0,), jitter=0.0), inline_octets=100, lease_seconds=900.0
)
SHORT, LONG = b"Subject: short\r\n\r\n", b"Subject: long\r\n\r\n" + b"x" * 200


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class MoodyStore(MemoryStore):
    """Takes nothing while it is not willing."""

    is_willing = True

    def commit(self, batch: Batch) -> CommitResult:
        if not self.is_willing:
            raise StoreUnavailable("not now")
        return super().commit(batch)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_spool(store: Store, tmp_path: Path, clock: Clock) -> Callable[[], Spool]:
    """Open the same spool again, as after a sudden death of its owner."""

    def opened() -> Spool:
        spool = Spool(store, BodyFiles(tmp_path / "bodies"), SETTINGS, clock=clock)
        spool.recover()
        return spool

    return opened


@pytest.fixture
def spool(open_spool: Callable[[], Spool]) -> Spool:
    return open_spool()


def mail(*recipients: str, octets: bytes = SHORT, **rest) -> NewMail:
    to = tuple(Recipient(Address.of(recipient)) for recipient in recipients or ("b@y.test",))
    return NewMail(Envelope(Address("a", "x.test"), recipients=to), octets, **rest)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "bodies").rglob("*") if path.is_file()]


def complete(spool: Spool, lease: Lease, *mails: NewMail) -> list[str]:
    return spool.save(lease, changed(lease, *range(lease.entry.count)), mails)


def changed(lease: Lease, *indexes: int, state: State = State.COMPLETED, **fields: Any) -> dict[int, RecipientRecord]:
    recipients = lease.entry.recipients
    return {index: structs.replace(recipients[index], state=state, **fields) for index in indexes}


@pytest.mark.parametrize("octets", [SHORT, LONG], ids=["in the store", "in a file"])
def test_what_was_enqueued_is_there_after_a_sudden_death(spool, open_spool, octets):
    queue_id = spool.enqueue(mail(octets=octets))
    again = open_spool()
    (lease,) = again.lease(5)
    assert lease.entry.queue_id == queue_id
    assert again.octets(lease) == octets


def test_a_mail_for_nobody_is_a_mistake(spool):
    with pytest.raises(ValueError, match="recipients"):
        spool.enqueue(NewMail(Envelope(Address("a", "x.test")), SHORT))


def test_a_new_message_wakes_the_runner(spool):
    woken = []
    spool.on_work = lambda: woken.append(spool.next_due())
    spool.enqueue(mail())
    assert woken == [START]


def test_nothing_is_leased_twice(spool):
    spool.enqueue(mail())
    assert len(spool.lease(5)) == 1
    assert spool.lease(5) == []


def test_an_attempt_is_durable_before_it_starts(spool, store):
    spool.enqueue(mail())
    (lease,) = spool.lease(5)
    (recipient,) = rows.load(store, lease.entry.id).recipients
    assert (recipient.state, recipient.attempts, recipient.due) == (State.ATTEMPTING, 1, START + 900.0)


def test_a_ready_runner_gets_it_with_the_lease_in_its_first_row(spool, store):
    leases: list[Lease] = []
    spool.on_lease, spool.eager_max = leases.append, 1
    numbers = [parsed(spool.enqueue(mail())) for _ in range(2)]
    states = [entry.recipients[0].state for entry in rows.entries(store)]
    assert states == [State.ATTEMPTING, State.SCHEDULED]
    assert [lease.entry.id for lease in [*leases, *spool.lease(5)]] == numbers


def test_a_lease_of_a_dead_owner_is_void(spool, open_spool):
    spool.enqueue(mail())
    spool.lease(5)
    (lease,) = open_spool().lease(5)
    assert lease.entry.recipients[0].attempts == 2


def test_who_died_often_in_an_attempt_waits(spool, open_spool, clock):
    spool.enqueue(mail())
    for _ in range(9):
        assert len(open_spool().lease(5)) == 1
    again = open_spool()
    assert again.lease(5) == []
    clock.now += 60.0
    assert len(again.lease(5)) == 1


@pytest.mark.parametrize("octets", [SHORT, LONG], ids=["in the store", "in a file"])
def test_what_is_done_leaves_nothing_behind(spool, store, tmp_path, octets):
    spool.enqueue(mail(octets=octets))
    (lease,) = spool.lease(5)
    complete(spool, lease)
    assert (list(rows.entries(store)), rows.body(store, lease.entry.id), files(tmp_path)) == ([], None, [])
    assert (len(spool), spool.active, spool.next_due()) == (0, 0, NEVER)


def test_an_end_is_durable_with_the_next_commit(spool, store):
    spool.enqueue(mail())
    (lease,) = spool.lease(5)
    assert spool.finish(lease, changed(lease, 0))
    assert [entry.id for entry in rows.entries(store)] == [lease.entry.id]
    new = parsed(spool.enqueue(mail()))
    assert [entry.id for entry in rows.entries(store)] == [new]
    assert rows.body(store, lease.entry.id) is None
    assert (len(spool), spool.active) == (1, 0)


def test_an_end_is_durable_when_it_is_forgotten(spool, store):
    for _ in range(3):
        spool.enqueue(mail())
    for lease in spool.lease(5):
        spool.finish(lease, changed(lease, 0))
    assert spool.active == 3
    spool.forget()
    assert (list(rows.entries(store)), len(spool), spool.active) == ([], 0, 0)


def test_until_its_end_is_durable_nobody_gets_it_again(spool):
    spool.enqueue(mail())
    (lease,) = spool.lease(5)
    spool.finish(lease, changed(lease, 0))
    assert request(spool, Request("retry")) == 1
    assert (spool.lease(5), spool.active) == ([], 1)
    spool.forget()
    assert (len(spool), spool.active, spool.next_due()) == (0, 0, NEVER)


def test_an_end_that_the_store_did_not_take_waits_for_the_next_commit(tmp_path, clock):
    store = MoodyStore()
    spool = Spool(store, BodyFiles(tmp_path / "bodies"), SETTINGS, clock=clock)
    spool.enqueue(mail())
    (lease,) = spool.lease(5)
    spool.finish(lease, changed(lease, 0))
    store.is_willing = False
    with pytest.raises(Deferred):
        spool.enqueue(mail())
    store.is_willing = True
    assert (len(spool), spool.active) == (1, 1)
    spool.forget()
    assert (list(rows.entries(store)), len(spool), spool.active) == ([], 0, 0)


@pytest.mark.parametrize(
    ("recipients", "octets"), [(["b@y.test", "c@y.test"], SHORT), (["b@y.test"], LONG)], ids=["one is open", "long"]
)
def test_others_end_with_a_commit_of_their_own(spool, recipients, octets):
    spool.enqueue(mail(*recipients, octets=octets))
    (lease,) = spool.lease(5)
    before = list(lease.entry.recipients)
    assert not spool.finish(lease, changed(lease, 0))
    assert lease.entry.recipients == before


def test_what_is_not_done_comes_again(spool, clock):
    spool.enqueue(mail("b@y.test", "c@y.test"))
    (lease,) = spool.lease(5)
    spool.save(lease, changed(lease, 0) | changed(lease, 1, state=State.SCHEDULED, due=START + 60.0))
    assert spool.next_due() == START + 60.0
    clock.now += 60.0
    (lease,) = spool.lease(5)
    assert [recipient.state for recipient in lease.entry.recipients] == [State.COMPLETED, State.ATTEMPTING]


def test_a_message_stays_leased_while_one_recipient_is_attempted(spool):
    spool.enqueue(mail("b@y.test", "c@y.test"))
    (lease,) = spool.lease(5)
    spool.save(lease, changed(lease, 0))
    assert (spool.active, spool.next_due()) == (1, NEVER)
    spool.save(lease, changed(lease, 1))
    assert (spool.active, len(spool)) == (0, 0)


def test_outcomes_of_two_jobs_at_the_same_moment_are_both_kept(spool, store):
    spool.enqueue(mail("b@y.test", "c@y.test"))
    (lease,) = spool.lease(5)
    saving = [
        tasks.spawn(spool.save, lease, changed(lease, index), [mail("a@x.test", octets=b"%d" % index)])
        for index in (0, 1)
    ]
    assert all(task.join(5) and task.error is None for task in saving)
    assert sorted(rows.body(store, entry.id) for entry in rows.entries(store)) == [b"0", b"1"]
    assert (len(spool), spool.active) == (2, 0)


def test_a_report_enters_with_the_outcome(spool, store):
    spool.enqueue(mail())
    (lease,) = spool.lease(5)
    (number,) = complete(spool, lease, mail("a@x.test", octets=b"report"))
    (entry,) = rows.entries(store)
    assert (entry.queue_id, str(entry.recipients[0])) == (number, "a@x.test")
    assert len(spool) == 1


def test_thousands_of_recipients_are_kept_and_changed_one_by_one(spool, open_spool, store):
    count = 3 * SEGMENT + 1
    spool.enqueue(mail(*(f"b{number}@y.test" for number in range(count))))
    (lease,) = spool.lease(5)
    spool.save(lease, changed(lease, 150, state=State.FAILED))
    entry = rows.load(store, lease.entry.id)
    assert [str(recipient) for recipient in entry.recipients] == [f"b{number}@y.test" for number in range(count)]
    assert [index for index in range(count) if entry.recipients[index].state is State.FAILED] == [150]
    assert len(open_spool().lease(5)[0].entry.in_state(State.ATTEMPTING)) == count - 1


def test_accounts_of_an_address_become_recipients(spool, store):
    spool.enqueue(mail())
    (lease,) = spool.lease(5)
    members = members_of(lease.entry.recipients[0], [f"u{number}" for number in range(100)])
    spool.save(lease, changed(lease, 0), added=members)
    entry = rows.load(store, lease.entry.id)
    assert [recipient.account for recipient in entry.recipients[1:]] == [f"u{number}" for number in range(100)]


def test_what_is_held_waits_for_its_release(spool, clock):
    queue_id = spool.enqueue(mail(hold_reason="odd"))
    assert (spool.lease(5), len(spool), spool.next_due()) == ([], 1, NEVER)
    request(spool, Request("release", (parsed(queue_id),)))
    assert len(spool.lease(5)) == 1


def test_what_is_for_later_waits_for_its_time(spool, clock):
    spool.enqueue(mail(hold_until=START + 100))
    assert spool.lease(5) == []
    clock.now += 100
    assert len(spool.lease(5)) == 1


def test_priority_goes_first(spool):
    for priority in (0, 3, -3):
        spool.enqueue(mail(priority=priority))
    assert [lease.entry.priority for lease in spool.lease(3)] == [3, 0, -3]


# Requests


def request(spool: Spool, *wanted: Request) -> int:
    for one in wanted:
        batch = Batch()
        rows.put_request(batch, one)
        spool._store.commit(batch)
    return spool.obey()


def test_a_cancelled_message_is_gone(spool, store, tmp_path):
    spool.enqueue(mail(octets=LONG))
    request(spool, Request("cancel"))
    assert (list(rows.entries(store)), files(tmp_path), len(spool), spool.lease(5)) == ([], [], 0, [])


def test_a_retry_is_now(spool, clock):
    spool.enqueue(mail())
    (lease,) = spool.lease(5)
    spool.save(lease, changed(lease, 0, state=State.SCHEDULED, due=START + 9999))
    assert spool.lease(5) == []
    request(spool, Request("retry"))
    assert len(spool.lease(5)) == 1


def test_a_hold_stops_what_is_scheduled_and_leaves_attempts_alone(spool):
    spool.enqueue(mail())
    spool.lease(1)
    spool.enqueue(mail())
    request(spool, Request("hold"))
    assert (spool.lease(5), spool.active) == ([], 1)


def test_requests_are_carried_out_once_and_in_order(spool):
    spool.enqueue(mail())
    assert request(spool, Request("hold"), Request("release")) == 2
    assert spool.obey() == 0
    assert len(spool.lease(5)) == 1


def test_what_an_operator_had_done_is_in_the_log(spool, caplog):
    queue_id = spool.enqueue(mail())
    with caplog.at_level("INFO", "maillog"):
        request(spool, Request("hold", reason="looks odd"))
    assert caplog.messages == [f'ordered queue={queue_id} action=hold to=b@y.test reason="looks odd"']


def test_others_are_left_alone(spool):
    ids = [parsed(spool.enqueue(mail())) for _ in range(2)]
    request(spool, Request("cancel", (ids[0],)), Request("cancel", sender="other@x.test"))
    (lease,) = spool.lease(5)
    assert lease.entry.id == ids[1]


# Trouble


def test_ids_go_on_growing_over_restarts(spool, open_spool, clock):
    first = spool.enqueue(mail())
    clock.now -= 3600
    assert open_spool().enqueue(mail()) > first


def test_files_of_messages_that_never_came_to_be_are_swept(spool, open_spool, tmp_path):
    spool.enqueue(mail(octets=LONG))
    spool._bodies.write("00000000deadbeef", b"orphan")
    for path in files(tmp_path):
        os.utime(path, (1, 1))
    open_spool()
    assert [path.read_bytes() for path in files(tmp_path)] == [LONG]


def test_a_missing_body_is_no_reason_to_lose_the_message(spool, tmp_path):
    spool.enqueue(mail(octets=LONG))
    (lease,) = spool.lease(5)
    for path in files(tmp_path):
        path.unlink()
    with pytest.raises(Deferred):
        spool.octets(lease)


def test_free_space_is_a_fact(spool, tmp_path):
    assert not spool.disk_is_low(tmp_path)


def test_little_free_space_is_noticed(store, tmp_path):
    greedy = QueueSettings(ReportSettings("us.test"), min_free_octets=1 << 62)
    assert Spool(store, BodyFiles(tmp_path), greedy).disk_is_low(tmp_path)
