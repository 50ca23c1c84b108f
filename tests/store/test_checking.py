"""What is not where it belongs is found, and counters are put right."""

from __future__ import annotations

import pytest

from stalwart_g.store import Batch
from stalwart_g.store.checking import Checked, check, recount
from stalwart_g.store.flags import Flags
from stalwart_g.store.keys import LAST_UID, TOTAL, Keys
from stalwart_g.store.records import MailboxRecord, ThreadEmail, encode


@pytest.fixture
def shop(memory_post):
    """Some mail, to be damaged."""
    post = memory_post
    a = post.box("a")
    post.put(post.inbox, a, keywords=["x"]), post.put()
    post.mail.store_flags(post.account, a, [1], Flags.of("add", ["$seen"], deleted=True))
    post.keys, post.a, post.is_damaged = Keys(post.account), a, True
    return post


def write(post, key, value):
    batch = Batch()
    batch.delete(key) if value is None else batch.put(key, value)
    post.store.commit(batch)


def test_what_is_well_has_no_findings(shop):
    progress = Checked()
    assert list(check(shop.store, shop.blobs, contents=True, progress=progress)) == []
    assert (progress.accounts, progress.emails, progress.blobs) == (1, 2, 2)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        (lambda post: post.keys.row(post.inbox, 2), None, "has no row there"),
        (lambda post: post.keys.row(post.inbox, 1), b"\x01\xff", "cannot be read"),
        (lambda post: post.keys.details(1), None, "has no details"),
        (lambda post: post.keys.details(9), b"\x01", "details of email 9, which is gone"),
        (lambda post: post.keys.email(2), None, "the row is not what its email says"),
        (lambda post: post.keys.mailbox(post.a), None, "which is gone"),
        (lambda post: post.keys.mailbox(77), encode(MailboxRecord("x", 66, "", 1, 1)), "does not hang on the top"),
        (lambda post: post.keys.mailbox(77), encode(MailboxRecord("a", 0, "", 1, 1)), "mailboxes have the name"),
        (lambda post: post.keys.mailbox(77), encode(MailboxRecord("b", 0, "junk", 1, 1)), "mailboxes have the role"),
        (lambda post: post.keys.mailbox(post.inbox), None, "there is no INBOX"),
        (lambda post: post.keys.thread_email(1, 1), None, "is not in its thread"),
        (lambda post: post.keys.thread_email(1, 9), encode(ThreadEmail(1.0, True)), "says otherwise"),
        (lambda post: post.keys.thread_head(1), None, "has no head"),
        (lambda post: post.keys.thread_mark(1, b"m" * 16), b"\x01", "do not know each other"),
        (lambda post: post.keys.highest(post.inbox), None, "HIGHESTMODSEQ"),
        (lambda post: Keys(77).email(1), b"\x01", "account 77, which does not exist"),
        (lambda post: post.keys.subscription(77, 1), b"\x01", "left of mailbox 77"),
        (lambda post: post.keys.highest(77), b"\x01", "left of mailbox 77"),
        (lambda post: b"Aialice", b"\x01odd", "a number that was never given out"),
        (lambda post: b"Anbob", b"\x01\0\0\0\0\0\0\0\1", "with another name"),
        (lambda post: b"Bl" + post.mail.email(1, 1).blob + post.keys.email(1), None, "does not hold its blob"),
        (lambda post: b"Bl" + b"h" * 32 + post.keys.email(77), b"\x01", "which is gone"),
    ],
)
def test_damage_is_found(shop, key, value, text):
    write(shop, key(shop), value)
    assert any(text in found for found in shop.findings()), shop.findings()


def test_blobs_that_are_not_what_they_were_are_found(shop):
    first, second = (shop.mail.email(shop.account, number).blob for number in (1, 2))
    shop.blobs.delete(first)
    (path,) = [path for path in shop.folder.rglob("*") if path.name.endswith(second.hex()[4:])]
    octets = bytearray(path.read_bytes())
    octets[0] ^= 1
    path.chmod(0o600)
    path.write_bytes(octets)
    assert [text for text in shop.findings() if "is not there" in text]
    assert len(shop.findings()) == 1
    assert len(shop.findings(contents=True)) == 2


def test_counters_are_put_right(shop):
    batch = Batch()
    batch.add(shop.keys.used(), 100)
    batch.add(shop.keys.counter(shop.inbox, TOTAL), -1)
    batch.add(shop.keys.counter(shop.inbox, LAST_UID), -1)
    shop.store.commit(batch)
    assert len(shop.findings()) == 3
    fixed = list(check(shop.store, shop.blobs, fix=True))
    assert [finding.fixed for finding in fixed] == [True] * 3
    assert shop.findings() == []
    assert shop.put() and shop.uids() == [1, 2, 3]


def test_one_account_can_be_recounted(shop):
    batch = Batch()
    batch.add(shop.keys.used(), 100)
    shop.store.commit(batch)
    assert len(recount(shop.store, shop.account)) == 1
    assert recount(shop.store, shop.account) == []
