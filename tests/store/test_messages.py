"""Messages: stored, listed, flagged, copied, moved, expunged; counted, and charged to a quota."""

from __future__ import annotations

import pytest

from stalwart_g.store import Corrupt
from stalwart_g.store.flags import KEYWORDS_MAX, Flags
from stalwart_g.store.keys import Keys
from stalwart_g.store.refusals import NoMessage, OverQuota, TooManyKeywords
from stalwart_g.store.writing import EMAIL_DELIVERY

SEEN = Flags.of("add", ["$seen"])
GONE = Flags.of("add", [], deleted=True)


def flag(post, uids, change, mailbox=0, **how):
    return post.mail.store_flags(post.account, mailbox or post.inbox, uids, change, **how)


def counts(post, mailbox=0):
    return post.mail.counts(post.account)[mailbox or post.inbox]


# Storing


def test_what_is_stored_is_read(post):
    octets = post.octets()
    assert post.mail.read(post.account, post.put(octets=octets)) == octets


def test_an_email_may_be_in_several_mailboxes_with_one_uid_in_each(post):
    a, b = post.box("a"), post.box("b")
    post.put(b)
    email = post.put(a, b)
    assert {place.mailbox: place.uid for place in post.mail.email(post.account, email).places} == {a: 1, b: 2}
    assert [row.email_id for row in post.rows(a)] == [email]


def test_mailboxes_with_other_keywords_get_an_email_of_their_own(post):
    a, b, octets = post.box("a"), post.box("b"), post.octets()
    targets = [(post.inbox, ()), (a, ("$Seen", "x")), (b, ("x", "$seen"))]
    first, second = post.mail.ingest(post.account, octets, targets, 1.0)
    assert (first.places, second.places) == (((post.inbox, 1),), ((a, 1), (b, 1)))
    assert first.thread_id == second.thread_id
    assert post.keywords(b) == {1: {"$seen", "x"}}
    assert post.mail.used_octets(post.account) == 2 * len(octets)


def test_a_message_for_no_mailbox_is_a_bug(post):
    with pytest.raises(ValueError, match="no mailbox"):
        post.mail.ingest(post.account, b"\r\n", [], 1.0)


def test_what_is_known_of_a_message_is_stored_with_it(post):
    octets = post.octets(
        "Re: [list] caf\u00e9", Date="Thu, 01 Jan 1970 00:01:00 +0000", In_Reply_To="<p@x>", References="<o@x>"
    )
    email = post.put(octets=octets)
    found = post.mail.details(post.account, [email])[email]
    assert (found.subject, found.thread_name, found.sent_at) == ("Re: [list] caf\u00e9", "caf\u00e9", 60.0)
    assert (found.message_ids, found.references) == (("<1@x.test>",), ("<o@x>", "<p@x>"))
    row = post.rows()[0]
    assert (row.size, row.received_at, row.email_id) == (len(octets), post.now, email)


def test_a_message_comes_back_parsed(post):
    message = post.mail.message(post.account, post.put(octets=post.octets("hi")))
    assert message.header("Subject") == ["hi"]


@pytest.mark.parametrize("octets", [b"", b"\0\xff", b"Subject: \xff\r\n\r\n", b"\r\n" * 3], ids=repr)
def test_any_octets_are_a_message(post, octets):
    email = post.put(octets=octets or b"\n")
    assert post.mail.read(post.account, email) == (octets or b"\n")


def test_a_message_that_is_not_there_is_told_so(post):
    for ask in (post.mail.read, post.mail.email, post.mail.message):
        with pytest.raises(NoMessage):
            ask(post.account, 77)


# Idempotency


def deliver(post, key, **how):
    return post.mail.ingest(post.account, b"Subject: x\r\n\r\n", [(post.inbox, ())], 1.0, idempotency=key, **how)


def test_a_delivery_is_stored_once(post):
    assert deliver(post, "k") == deliver(post, "k")
    assert post.uids() == [1]
    deliver(post, "other")
    assert post.uids() == [1, 2]


