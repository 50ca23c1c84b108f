"""What clients are told has changed."""

from __future__ import annotations

import pytest

from stalwart_g.store.flags import Flags
from stalwart_g.store.refusals import CannotCalculate
from stalwart_g.store.writing import EMAIL, MAILBOX, THREAD

SEEN = Flags.of("add", ["$seen"])


def changes(post, since="n", maximum=5000, kind=EMAIL):
    return post.mail.changes(post.account, kind, since, maximum)


def state(post, kind=EMAIL):
    return post.mail.state(post.account, kind)


def touch(post, *keywords):
    post.mail.store_flags(post.account, post.inbox, [1], Flags.of("set", keywords))


def test_the_state_of_a_type_changes_with_its_own_objects_only(post):
    before = state(post), state(post, THREAD)
    post.box("a")
    assert (state(post), state(post, THREAD)) == before == ("n", "n")


def test_nothing_has_changed_since_now(post):
    post.put()
    answer = changes(post, state(post))
    assert (answer.old_state, answer.created, answer.updated, answer.destroyed) == (answer.new_state, (), (), ())
    assert not answer.has_more


def test_changes_are_folded(post):
    emails = [post.put() for _ in range(4)]
    since = state(post)
    touch(post, "a")
    new = post.put()
    post.mail.destroy(post.account, [emails[1]])
    gone = post.put()
    post.mail.destroy(post.account, [gone])
    touch(post, "b")
    answer = changes(post, since)
    assert (answer.created, answer.updated, answer.destroyed) == ((new,), (emails[0],), (emails[1],))


def test_what_was_made_and_changed_is_made(post):
    email = post.put()
    touch(post, "a")
    assert changes(post).created == (email,)
    assert changes(post).updated == ()


@pytest.mark.parametrize("maximum", [1, 2, 3, 7])
def test_a_long_answer_comes_in_parts_that_make_the_whole(post, maximum):
    for _ in range(5):
        post.put()
    since = state(post)
    post.mail.store_flags(post.account, post.inbox, [1, 2, 3, 4, 5], SEEN)
    post.put()
    post.mail.destroy(post.account, [3])
    whole, parts, at = changes(post, since), [], since
    while not parts or parts[-1].has_more:
        parts.append(changes(post, at, maximum))
        at = parts[-1].new_state
    assert at == whole.new_state
    assert all(len(part.created) + len(part.updated) + len(part.destroyed) <= maximum for part in parts)
    for field in ("created", "updated", "destroyed"):
        assert sum((getattr(part, field) for part in parts), ()) == getattr(whole, field)


def test_what_happens_between_two_parts_is_told_after_them(post):
    for _ in range(3):
        post.put()
    first = changes(post, "n", 2)
    touch(post, "a")
    second = changes(post, first.new_state, 2)
    assert (second.created, second.has_more) == ((3,), True)
    third = changes(post, second.new_state, 2)
    assert (third.updated, third.has_more) == ((1,), False)


@pytest.mark.parametrize("since", ["", "x", "s999", "szzzz", "r", "raaa"])
def test_a_state_that_is_none_is_refused(post, since):
    post.put()
    with pytest.raises(CannotCalculate):
        changes(post, since)


def test_at_least_one_change_must_be_allowed(post):
    with pytest.raises(ValueError, match="at least one"):
        changes(post, "n", 0)


def test_an_email_that_is_marked_deleted_is_gone_for_jmap(post):
    email, since = post.put(), state(post)
    gone = Flags.of("add", [], deleted=True)
    post.mail.store_flags(post.account, post.inbox, [1], gone)
    hidden = changes(post, since)
    assert hidden.destroyed == (email,)
    post.mail.store_flags(post.account, post.inbox, [1], Flags.of("remove", [], deleted=True))
    assert changes(post, hidden.new_state).created == (email,)
    assert changes(post, since).updated == (email,)


# The end of the log


def test_a_log_that_was_cut_answers_who_is_up_to_date_and_nobody_else(post):
    post.put()
    old = state(post)
    touch(post, "a")
    now, boxes = state(post), state(post, MAILBOX)
    post.now += 100
    assert post.mail.truncate_log(post.account, before=post.now) > 0
    assert changes(post, now).updated == ()
    assert changes(post, boxes, kind=MAILBOX).updated == ()
    for since in (old, "n"):
        with pytest.raises(CannotCalculate):
            changes(post, since)
    touch(post, "b")
    assert changes(post, now).updated == (1,)


def test_so_many_changes_are_kept(post):
    for _ in range(5):
        post.put()
    post.mail.truncate_log(post.account, before=0.0, keep=2)
    assert len(list(post.store.scan(b"M\0\0\0\1l"))) == 2


def test_younger_changes_are_kept(post):
    post.put()
    since = state(post)
    post.now += 100
    touch(post, "a")
    post.mail.truncate_log(post.account, before=post.now)
    assert changes(post, since).updated == (1,)


def test_what_is_too_old_is_forgotten_in_all_accounts(post):
    post.put()
    bob = post.mail.account_id("bob")
    post.mail.create_mailbox(bob, ("a",))
    post.now += 1000
    assert post.mail.tidy() == 0
    assert post.mail.tidy(log_seconds=10) > 0
    assert not list(post.store.scan(b"M\0\0\0\1l")) and not list(post.store.scan(b"M\0\0\0\2l"))


# As IMAP asks


def test_messages_that_changed_since_are_found(post):
    for _ in range(3):
        post.put()
    since = post.mail.view(post.account, post.inbox).highest_modseq
    touch(post, "a")
    post.put()
    assert [row.uid for row in post.mail.changed_since(post.account, post.inbox, since)] == [1, 4]


def test_uids_that_vanished_since_are_told(post):
    for _ in range(3):
        post.put()
    since = post.mail.view(post.account, post.inbox).highest_modseq
    post.mail.destroy(post.account, [2])
    assert post.mail.resync(post.account, post.inbox, since).vanished == {2}
    assert post.mail.view(post.account, post.inbox).highest_modseq > since


def test_a_mailbox_does_not_look_changed_by_what_happens_in_another(post):
    a = post.box("a")
    post.put()
    before = post.mail.view(post.account, post.inbox)
    post.put(a)
    assert post.mail.view(post.account, post.inbox) == before


def test_without_a_log_changes_are_found_and_vanished_uids_are_not(post):
    for _ in range(3):
        post.put()
    since = post.mail.view(post.account, post.inbox).highest_modseq
    touch(post, "a")
    post.mail.destroy(post.account, [2])
    post.now += 1
    post.mail.truncate_log(post.account, before=post.now)
    assert [row.uid for row in post.mail.changed_since(post.account, post.inbox, since)] == [1]
    with pytest.raises(CannotCalculate):
        post.mail.resync(post.account, post.inbox, since)
