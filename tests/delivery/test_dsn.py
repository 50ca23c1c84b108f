"""Reports are read back with the standard library's parser, an implementation that is not ours."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stalwart_g.delivery.dsn import RecipientStatus, Report, compose, subject
from stalwart_g.delivery.settings import ReportSettings
from stalwart_g.model.address import NULL, Address
from stalwart_g.model.envelope import MailParameters
from stalwart_g.model.reply import Reply

SETTINGS = ReportSettings("mail.example.org")
BOB = Address("bob", "remote.example")
NO_USER = Reply(550, "5.1.1", "No such user here")
ORIGINAL = b"From: a@example.org\r\nSubject: hello\r\n\r\nThe body\r\nof it.\r\n"


def status(final: Address = BOB, action: str = "failed", reply: Reply = NO_USER, **rest: Any) -> RecipientStatus:
    return RecipientStatus(final, action, reply, **rest)


def report(*recipients: RecipientStatus, original: bytes = ORIGINAL, **rest: Any) -> Report:
    return Report(
        Address("a", "example.org"), "<dsn1@mail.example.org>", 1_800_000_000.5, 1_799_990_000.0, recipients, original,
        **rest,
    )  # fmt: skip


def parsed(written: Report) -> EmailMessage:
    octets = compose(written, SETTINGS).octets
    assert b"\n" not in octets.replace(b"\r\n", b"")
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def parts(written: Report) -> list[Any]:
    return list(parsed(written).iter_parts())


def groups(written: Report) -> list[Any]:
    """The field groups of the status part: first the message's, then one a recipient."""
    return [group for group in parts(written)[1].get_payload() if group.keys()]


def test_it_is_a_report_in_three_parts():
    message = parsed(report(status()))
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]


def test_it_comes_from_nobody_and_asks_for_no_report():
    mail = compose(report(status()), SETTINGS)
    assert mail.envelope.reverse_path == NULL
    (recipient,) = mail.envelope.recipients
    assert (str(recipient.address), recipient.notify) == ("a@example.org", ("NEVER",))
    assert mail.origin.kind == "dsn"


def test_its_header_says_whose_answer_it_is():
    message = parsed(report(status(), original_id="<first@example.org>"))
    assert message["from"] == "Mail Delivery Subsystem <MAILER-DAEMON@mail.example.org>"
    assert message["to"] == "a@example.org"
    assert message["auto-submitted"] == "auto-replied"
    assert message["references"] == "<first@example.org>"
    assert message["date"] == "Fri, 15 Jan 2027 08:00:00 +0000"


def test_people_read_address_host_and_words():
    text = parts(report(status(host="mx.remote.example")))[0].get_content()
    assert "could not be delivered" in text
    assert "<bob@remote.example>" in text
    assert "mx.remote.example said: 550 5.1.1 No such user here" in text


