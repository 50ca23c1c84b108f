"""What deliveries remember."""

from __future__ import annotations

import pytest

from stalwart_g.store.keys import Keys
from stalwart_g.store.memory import Memory, Thing

ANN = Thing("vacation", ("ann@x.test", "text"))


@pytest.fixture
def kept(post) -> Memory:
    return post.mail.memory


def test_nothing_is_known_at_first(post, kept):
    assert not kept.knows(post.account, ANN, delivery="d1")


def test_what_is_claimed_is_known_to_others(post, kept):
    assert kept.claim(post.account, ANN, 60, delivery="d1")
    assert kept.knows(post.account, ANN, delivery="d2")


def test_the_second_claim_fails(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    assert not kept.claim(post.account, ANN, 60, delivery="d2")


def test_a_delivery_that_is_tried_again_decides_the_same(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    assert not kept.knows(post.account, ANN, delivery="d1")
    assert kept.claim(post.account, ANN, 60, delivery="d1")


def test_it_ends(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    post.now += 61
    assert not kept.knows(post.account, ANN, delivery="d2")
    assert kept.claim(post.account, ANN, 60, delivery="d2")


def test_renewing_prolongs_it(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    post.now += 50
    assert kept.claim(post.account, ANN, 60, delivery="d2", renew=True)
    post.now += 50
    assert kept.knows(post.account, ANN, delivery="d3")


def test_accounts_do_not_share_it(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    assert not kept.knows(post.mail.account_id("bob"), ANN, delivery="d2")


@pytest.mark.parametrize("other", [Thing("vacation", ("ann@x.test", "tex", "t")), Thing("duplicate", ANN.words)])
def test_things_do_not_run_together(post, kept, other):
    kept.claim(post.account, ANN, 60, delivery="d1")
    assert not kept.knows(post.account, other, delivery="d2")


def test_it_outlives_the_process(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    assert Memory(post.store, lambda: post.now).knows(post.account, ANN, delivery="d2")


def test_what_is_over_is_cleared_and_leaves_nothing(post, kept):
    for number in range(5):
        kept.claim(post.account, Thing("k", (str(number),)), 60 if number < 3 else 600, delivery="d1")
    post.now += 61
    assert kept.clear(post.account) == 3
    keys = Keys(post.account)
    assert len(list(post.store.scan(keys.memory_ends()))) == 2
    assert len(list(post.store.scan(keys.memory(b"")))) == 2


def test_of_too_much_what_ends_first_goes(post):
    kept = Memory(post.store, lambda: post.now, things_max=3)
    for number in range(5):
        kept.claim(post.account, Thing("k", (str(number),)), 60 + number, delivery="d1")
    kept.clear(post.account)
    known = [number for number in range(5) if kept.knows(post.account, Thing("k", (str(number),)), delivery="d2")]
    assert known == [2, 3, 4]


def test_renewing_leaves_one_end(post, kept):
    for _ in range(3):
        post.now += 1
        kept.claim(post.account, ANN, 60, delivery="d1", renew=True)
    assert len(list(post.store.scan(Keys(post.account).memory_ends()))) == 1


def test_the_check_of_the_store_has_nothing_against_it(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    assert post.findings() == []


def test_an_account_takes_its_memory_along(post, kept):
    kept.claim(post.account, ANN, 60, delivery="d1")
    post.mail.delete_account("alice")
    assert list(post.store.scan(Keys(post.account).prefix + b"r")) == []
