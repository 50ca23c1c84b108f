"""The answer of a vacation, and when there is none (RFC 5230, RFC 3834)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.extensions.letters import Writer
from sieve.extensions.vacation import Vacation, reply, silence
from sieve.extensions.vacation.silence import Circumstances
from sieve.message import parse

WRITER = Writer(("bob@example.com",), 'Bob "B." Smith', "<id@example.com>", (1_800_000_000.0, 60))
MAIL = parse(b"From: ann@example.org\r\nTo: Bob <bob+x@Example.com>\r\nSubject: Lunch\r\n\r\nx\r\n")
ABOUT = Circumstances("ann@example.org", ("bob@example.com",))


def answer(vacation: Vacation, mail=MAIL):
    return parse(reply.compose(vacation, mail, WRITER, to="ann@example.org"))


@given(reason=st.text(max_size=60), subject=st.text(max_size=300), sender=st.text(max_size=30), mime=st.booleans())
def test_no_text_makes_a_header_field(reason, subject, sender, mime):
    found = answer(Vacation(reason=reason, subject=subject, sender=sender, mime=mime))
    names = {field.name.lower() for field in found.fields}
    assert {name for name in names if not name.startswith("content-")} <= {
        *(
            "from",
            "date",
            "message-id",
            "to",
            "subject",
            "auto-submitted",
            "x-auto-response-suppress",
            "mime-version",
            "x-sieve",
        ),
    }


@given(reason=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=80))
def test_the_text_arrives_as_it_was_written(reason):
    assert answer(Vacation(reason=reason)).root.text.removesuffix("\r\n") == reason


@given(subject=st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=100))
def test_the_subject_arrives_as_it_was_written(subject):
    assert answer(Vacation(reason="x", subject=subject)).header("Subject") == [subject]


def test_the_owners_name_is_quoted():
    (author,) = answer(Vacation(reason="x")).addresses("From")
    assert (author.name, author.address) == ('Bob "B." Smith', "bob@example.com")


def test_the_date_is_the_one_that_was_handed_in():
    assert answer(Vacation(reason="x")).header("Date") == ["Fri, 15 Jan 2027 09:00:00 +0100"]


def test_an_entity_without_a_type_is_text():
    found = answer(Vacation(reason="just text", mime=True))
    assert found.header("Content-Type") == ["text/plain; charset=utf-8"]


def test_a_multipart_entity_stays_one():
    entity = (
        "Content-Type: multipart/alternative; boundary=b\n\n--b\n\nplain\n"
        "--b\nContent-Type: text/html\n\n<p>html</p>\n--b--\n"
    )
    found = answer(Vacation(reason=entity, mime=True))
    assert [(part.type, part.subtype) for part in found.parts] == [
        ("multipart", "alternative"), ("text", "plain"), ("text", "html"),
    ]  # fmt: skip


@pytest.mark.parametrize("one", [{"reason": "b"}, {"subject": "s"}, {"sender": "a@b.example"}, {"mime": True}])
def test_all_that_a_reader_sees_tells_answers_apart(one):
    assert Vacation(**{"reason": "a", **one}).identity != Vacation(reason="a").identity


def test_a_handle_stands_for_all_of_it():
    assert Vacation(reason="a", handle="h").identity == Vacation(reason="b", handle="h").identity


def test_a_handle_is_no_text():
    digest = Vacation(reason="a").identity
    assert Vacation(reason="a", handle=digest).identity != digest


def test_a_plain_mail_is_answered():
    assert silence.reason(Vacation(reason="x"), MAIL, ABOUT) == ""


@pytest.mark.parametrize("field", ["To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc"])
def test_the_address_may_stand_in_any_field_of_recipients(field):
    mail = parse(f"{field}: somebody@else.example, Friends: bob@example.com;\r\n\r\n".encode())
    assert silence.reason(Vacation(reason="x"), mail, ABOUT) == ""


def test_a_mail_that_has_come_too_far_is_not_answered():
    mail = parse(b"Received: x\r\n" * 4 + b"To: bob@example.com\r\n\r\n")
    about = Circumstances("ann@example.org", ("bob@example.com",), received_max=3)
    assert silence.reason(Vacation(reason="x"), mail, about) == "it has come too far"


@given(octets=st.binary(max_size=200), sender=st.text(max_size=20))
def test_any_mail_is_judged(octets, sender):
    about = Circumstances(sender, ("bob@example.com",))
    assert isinstance(silence.reason(Vacation(reason="x"), parse(octets), about), str)