def test_programs_read_the_same():
    message, recipient = groups(report(status(host="mx.remote.example", last_attempt=1_800_000_000.0)))
    assert message["reporting-mta"] == "dns; mail.example.org"
    assert message["arrival-date"] == "Fri, 15 Jan 2027 05:13:20 +0000"
    assert recipient["final-recipient"] == "rfc822; bob@remote.example"
    assert recipient["action"] == "failed"
    assert recipient["status"] == "5.1.1"
    assert recipient["remote-mta"] == "dns; mx.remote.example"
    assert recipient["diagnostic-code"] == "smtp; 550 5.1.1 No such user here"
    assert recipient["last-attempt-date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert "will-retry-until" not in recipient


def test_the_senders_own_marks_come_back():
    message, recipient = groups(
        report(status(original="rfc822;list@x.example"), parameters=MailParameters(envid="QQ314"))
    )
    assert message["original-envelope-id"] == "QQ314"
    assert recipient["original-recipient"] == "rfc822; list@x.example"


def test_a_delay_says_until_when():
    delayed = report(status(action="delayed", reply=Reply(451, "4.4.1", "No answer"), retry_until=1_800_100_000.0))
    assert groups(delayed)[1]["will-retry-until"] == "Sat, 16 Jan 2027 11:46:40 +0000"
    assert "We try until Sat, 16 Jan 2027 11:46:40 +0000." in parts(delayed)[0].get_content()


def test_all_recipients_are_in_one_report():
    mixed = report(status(), status(Address("c", "d.example"), "delivered", Reply(250, "2.0.0", "ok")))
    assert [group["action"] for group in groups(mixed)[1:]] == ["failed", "delivered"]
    assert parsed(mixed)["subject"] == "Your message was delivered to some recipients only"


@pytest.mark.parametrize("actions", [["failed"], ["delayed"], ["delivered"], ["failed", "delayed"]])
def test_each_class_has_a_subject_of_its_own(actions: list[str]) -> None:
    assert subject(actions) != subject(["failed", "delayed", "delivered"])


def test_the_header_comes_back_by_default():
    assert parts(report(status()))[2].get_payload() == "From: a@example.org\r\nSubject: hello\r\n"


def test_all_of_it_comes_back_on_demand():
    returned = parts(report(status(), full=True))[2]
    assert returned.get_content_type() == "message/rfc822"
    assert returned.get_content()["subject"] == "hello"
    assert returned.get_content().get_payload() == "The body\r\nof it.\r\n"


@pytest.mark.parametrize(
    "withheld",
    [
        report(status(), full=True, original=ORIGINAL + b"x" * 70_000),
        report(status(), full=True, parameters=MailParameters(requiretls=True)),
        report(status(), full=True, parameters=MailParameters(body="BINARYMIME")),
    ],
    ids=["too long", "REQUIRETLS", "binary"],
)
def test_what_must_not_or_cannot_go_back_is_cut_to_the_header(withheld: Report) -> None:
    assert parts(withheld)[2].get_content_type() == "text/rfc822-headers"


def test_a_report_on_a_message_that_required_tls_requires_it_too():
    mail = compose(report(status(), parameters=MailParameters(requiretls=True)), SETTINGS)
    assert mail.envelope.parameters.requiretls


def test_an_endless_header_is_cut_between_lines():
    original = b"".join(b"X-%d: %b\r\n" % (number, b"v" * 60) for number in range(1000)) + b"\r\nbody"
    returned = parts(report(status(), original=original))[2].get_payload()
    assert 16_000 < len(returned) <= 16_384
    assert returned.splitlines()[-1].endswith("v" * 60)


def test_a_remote_server_cannot_write_fields():
    evil = Reply(550, "5.0.0", 'no\r\nAction: delivered\r\n\r\n--=_x\n"quoted"')
    recipient = groups(report(status(reply=evil)))[1]
    assert recipient.get_all("action") == ["failed"]


def test_addresses_beyond_ascii_make_a_global_report():
    written = report(status(Address("jürgen", "remote.example")))
    message = parsed(written)
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "message/global-delivery-status", "message/global-headers"]
    assert "Final-Recipient: utf-8; jürgen@remote.example".encode() in compose(written, SETTINGS).octets
    assert compose(written, SETTINGS).envelope.parameters.smtputf8


def test_eight_bit_content_is_declared():
    message = parsed(report(status(), full=True, original=ORIGINAL + "Grüße\r\n".encode()))
    assert message["content-transfer-encoding"] == "8bit"


@settings(max_examples=60)
@given(st.text(max_size=60), st.integers(400, 599), st.binary(max_size=200))
def test_whatever_was_said_and_sent_the_report_can_be_read(text: str, code: int, original: bytes) -> None:
    written = report(status(reply=Reply(code, "", text)), original=original.replace(b"\r", b"").replace(b"\n", b"\r\n"))
    message = email.message_from_bytes(compose(written, SETTINGS).octets, policy=email.policy.default)
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
