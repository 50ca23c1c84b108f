"""Many greenlets of several processes in one account: nothing is lost, doubled, or counted wrongly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stalwart_g.green import tasks
from stalwart_g.store import open_store
from stalwart_g.store.blobs import BlobStore
from stalwart_g.store.checking import check
from stalwart_g.store.flags import Flags
from stalwart_g.store.messages import MailStore, OverQuota
from stalwart_g.store.refusals import NoMailbox
from stalwart_g.store.writing import EMAIL, THREAD

APPENDER = Path(__file__).parent / "programs" / "appender.py"
COUNT = 6


def run_two(folder: Path, quota: int = 0) -> list[list[str]]:
    command = [sys.executable, str(APPENDER), str(folder / "mail.sqlite3"), str(folder / "blobs")]
    running = [
        subprocess.Popen([*command, name, str(COUNT), str(quota)], stdout=subprocess.PIPE, text=True) for name in "ab"
    ]
    outputs = [process.communicate(timeout=120)[0].splitlines() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    return outputs


def together(*works) -> None:
    """Run all at once; none may fail."""
    for task in [tasks.spawn(work) for work in works]:
        task.join(60)
        assert task.done
        assert task.error is None


def test_two_processes_share_an_account(tmp_path):
    uids = [int(line) for output in run_two(tmp_path) for line in output[:-1]]
    assert sorted(uids) == list(range(1, len(uids) + 1))
    assert len(uids) == 2 * 8 * COUNT
    store, blobs = open_store(tmp_path / "mail.sqlite3"), BlobStore(tmp_path / "blobs")
    mail = MailStore(store, blobs)
    account = mail.account_id("alice")
    inbox = mail.mailbox_by_path(account, ("INBOX",))
    assert [row.uid for row in mail.list(account, inbox.id)] == sorted(uids)
    assert len(mail.changes(account, EMAIL, "n").created) == len(uids)
    assert len(mail.changes(account, THREAD, "n").created) == len(
        {row.thread_id for row in mail.list(account, inbox.id)}
    )
    assert list(check(store, blobs, contents=True)) == []
    store.close()


def test_a_quota_is_never_exceeded(tmp_path):
    quota = 3000
    outputs = run_two(tmp_path, quota)
    store, blobs = open_store(tmp_path / "mail.sqlite3"), BlobStore(tmp_path / "blobs")
    mail = MailStore(store, blobs)
    assert any(output[-1] != "refused 0" for output in outputs)
    assert quota - 100 < mail.used_octets(mail.account_id("alice")) <= quota
    assert list(check(store, blobs)) == []
    store.close()


def test_what_was_told_to_be_stored_is_there_after_a_kill(tmp_path):
    database, blobs = tmp_path / "mail.sqlite3", tmp_path / "blobs"
    running = subprocess.Popen(
        [sys.executable, str(APPENDER), str(database), str(blobs), "a", "1000", "0"], stdout=subprocess.PIPE, text=True
    )
    uids = [int(next(running.stdout)) for _ in range(60)]
    running.kill()
    uids += [int(line) for line in running.communicate(timeout=30)[0].splitlines(keepends=True) if line.endswith("\n")]
    store, opened = open_store(database), BlobStore(blobs)
    mail = MailStore(store, opened)
    account = mail.account_id("alice")
    rows = mail.list(account, mail.mailbox_by_path(account, ("INBOX",)).id)
    assert set(uids) <= {row.uid for row in rows}
    assert list(check(store, opened, contents=True)) == []
    store.close()


def test_an_account_gets_one_number_however_many_see_it_first(post):
    numbers = []
    together(*[lambda: numbers.append(post.mail.account_id("bob"))] * 20)
    assert len(set(numbers)) == 1


def test_a_mailbox_is_made_once_however_many_want_it(post):
    found = []
    together(*[lambda: found.append(post.box("a", "b"))] * 20)
    assert len(set(found)) == 1
    boxes = post.mail.mailboxes(post.account)
    assert len({box.path for box in boxes}) == len(boxes)


def test_a_delivery_is_stored_once_however_often_it_is_tried_at_once(post):
    octets, found = post.octets(), []

    def deliver():
        found.append(post.mail.ingest(post.account, octets, [(post.inbox, ())], 1.0, idempotency="k"))

    together(*[deliver] * 20)
    assert len(set(found)) == 1
    assert post.uids() == [1]


def test_who_fills_a_mailbox_that_is_being_deleted_is_told_so_or_has_filled_it(post):
    number = post.box("a")
    outcomes = []

    def fill():
        try:
            post.put(number)
        except NoMailbox:
            outcomes.append("gone")
        else:
            outcomes.append("stored")

    together(*[fill] * 5, lambda: post.mail.delete_mailbox(post.account, number, with_messages=True), *[fill] * 5)
    assert len(outcomes) == 10
    assert post.mail.used_octets(post.account) == 0


def test_all_of_a_thread_may_go_at_once_while_others_join_it(post):
    emails = [post.put(octets=post.octets(References="<a@x>")) for _ in range(6)]
    together(
        *[lambda email=email: post.mail.destroy(post.account, [email]) for email in emails],
        *[lambda: post.put(octets=post.octets(References="<a@x>"))] * 4,
    )
    assert len(post.uids()) == 4


def test_flags_of_one_message_set_by_many_are_all_there(post):
    post.put()
    together(
        *[
            lambda number=number: post.mail.store_flags(post.account, post.inbox, [1], Flags.of("add", [f"k{number}"]))
            for number in range(10)
        ]
    )
    assert post.keywords() == {1: {f"k{number}" for number in range(10)}}


@pytest.mark.parametrize("room", [3])
def test_greenlets_share_what_the_quota_has_room_for(post, room):
    refused = []

    def append():
        try:
            post.mail.ingest(post.account, b"x\r\n", [(post.inbox, ())], 1.0, quota_octets=3 * room)
        except OverQuota:
            refused.append(1)

    together(*[append] * 10)
    assert (len(post.uids()), len(refused)) == (room, 10 - room)
