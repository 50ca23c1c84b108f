"""What is composed is read as it was meant."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import Date, Mailbox, parse
from sieve.message.compose import (
    Attachment,
    Draft,
    address_field,
    compose,
    field_of,
    multipart,
    structured_field,
    text_entity,
)

ANN = Mailbox("Ann Éxample", "ann", "example.org")
DRAFT = Draft(Date(1248090941.0, 120), "<1@example.org>", ANN, [Mailbox("", "bob", "example.net")], subject="Grüße")
PRINTABLE = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=150)


def draft(**values: object) -> bytes:
    given = {name: getattr(DRAFT, name) for name in Draft.__slots__}
    return compose(Draft(**{**given, **values}))


def test_a_text() -> None:
    assert draft(text="Hello\n", subject="Hi", sender=Mailbox("", "ann", "example.org")) == (
        b"From: ann@example.org\r\nTo: bob@example.net\r\nSubject: Hi\r\nDate: Mon, 20 Jul 2009 13:55:41 +0200\r\n"
        b"Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n\r\nHello\r\n"
    )


def test_the_same_draft_is_the_same_message() -> None:
    assert draft(text="a", html="b") == draft(text="a", html="b")


def test_text_html_pictures_and_attachments_are_where_readers_look_for_them() -> None:
    picture = Attachment(b"\x89PNG", "image/png", "bild ü.png", "inline", "pic@x")
    message = parse(
        draft(text="Grüße", html="<p>", attachments=[picture, Attachment(b"%PDF", "application/pdf", "a.pdf")])
    )
    assert [part.content_type for part in message.parts] == [
        *("multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
        "application/pdf",
    ]
    assert [part.text for part in message.text_body] == ["Grüße\r\n"]
    assert [part.filename for part in message.attachments] == ["bild ü.png", "a.pdf"]
    assert message.attachments[0].content_id == "pic@x"
    assert message.problems == []


def test_an_attached_message_is_not_encoded() -> None:
    message = parse(draft(text="", attachments=[Attachment("Subject: ü\r\n\r\nx".encode(), "message/rfc822")]))
    inner = message.attachments[0].message
    assert inner is not None
    assert inner.header("Subject") == ["ü"]
    assert message.attachments[0].encoding == "8bit"


@pytest.mark.parametrize("text", ["", "x" * 2000, "ü" * 2000, "a\rb\nc\r\nd", "From here\n.\n", "\0", "= \t\n ü \n"])
def test_any_text_comes_through_with_its_lines(text: str) -> None:
    octets = text_entity(text)
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
    assert parse(octets).root.text.removesuffix("\r\n").split("\r\n") == lines


@given(PRINTABLE)
def test_any_value_of_a_field_is_read_again(value: str) -> None:
    octets = field_of("X-Any", value)
    (field,) = parse(octets).fields
    assert field.text == value.strip(" \t")
    assert octets.isascii()


@given(st.text(max_size=60))
def test_no_value_makes_more_than_one_field(value: str) -> None:
    octets = field_of("X-Any", value) + b"\r\n"
    message = parse(octets)
    assert [field.name for field in message.fields] == ["X-Any"]
    assert message.root.body == b""


@given(
    st.lists(
        st.builds(Mailbox, PRINTABLE, st.from_regex(r"[a-z. \"]{1,8}", fullmatch=True), st.just("x.org")), max_size=4
    )
)
def test_any_mailboxes_are_read_again(mailboxes: list[Mailbox]) -> None:
    (field,) = parse(address_field("To", mailboxes)).fields
    assert [mailbox.address for mailbox in field.addresses] == [mailbox.address for mailbox in mailboxes]
    for ours, read in zip(mailboxes, field.addresses, strict=True):
        assert read.name.split() == ours.name.split()


@given(PRINTABLE.filter(lambda text: text == text.strip()))
def test_any_file_name_is_read_again(name: str) -> None:
    octets = structured_field("Content-Disposition", "attachment", {"filename": name})
    assert parse(octets).root.filename == name
    assert max(map(len, octets.split(b"\r\n"))) <= 78


def test_an_address_field_given_as_text_keeps_its_addresses_readable() -> None:
    octets = field_of("Cc", "Jörg <joerg@x.org>, a@b.c, Ünal <u@y.org>")
    assert b"<joerg@x.org>, a@b.c, =?" in octets
    assert [mailbox.name for mailbox in parse(octets).addresses("Cc")] == ["Jörg", "", "Ünal"]


def test_long_fields_are_folded_at_blanks() -> None:
    octets = field_of("References", " ".join(f"<{number}@example.org>" for number in range(50)))
    assert max(map(len, octets.split(b"\r\n"))) <= 78
    assert len(parse(octets).message_ids("References")) == 50


def test_a_boundary_occurs_in_no_part() -> None:
    first = multipart("mixed", [b"a"])
    nested = multipart("mixed", [first, first])
    assert len(parse(nested).parts) == 5


def test_the_standard_library_reads_it_too() -> None:
    octets = draft(text="Grüße", html="<p>Grüße</p>", attachments=[Attachment(b"\xff", filename="ü" * 50 + ".bin")])
    read = email.message_from_bytes(octets, policy=email.policy.default)
    assert read["Subject"] == "Grüße"
    assert read["From"].addresses[0].display_name == "Ann Éxample"
    assert [part.get_filename() for part in read.walk() if part.get_filename()] == ["ü" * 50 + ".bin"]
    assert read.get_body(("plain",)).get_content().split() == ["Grüße"]  # type: ignore[union-attr]
