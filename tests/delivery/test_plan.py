from __future__ import annotations

from sieve.actions import Action, Discard, FileInto, Keep, Redirect, Reject
from sieve.extensions.enotify import Notify
from stalwart_g.delivery.plan import KEEP, Plan, Store, plan_of


def test_keep_stores_in_the_inbox():
    assert plan_of([Keep(implicit=True)]) == KEEP


def test_keep_may_mean_another_mailbox():
    assert plan_of([Keep(flags=("\\Seen",))], "Junk") == Plan((Store("Junk", ("\\Seen",)),))


def test_each_mailbox_gets_one_copy():
    plan = plan_of([FileInto(mailbox="a"), FileInto(mailbox="b", create=True), FileInto(mailbox="a", copy=True)])
    assert plan.stores == (Store("a"), Store("b", create=True))


def test_discard_is_an_empty_plan():
    assert plan_of([Discard()]) == Plan()


def test_discard_does_not_undo_a_keep():
    assert plan_of([Discard(), Keep()]) == KEEP


def test_each_address_gets_one_copy():
    plan = plan_of([Redirect(address="b@y.test"), Redirect(address="B@y.test", copy=True)])
    assert plan.redirects == (Redirect(address="b@y.test"),)


def test_a_refusal_is_all_there_is():
    assert plan_of([Reject(reason="no"), Discard()]) == Plan(refusal="no")


class Pigeon(Action):
    name = "pigeon"


def test_a_refusal_goes_with_notifications():
    notify = Notify(uri="mailto:b@y.test")
    assert plan_of([notify, Reject(reason="no")]) == Plan(refusal="no", writings=(notify,))


def test_two_uses_are_two_mailboxes():
    plan = plan_of([FileInto(mailbox="a", special_use="junk"), FileInto(mailbox="a", special_use="sent")])
    assert plan.stores == (Store("a", special_use="junk"), Store("a", special_use="sent"))


def test_what_nobody_knows_keeps_the_mail():
    assert plan_of([Pigeon()]) == KEEP


def test_two_plans_together_have_the_copies_of_both():
    both = plan_of([FileInto(mailbox="archive"), Redirect(address="b@y.test")]) | plan_of([FileInto(mailbox="a")])
    assert both == Plan((Store("archive"), Store("a")), (Redirect(address="b@y.test"),))
