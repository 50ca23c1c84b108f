"""Accounts by name and number."""

from __future__ import annotations

import pytest

from stalwart_g.store import Batch, StoreUnavailable, keys
from stalwart_g.store.accounts import Accounts
from stalwart_g.store.ground import Ground
from stalwart_g.store.refusals import AccountExists, NoAccount


def test_a_number_is_given_at_first_sight_and_kept(post):
    bob = post.mail.account_id("bob")
    assert bob != post.account
    assert (post.mail.account_id("bob"), post.mail.find_account("bob")) == (bob, bob)
    assert dict(post.mail.accounts()) == {post.account: "alice", bob: "bob"}


def test_looking_for_a_name_makes_no_account(post):
    assert post.mail.find_account("bob") is None
    with pytest.raises(NoAccount):
        post.mail.account_name(77)


def test_names_may_be_long_and_odd(post):
    names = ["a" * 2000, "a" * 2001, "caf\u00e9 \0", "x/y"]
    numbers = [post.mail.account_id(name) for name in names]
    assert [post.mail.account_name(number) for number in numbers] == names
    assert len(set(numbers)) == len(names)


def test_an_account_keeps_its_mail_under_a_new_name(post):
    post.put()
    post.mail.rename_account("alice", "alicia")
    assert (post.mail.account_id("alicia"), post.uids()) == (post.account, [1])
    assert post.mail.find_account("alice") is None


def test_a_name_that_is_taken_is_refused(post):
    post.mail.account_id("bob")
    with pytest.raises(AccountExists):
        post.mail.rename_account("alice", "bob")
    with pytest.raises(NoAccount):
        post.mail.rename_account("nobody", "x")


def test_a_deleted_account_leaves_nothing_and_its_number_to_nobody(post):
    post.put(), post.put(post.box("a", "b"), keywords=["x"])
    post.mail.delete_account("alice")
    assert list(post.store.scan(b"M")) == []
    assert list(post.store.scan(b"Bl")) == []
    assert not any(post.store.counters(b"M").values())
    assert post.mail.account_id("alice") != post.account


def test_nothing_can_be_stored_for_a_deleted_account(post):
    post.mail.delete_account("alice")
    with pytest.raises(NoAccount):
        post.mail.ingest(post.account, b"\r\n", [(post.inbox, ())], 0.0)
    assert list(post.store.scan(b"M")) == []


class Failing:
    """A store that stops to work after so many commits."""

    def __init__(self, store, left):
        self._store, self._left = store, left

    def __getattr__(self, name):
        return getattr(self._store, name)

    def commit(self, batch: Batch):
        self._left -= 1
        if self._left < 0:
            raise StoreUnavailable("on purpose")
        return self._store.commit(batch)


@pytest.mark.parametrize("commits", range(1, 4))
def test_a_deletion_that_was_interrupted_goes_on(memory_post, commits):
    post = memory_post
    for _ in range(3):
        post.put()
    accounts = Accounts(Ground(Failing(post.store, commits), post.blobs))
    with pytest.raises(StoreUnavailable):
        accounts.delete("alice")
    assert post.mail.find_account("alice") is None
    assert any("interrupted" in text for text in post.findings())
    assert post.mail.finish_deletions() == 1
    assert list(post.store.scan(b"M")) == []
    assert list(post.store.scan(keys.LEAVING)) == []
