"""The tree of mailboxes: names, roles, order, subscriptions, and who may go."""

from __future__ import annotations

import pytest

from stalwart_g.store.mailboxes import FOLDERS
from stalwart_g.store.refusals import (
    HasChildren,
    HasMessages,
    InvalidChange,
    MailboxExists,
    NoMailbox,
    Protected,
    RoleTaken,
)  # fmt: skip
from stalwart_g.store.writing import MAILBOX


def paths(post) -> list[str]:
    return ["/".join(box.path) for box in post.mail.mailboxes(post.account)]


def at(post, *path):
    return post.mail.mailbox_by_path(post.account, path)


def own(post) -> list[str]:
    return paths(post)[len(FOLDERS) :]


# Making


def test_an_account_begins_with_its_folders(post):
    boxes = post.mail.mailboxes(post.account)
    assert [(box.name, box.role) for box in boxes] == [(folder.name, folder.role) for folder in FOLDERS]
    assert post.mail.subscribed(post.account, post.account) == {box.id for box in boxes}


def test_parents_are_made(post):
    box = post.mail.create_mailbox(post.account, ("a", "b", "c"))
    assert own(post) == ["a", "a/b", "a/b/c"]
    assert box.parent_id == at(post, "a", "b").id
    assert at(post, "a").parent_id is None


def test_making_what_is_there_finds_it(post):
    assert post.box("a", "b") == post.box("a", "b")


def test_a_new_mailbox_must_not_be_there(post):
    number = post.box("a")
    with pytest.raises(MailboxExists) as caught:
        post.mail.create_mailbox(post.account, ("a",), is_new=True)
    assert caught.value.mailbox == number


@pytest.mark.parametrize("name", ["inbox", "Inbox", "INBOX"])
def test_inbox_is_the_same_in_any_case(post, name):
    assert at(post, name).id == post.inbox
    assert at(post, name).path == ("INBOX",)


def test_other_names_are_not(post):
    assert post.box("a") != post.box("A")


def test_names_are_compared_composed(post):
    assert post.box("caf\u00e9") == post.box("cafe\u0301")


@pytest.mark.parametrize("path", [(), ("",), ("a", ""), ("a\n",), ("a\0",), ("x" * 256,), ("x",) * 11], ids=repr)
def test_what_can_be_no_name_is_refused(post, path):
    with pytest.raises(InvalidChange):
        post.mail.create_mailbox(post.account, path)


def test_no_two_mailboxes_ever_have_the_same_uidvalidity(post):
    for _ in range(3):
        post.mail.delete_mailbox(post.account, post.box("a"))
    post.box("a", "b", "c")
    found = [box.uid_validity for box in post.mail.mailboxes(post.account)]
    again = [post.mail.create_mailbox(post.account, (name,)).uid_validity for name in "xyz"]
    assert len({*found, *again}) == len(found) + 3
    assert min(again) > max(found)
    assert max(again) < 1 << 32


# Moving


def test_a_subtree_moves_with_its_top(post):
    top = post.box("a")
    below = post.box("a", "b", "c")
    post.mail.move_mailbox(post.account, top, ("x", "y"))
    assert own(post) == ["x", "x/y", "x/y/b", "x/y/b/c"]
    assert at(post, "x", "y", "b", "c").id == below


def test_messages_and_uidvalidity_stay_with_a_mailbox_that_moves(post):
    number = post.box("a")
    post.put(number)
    before = at(post, "a").uid_validity
    post.mail.move_mailbox(post.account, number, ("b",))
    assert (at(post, "b").uid_validity, post.uids(number)) == (before, [1])


@pytest.mark.parametrize(
    ("path", "error"),
    [
        (("b",), MailboxExists),
        (("a", "d"), InvalidChange),
        (("x",) * 10, InvalidChange),
        (("",), InvalidChange),
    ],
    ids=["taken", "below itself", "too deep", "no name"],
)
def test_what_makes_no_tree_is_refused(post, path, error):
    post.box("b")
    post.box("a", "c")
    with pytest.raises(error):
        post.mail.move_mailbox(post.account, at(post, "a").id, path)
    assert own(post) == ["a", "a/c", "b"]


def test_moving_to_where_it_is_changes_nothing(post):
    number, before = post.box("a"), post.mail.state(post.account, MAILBOX)
    assert post.mail.move_mailbox(post.account, number, ("a",)).id == number
    assert post.mail.state(post.account, MAILBOX) == before


def test_inbox_does_not_move(post):
    with pytest.raises(Protected):
        post.mail.move_mailbox(post.account, post.inbox, ("a",))


# Roles and order


def test_a_role_belongs_to_one_mailbox(post):
    number = post.box("a")
    with pytest.raises(RoleTaken):
        post.mail.set_role(post.account, number, "junk")
    post.mail.set_role(post.account, at(post, "Junk").id, "")
    post.mail.set_role(post.account, number, "junk")
    assert post.mail.mailbox_by_role(post.account, "junk").id == number


def test_a_role_must_be_known(post):
    with pytest.raises(InvalidChange):
        post.mail.set_role(post.account, post.box("a"), "rubbish")


@pytest.mark.parametrize("role", ["inbox", "trash"])
def test_some_mailboxes_keep_their_roles(post, role):
    with pytest.raises(Protected):
        post.mail.set_role(post.account, post.mail.mailbox_by_role(post.account, role).id, "")


