"""Which emails belong to one conversation."""

from __future__ import annotations

import pytest

from stalwart_g.store.flags import Flags
from stalwart_g.store.threads import REFERENCES_MAX
from stalwart_g.store.writing import THREAD


def put(post, subject="hello", own="", **fields):
    octets = post.octets(subject, **({"Message-ID": own} if own else {}), **fields)
    return post.put(octets=octets)


def thread_of(post, email):
    return post.mail.email(post.account, email).thread_id


def test_a_reply_joins_the_thread_of_what_it_answers(post):
    first, second = put(post, own="<a@x>"), put(post, "Re: hello", In_Reply_To="<a@x>")
    assert thread_of(post, first) == thread_of(post, second)
    assert post.mail.thread(post.account, thread_of(post, first)) == [first, second]


def test_what_was_answered_joins_when_it_comes_later(post):
    second, first = put(post, "Re: hello", References="<a@x>"), put(post, own="<a@x>")
    assert thread_of(post, first) == thread_of(post, second)


def test_two_replies_to_a_message_that_never_came_belong_together(post):
    assert thread_of(post, put(post, References="<a@x>")) == thread_of(post, put(post, References="<a@x>"))


def test_another_subject_is_another_thread(post):
    first, second = put(post, own="<a@x>"), put(post, "new", In_Reply_To="<a@x>")
    assert thread_of(post, first) != thread_of(post, second)


def test_the_same_subject_alone_joins_nothing(post):
    assert thread_of(post, put(post)) != thread_of(post, put(post))


def test_messages_without_ids_are_alone(post):
    octets = b"Subject: hello\r\n\r\n"
    assert thread_of(post, post.put(octets=octets)) != thread_of(post, post.put(octets=octets))


def test_ids_may_be_very_long(post):
    long = f"<{'a' * 900}@x>"
    assert thread_of(post, put(post, own=long)) == thread_of(post, put(post, In_Reply_To=long))


def test_the_nearest_references_count(post):
    first = put(post, own="<near@x>")
    many = " ".join(f"<{number}@y>" for number in range(3 * REFERENCES_MAX))
    assert thread_of(post, put(post, References=f"{many} <near@x>")) == thread_of(post, first)


def test_a_message_that_would_join_two_threads_goes_to_the_larger_and_nobody_moves(post):
    small = put(post, own="<a@x>")
    large = put(post, own="<b@x>")
    put(post, In_Reply_To="<b@x>")
    bridge = put(post, References="<a@x> <b@x>")
    assert thread_of(post, bridge) == thread_of(post, large) != thread_of(post, small)


def test_of_two_equal_threads_the_older_wins(post):
    old, new = put(post, own="<a@x>"), put(post, own="<b@x>")
    bridge = put(post, References="<b@x> <a@x>")
    assert thread_of(post, bridge) == thread_of(post, old) != thread_of(post, new)


def test_a_thread_is_listed_by_the_time_of_arrival(post):
    post.now += 10
    late = put(post, own="<a@x>")
    post.now -= 10
    early = put(post, In_Reply_To="<a@x>")
    assert post.mail.thread(post.account, thread_of(post, late)) == [early, late]


def test_changes_of_threads_are_told(post):
    first = put(post, own="<a@x>")
    thread, state = thread_of(post, first), post.mail.state(post.account, THREAD)
    assert post.mail.changes(post.account, THREAD, "n").created == (thread,)
    second = put(post, In_Reply_To="<a@x>")
    joined = post.mail.changes(post.account, THREAD, state)
    assert joined.updated == (thread,)
    post.mail.store_flags(post.account, post.inbox, [1, 2], Flags.of("add", ["$seen"]))
    assert post.mail.state(post.account, THREAD) == joined.new_state
    post.mail.destroy(post.account, [first])
    left = post.mail.changes(post.account, THREAD, joined.new_state)
    assert left.updated == (thread,)
    post.mail.destroy(post.account, [second])
    assert post.mail.changes(post.account, THREAD, left.new_state).destroyed == (thread,)


def test_an_empty_thread_leaves_nothing_behind(post):
    before = [key for key, _ in post.store.scan(b"M")]
    post.mail.destroy(post.account, [put(post, own="<a@x>"), put(post, In_Reply_To="<a@x>", References="<b@x> <c@x>")])
    left = {key for key, _ in post.store.scan(b"M")} - set(before)
    assert {key[5:6] for key in left} <= {b"l", b"h", b"k"}


def test_a_thread_of_very_many_ids_can_be_destroyed(memory_post):
    emails = []
    for number in range(150):
        references = " ".join(f"<{number}.{part}@y>" for part in range(REFERENCES_MAX - 2))
        emails.append(put(memory_post, own="" if number else "<a@x>", References=f"{references} <a@x>"))
    thread = thread_of(memory_post, emails[0])
    assert all(thread_of(memory_post, email) == thread for email in emails)
    memory_post.mail.destroy(memory_post.account, emails)
    assert memory_post.uids() == []


@pytest.mark.parametrize("hide", [True, False])
def test_what_is_marked_deleted_is_in_no_thread(post, hide):
    email = put(post)
    post.mail.store_flags(post.account, post.inbox, [1], Flags.of("add", [], deleted=True))
    if not hide:
        post.mail.store_flags(post.account, post.inbox, [1], Flags.of("remove", [], deleted=True))
    assert post.mail.thread(post.account, thread_of(post, email)) == ([] if hide else [email])
