from __future__ import annotations

import pytest
from msgspec import structs

from stalwart_g.model.address import NULL, Address
from stalwart_g.model.envelope import Envelope, MailParameters, Recipient
from stalwart_g.model.mail import LOCAL, NewMail, Origin
from stalwart_g.queue.entry import Entry, LastReply, entry_of
from stalwart_g.queue.notices import Event, is_double_bounce, kind_of, report, to_tell

SENDER = Address("a", "x.test")


def entry(*notify: str, sender: Address = SENDER, origin: Origin = LOCAL) -> Entry:
    envelope = Envelope(
        sender, MailParameters(envid="e1"), (Recipient(Address("b", "y.test"), notify, "rfc822;B@y.test"),)
    )
    return entry_of(NewMail(envelope, b"", origin, message_id="<m@x.test>"), 1, 1000.0, 5000.0)


def told(made: Entry, action: str) -> bool:
    return bool(to_tell(made, [Event(made.recipients[0], action)]))


@pytest.mark.parametrize(
    ("notify", "wanted"),
    [
        ((), {"failed", "delayed"}),
        (("NEVER",), set()),
        (("FAILURE",), {"failed"}),
        (("DELAY",), {"delayed"}),
        (("SUCCESS",), {"delivered", "relayed", "expanded"}),
        (("SUCCESS", "FAILURE", "DELAY"), {"failed", "delayed", "delivered", "relayed", "expanded"}),
    ],
)
def test_senders_hear_what_they_asked_for(notify: tuple[str, ...], wanted: set[str]) -> None:
    made = entry(*notify)
    actions = ("failed", "delayed", "delivered", "relayed", "expanded")
    assert {action for action in actions if told(made, action)} == wanted


def test_nothing_is_nothing_to_tell():
    assert not told(entry("SUCCESS"), "")


@pytest.mark.parametrize("silent", [entry(sender=NULL), entry(origin=Origin("dsn")), entry(origin=Origin("report"))])
def test_nobody_is_told_about_mail_from_nobody(silent: Entry) -> None:
    assert not told(silent, "failed")
    assert is_double_bounce(silent, [Event(silent.recipients[0], "failed")])
    assert not is_double_bounce(silent, [Event(silent.recipients[0], "delivered")])


@pytest.mark.parametrize(
    ("actions", "kind"),
    [(["delivered"], "success"), (["delivered", "delayed"], "delay"), (["delayed", "failed"], "failure")],
)
def test_the_gravest_event_names_the_report(actions: list[str], kind: str) -> None:
    (recipient,) = entry().recipients
    assert kind_of([Event(recipient, action) for action in actions]) == kind


def written(action: str, ret: str = "HDRS"):
    made = entry(origin=Origin("smtp", helo="client.test", ip="192.0.2.1"))
    (recipient,) = made.recipients
    last = LastReply("temp", 450, "4.2.1", "later", "rcpt", "reply", "mx.test")
    recipient = structs.replace(recipient, attempts=1, last=last)
    return report(
        made, [Event(recipient, action)], b"octets", now=2000.0, message_id="<d@us>", to=made.reverse_path, ret=ret
    )


def test_a_report_has_the_last_reply_and_the_senders_marks():
    delayed = written("delayed")
    (status,) = delayed.recipients
    assert (str(status.reply), status.host, status.original) == ("450 4.2.1 later", "mx.test", "rfc822;B@y.test")
    assert (status.last_attempt, status.retry_until) == (2000.0, 6000.0)
    assert (delayed.original_id, delayed.received_from) == ("<m@x.test>", "client.test ([192.0.2.1])")
    assert (delayed.arrival, delayed.parameters.envid) == (1000.0, "e1")


@pytest.mark.parametrize(("action", "full"), [("failed", True), ("delayed", False), ("delivered", False)])
def test_the_whole_original_goes_back_with_failures_only(action: str, full: bool) -> None:
    assert written(action, "FULL").full is full