def test_a_delivery_is_stored_once_even_if_it_was_expunged(post):
    deliver(post, "k")
    flag(post, [1], GONE)
    post.mail.expunge(post.account, post.inbox)
    deliver(post, "k")
    assert post.uids() == []


def test_deliveries_are_forgotten_in_time(post):
    deliver(post, "old")
    post.now += 10
    deliver(post, "new")
    assert post.mail.forget_deliveries(post.account, before=post.now) == 1
    deliver(post, "old"), deliver(post, "new")
    assert len(post.uids()) == 3


def test_only_deliveries_count_as_such(post):
    post.put()
    assert post.mail.state(post.account, EMAIL_DELIVERY) == "n"
    deliver(post, "k")
    assert post.mail.changes(post.account, EMAIL_DELIVERY, "n").created == (2,)


# Quota


def test_what_has_no_room_is_not_stored(post):
    octets = post.octets()
    post.mail.ingest(post.account, octets, [(post.inbox, ())], 1.0, quota_octets=len(octets))
    with pytest.raises(OverQuota):
        post.mail.ingest(post.account, octets, [(post.inbox, ())], 1.0, quota_octets=2 * len(octets) - 1)
    assert post.uids() == [1]
    assert post.mail.used_octets(post.account) == len(octets)


def test_a_quota_of_none_or_nothing_is_no_quota(post):
    for quota in (None, 0):
        post.mail.ingest(post.account, b"\r\n", [(post.inbox, ())], 1.0, quota_octets=quota)
    assert post.uids() == [1, 2]


def test_what_is_expunged_gives_its_room_back(post):
    post.put(), post.put()
    flag(post, [1, 2], GONE)
    post.mail.expunge(post.account, post.inbox)
    assert post.mail.used_octets(post.account) == 0


def test_a_copy_in_another_mailbox_costs_nothing_and_a_second_email_does(post):
    a = post.box("a")
    post.put()
    size = post.mail.used_octets(post.account)
    post.mail.copy(post.account, post.inbox, [1], a, quota_octets=size)
    assert post.mail.used_octets(post.account) == size
    with pytest.raises(OverQuota):
        post.mail.copy(post.account, post.inbox, [1], a, quota_octets=size)
    assert post.uids(a) == [1]


# Listing


def test_a_mailbox_is_listed_by_uid_in_pages(post):
    for _ in range(5):
        post.put()
    assert post.uids() == [1, 2, 3, 4, 5]
    assert [row.uid for row in post.mail.list(post.account, post.inbox, after_uid=2, limit=2)] == [3, 4]
    assert [row.uid for row in post.mail.rows(post.account, post.inbox, [9, 4, 4, 2, 0, -1, 1 << 40])] == [2, 4]


def test_a_view_is_of_one_moment(post):
    post.put(), post.put(keywords=["$seen"])
    view = post.mail.view(post.account, post.inbox)
    assert (view.uids, view.counts.total, view.counts.unseen, view.counts.uid_next) == ((1, 2), 2, 1, 3)
    assert view.highest_modseq == post.rows()[1].modseq
    assert view.mailbox.path == ("INBOX",)


def test_counts_follow_flags(post):
    post.put(), post.put(keywords=["$draft"]), post.put()
    flag(post, [1], SEEN), flag(post, [3], GONE)
    found = counts(post)
    assert (found.total, found.unseen, found.deleted, found.unread, found.visible) == (3, 2, 1, 0, 2)


# Flags


@pytest.mark.parametrize(("how", "expected"), [("add", {"a", "b", "c"}), ("remove", {"a"}), ("set", {"b", "c"})])
def test_flags_are_added_removed_and_set(post, how, expected):
    post.put(keywords=["a", "b"])
    done = flag(post, [1], Flags.of(how, ["B", "c"]))
    assert set(done.rows[0].keywords) == expected
    assert post.keywords() == {1: expected}