def test_mailboxes_are_listed_by_order_then_name(post):
    post.box("b"), post.box("a"), post.mail.set_sort_order(post.account, post.box("z"), 9)
    assert own(post) == ["z", "a", "b"]


def test_a_sort_order_is_a_number_of_31_bits(post):
    with pytest.raises(InvalidChange):
        post.mail.set_sort_order(post.account, post.inbox, 1 << 31)


# Deleting


def test_a_deleted_mailbox_leaves_nothing(post):
    number = post.box("a")
    post.put(number, post.inbox)
    before = len(list(post.store.scan(b"M")))
    post.mail.delete_mailbox(post.account, number, with_messages=True)
    assert own(post) == []
    assert post.uids() == [1]
    assert len(list(post.store.scan(b"M"))) < before
    assert not any(
        post.store.counters(b"M").get(key) for key in post.store.counters(b"M") if number.to_bytes(4, "big") in key
    )


def test_messages_that_are_nowhere_else_go_with_a_mailbox(post):
    number = post.box("a")
    email = post.put(number)
    post.mail.delete_mailbox(post.account, number, with_messages=True)
    assert post.mail.emails(post.account, [email]) == {}
    assert post.mail.used_octets(post.account) == 0


def test_a_mailbox_with_messages_stays_unless_they_may_go(post):
    number = post.box("a")
    post.put(number)
    with pytest.raises(HasMessages):
        post.mail.delete_mailbox(post.account, number)
    assert post.uids(number) == [1]


def test_a_mailbox_with_children_stays_and_so_do_its_messages(post):
    post.box("a", "b")
    number = post.box("a")
    post.put(number)
    with pytest.raises(HasChildren):
        post.mail.delete_mailbox(post.account, number, with_messages=True)
    assert post.uids(number) == [1]


@pytest.mark.parametrize("role", ["inbox", "trash"])
def test_some_mailboxes_stay(post, role):
    with pytest.raises(Protected):
        post.mail.delete_mailbox(post.account, post.mail.mailbox_by_role(post.account, role).id)


def test_a_mailbox_that_is_not_there_is_told_so(post):
    with pytest.raises(NoMailbox):
        post.mail.delete_mailbox(post.account, 77)
    with pytest.raises(NoMailbox):
        post.mail.ingest(post.account, b"\r\n", [(77, ())], 0.0)
    with pytest.raises(NoMailbox):
        post.mail.view(post.account, 77)


def test_a_mailbox_with_many_messages_is_deleted_in_steps(memory_post):
    number = memory_post.box("a")
    octets = memory_post.octets()
    for _ in range(400):
        memory_post.put(number, octets=octets)
    memory_post.mail.delete_mailbox(memory_post.account, number, with_messages=True)
    assert memory_post.mail.used_octets(memory_post.account) == 0


# Subscriptions


def test_a_subscription_is_of_a_user(post):
    bob, number = post.mail.account_id("bob"), post.box("a")
    post.mail.subscribe(post.account, number, bob)
    assert post.mail.subscribed(post.account, bob) == {number}
    post.mail.unsubscribe(post.account, ("a",), bob)
    assert post.mail.subscribed(post.account, bob) == set()
    assert number in post.mail.subscribed(post.account, post.account)


def test_a_mailbox_need_not_be_subscribed(post):
    number = post.mail.create_mailbox(post.account, ("a",), subscribed=False).id
    assert number not in post.mail.subscribed(post.account, post.account)


def test_a_subscription_survives_its_mailbox_and_comes_back_to_its_name(post):
    post.mail.delete_mailbox(post.account, post.box("a", "b"))
    assert post.mail.missed(post.account, post.account) == [("a", "b")]
    number = post.mail.create_mailbox(post.account, ("a", "b"), subscribed=False).id
    assert number in post.mail.subscribed(post.account, post.account)
    assert post.mail.missed(post.account, post.account) == []


def test_a_name_without_mailbox_can_be_unsubscribed(post):
    post.mail.delete_mailbox(post.account, post.box("a"))
    post.mail.unsubscribe(post.account, ("a",), post.account)
    assert post.mail.missed(post.account, post.account) == []


def test_a_subscription_follows_a_mailbox_that_moves(post):
    number = post.box("a")
    post.mail.move_mailbox(post.account, number, ("b",))
    assert number in post.mail.subscribed(post.account, post.account)


# As JMAP sees it


def test_changes_of_mailboxes_are_told(post):
    state, number = post.mail.state(post.account, MAILBOX), post.box("a")
    made = post.mail.changes(post.account, MAILBOX, state)
    assert (made.created, made.updated, made.destroyed) == ((number,), (), ())
    post.mail.move_mailbox(post.account, number, ("b",))
    moved = post.mail.changes(post.account, MAILBOX, made.new_state)
    assert (moved.updated, moved.only_counts) == ((number,), False)
    post.put(number)
    filled = post.mail.changes(post.account, MAILBOX, moved.new_state)
    assert (filled.updated, filled.only_counts) == ((number,), True)
    post.mail.delete_mailbox(post.account, number, with_messages=True)
    assert post.mail.changes(post.account, MAILBOX, filled.new_state).destroyed == (number,)
    assert post.mail.changes(post.account, MAILBOX, state).destroyed == ()
