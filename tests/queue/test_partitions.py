"""The folder of a queue: who owns what, and what anybody may read and ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stalwart_g.delivery.settings import ReportSettings
from stalwart_g.model.address import Address
from stalwart_g.model.envelope import Envelope, Recipient
from stalwart_g.model.mail import NewMail
from stalwart_g.queue import partitions, rows
from stalwart_g.queue.entry import State
from stalwart_g.queue.ids import parsed
from stalwart_g.queue.partitions import Partition, PartitionTaken, open_partition
from stalwart_g.queue.requests import Request
from stalwart_g.queue.settings import QueueSettings
from stalwart_g.store import Batch, open_store

SETTINGS = QueueSettings(ReportSettings("us.test"), inline_octets=100)
SHORT, LONG = b"Subject: short\r\n\r\n", b"Subject: long\r\n\r\n" + b"x" * 200
MAIL = Envelope(Address.of("a@x.test"), recipients=(Recipient(Address.of("b@y.test")),))


@contextmanager
def owned(folder: Path, index: int = 0) -> Iterator[Partition]:
    partition = open_partition(folder, index, SETTINGS)
    try:
        yield partition
    finally:
        partition.close()


def enqueue(folder: Path, octets: bytes = SHORT, index: int = 0) -> int:
    with owned(folder, index) as partition:
        return parsed(partition.spool.enqueue(NewMail(MAIL, octets)))


def test_a_partition_has_one_owner(tmp_path):
    with owned(tmp_path), pytest.raises(PartitionTaken):
        open_partition(tmp_path, 0, SETTINGS)
    with owned(tmp_path):
        pass  # free again


def test_partitions_of_workers_that_are_no_more_are_shared_out(tmp_path):
    for index in range(5):
        enqueue(tmp_path, index=index)
    assert [partitions.adopted(tmp_path, worker, 2) for worker in range(2)] == [[2, 4], [3]]
    assert [path.name for path in partitions.databases(tmp_path)] == [f"queue-{index}.sqlite3" for index in range(5)]


def test_a_folder_that_is_not_there_is_an_empty_queue(tmp_path):
    folder = tmp_path / "none"
    assert (list(partitions.entries(folder)), partitions.show(folder, 1), partitions.check(folder)) == ([], None, [])
    assert not folder.exists()


def test_everybody_can_read_while_the_owner_works(tmp_path):
    numbers = [enqueue(tmp_path, SHORT, 0), enqueue(tmp_path, LONG, 1)]
    with owned(tmp_path, 0), owned(tmp_path, 1):
        assert [(index, entry.id) for index, entry in partitions.entries(tmp_path)] == list(enumerate(numbers))
        assert [partitions.octets(tmp_path, number) for number in numbers] == [SHORT, LONG]
        assert partitions.show(tmp_path, numbers[1]).size == len(LONG)
        assert partitions.octets(tmp_path, 77) is None


def test_a_request_is_carried_out_at_once_where_there_is_no_owner(tmp_path):
    numbers = [enqueue(tmp_path, SHORT, index) for index in range(2)]
    with owned(tmp_path, 1) as partition:
        partitions.ask(tmp_path, Request("hold"), SETTINGS)
        states = [partitions.show(tmp_path, number).recipients[0].state for number in numbers]
        assert states == [State.HELD, State.SCHEDULED]
        assert partition.spool.obey() == 1
    assert partitions.show(tmp_path, numbers[1]).recipients[0].state is State.HELD


def test_what_is_whole_has_no_damage(tmp_path):
    enqueue(tmp_path, SHORT)
    enqueue(tmp_path, LONG)
    assert partitions.check(tmp_path) == []


def test_lost_octets_and_unreadable_records_are_damage(tmp_path):
    enqueue(tmp_path, LONG)
    for path in tmp_path.glob("queue-0.bodies/*/*"):
        path.unlink()
    number = enqueue(tmp_path, SHORT, 1)
    store = open_store(tmp_path / "queue-1.sqlite3")
    batch = Batch()
    batch.put(rows._HEAD + number.to_bytes(8, "big"), b"\x09 of a later version")
    store.commit(batch)
    store.close()
    first, second = partitions.check(tmp_path)
    assert first.startswith("queue-0: message ")
    assert first.endswith(" has no octets")
    assert second.startswith("queue-1: a message cannot be read: ")