@pytest.mark.parametrize(("how", "expected"), [("add", True), ("remove", False), ("set", True)])
def test_deleted_is_a_flag_of_the_place(post, how, expected):
    a = post.box("a")
    post.put(post.inbox, a, deleted=True)
    flag(post, [1], Flags.of(how, [], deleted=True))
    assert [post.rows()[0].deleted, post.rows(a)[0].deleted] == [expected, True]


def test_keywords_are_those_of_the_email_everywhere(post):
    a = post.box("a")
    post.put(post.inbox, a)
    flag(post, [1], SEEN)
    assert post.keywords(a) == {1: {"$seen"}}
    assert counts(post, a).unseen == 0


def test_one_batch_gives_all_messages_the_same_modseq(post):
    for _ in range(3):
        post.put()
    done = flag(post, [1, 3], SEEN)
    assert [row.modseq for row in post.rows()] == [done.change, post.rows()[1].modseq, done.change]
    assert done.change > post.rows()[1].modseq


def test_flags_that_are_so_already_change_nothing(post):
    post.put(keywords=["$seen"])
    before = post.mail.view(post.account, post.inbox)
    assert flag(post, [1], SEEN).change == 0
    assert post.mail.view(post.account, post.inbox) == before


def test_messages_that_have_changed_since_are_left_alone(post):
    post.put(), post.put()
    since = post.mail.view(post.account, post.inbox).highest_modseq
    flag(post, [1], Flags.of("add", ["a"]))
    done = flag(post, [1, 2], SEEN, unchanged_since=since)
    assert (done.modified, [row.uid for row in done.rows]) == ([1], [2])
    assert post.keywords() == {1: {"a"}, 2: {"$seen"}}
    assert flag(post, [1, 2], SEEN, unchanged_since=0).modified == [1, 2]


def test_one_message_has_so_many_keywords(post):
    post.put()
    with pytest.raises(TooManyKeywords):
        flag(post, [1], Flags.of("set", [f"k{number}" for number in range(KEYWORDS_MAX + 1)]))


def test_uids_that_are_not_there_do_not_matter(post):
    post.put()
    assert [row.uid for row in flag(post, [1, 7], SEEN).rows] == [1]


def test_very_many_messages_are_flagged_in_steps(memory_post):
    octets = memory_post.octets()
    for _ in range(700):
        memory_post.put(octets=octets)
    done = flag(memory_post, range(1, 701), SEEN)
    assert (len(done.rows), counts(memory_post).unseen) == (700, 0)


# Copying and moving


def test_a_copy_has_a_new_uid_and_the_same_flags_and_date(post):
    a = post.box("a")
    post.put(a), post.put(keywords=["x"])
    done = post.mail.copy(post.account, post.inbox, [1], a)
    assert (done.source, done.target) == ([1], [2])
    assert done.uid_validity == post.mail.mailbox(post.account, a).uid_validity
    assert post.keywords(a)[2] == {"x"}
    assert post.rows(a)[1].email_id == post.rows()[0].email_id


def test_a_copy_to_where_it_is_makes_a_second_email(post):
    post.put(keywords=["x"])
    done = post.mail.copy(post.account, post.inbox, [1], post.inbox)
    first, second = post.rows()
    assert (done.source, done.target) == ([1], [2])
    assert (first.thread_id, first.size, first.keywords) == (second.thread_id, second.size, second.keywords)
    assert post.mail.read(post.account, second.email_id) == post.mail.read(post.account, first.email_id)


def test_both_sets_of_uids_are_in_the_same_order(post):
    a = post.box("a")
    for _ in range(3):
        post.put()
    done = post.mail.copy(post.account, post.inbox, [3, 1], a)
    assert [row.email_id for row in post.rows(a)] == [post.rows()[0].email_id, post.rows()[2].email_id]
    assert (done.source, done.target) == ([1, 3], [1, 2])


def test_a_move_takes_away_and_the_email_stays_the_same(post):
    a, email = post.box("a"), post.put()
    post.mail.move(post.account, post.inbox, [1], a)
    assert (post.uids(), [row.email_id for row in post.rows(a)]) == ([], [email])
    assert post.mail.resync(post.account, post.inbox, 1).vanished == {1}


def test_a_move_within_a_mailbox_gives_a_new_uid(post):
    email = post.put()
    done = post.mail.move(post.account, post.inbox, [1], post.inbox)
    assert (done.source, done.target, post.uids()) == ([1], [2], [2])
    assert post.rows()[0].email_id == email


def test_a_move_to_where_it_is_too_leaves_two_messages_there(post):
    a = post.box("a")
    post.put(post.inbox, a)
    post.mail.move(post.account, post.inbox, [1], a)
    assert (post.uids(), post.uids(a)) == ([], [1, 2])


# Expunging


def test_only_what_is_marked_is_expunged(post):
    for _ in range(3):
        post.put()
    flag(post, [1, 3], GONE)
    assert post.mail.expunge(post.account, post.inbox, [2, 3]) == [3]
    assert post.mail.expunge(post.account, post.inbox) == [1]
    assert post.mail.expunge(post.account, post.inbox) == []
    assert post.uids() == [2]


def test_an_email_lives_as_long_as_it_is_in_a_mailbox(post):
    a = post.box("a")
    email = post.put(post.inbox, a)
    flag(post, [1], GONE)
    post.mail.expunge(post.account, post.inbox)
    assert post.mail.read(post.account, email)
    flag(post, [1], GONE, a)
    post.mail.expunge(post.account, a)
    with pytest.raises(NoMessage):
        post.mail.read(post.account, email)


def test_uids_are_never_used_again(post):
    post.put()
    flag(post, [1], GONE)
    post.mail.expunge(post.account, post.inbox)
    post.put()
    assert post.uids() == [2]


# As JMAP does it


def test_labels_and_keywords_change_together(post):
    a, email = post.box("a"), post.put(keywords=["x"])
    assert post.mail.update(post.account, [email, 77], flags=SEEN, labels=lambda old: {a}) == {email}
    assert (post.uids(), post.keywords(a)) == ([], {1: {"$seen", "x"}})


def test_an_email_without_labels_is_destroyed(post):
    email = post.put()
    post.mail.update(post.account, [email], labels=lambda old: set())
    assert post.mail.emails(post.account, [email]) == {}


def test_a_label_brings_to_light_what_was_marked_deleted(post):
    email = post.put(deleted=True)
    post.mail.update(post.account, [email], labels=lambda old: {post.inbox, *old})
    assert [(row.uid, row.deleted) for row in post.rows()] == [(1, False)]


def test_destroying_takes_an_email_out_of_all_mailboxes(post):
    a = post.box("a")
    email = post.put(post.inbox, a)
    assert post.mail.destroy(post.account, [email, 77]) == {email}
    assert (post.uids(), post.uids(a)) == ([], [])


# What cannot be read


def test_a_value_of_a_newer_version_is_told_in_words(memory_post):
    memory_post.put()
    memory_post.store._values[Keys(memory_post.account).row(memory_post.inbox, 1)] = b"\x07whatever"
    with pytest.raises(Corrupt, match="newer version"):
        memory_post.rows()
    memory_post.store._values[Keys(memory_post.account).row(memory_post.inbox, 1)] = b"\x01\xff"
    with pytest.raises(Corrupt, match="cannot be read"):
        memory_post.rows()
    memory_post.is_damaged = True


# Listeners


def test_who_subscribed_hears_of_changes_and_a_failure_of_his_hurts_nobody(post, caplog):
    heard = []

    def fails(account, change):
        raise RuntimeError("on purpose")

    post.mail.subscribe_changes(fails)
    end = post.mail.subscribe_changes(lambda account, change: heard.append((account, change)))
    post.put()
    end()
    post.put()
    assert heard == [(post.account, post.rows()[0].modseq)]
    assert "on purpose" in caplog.text
