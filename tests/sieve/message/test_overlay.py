"""Edits: what they change, and that they change nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import Overlay, parse

GOLDEN = [path.read_bytes() for path in sorted((Path(__file__).parent / "golden").glob("*.eml"))]
MAIL = (
    b"From: a@b.c\r\nX-Spam: one\r\nSubject: =?utf-8?q?h=C3=A9?=\r\n old\r\nX-Spam: two\r\nx-spam: three\r\n"
    b"\r\nbody\r\n"
)


def edited(octets: bytes, *edits: Callable[[Overlay], object]) -> bytes:
    overlay = Overlay(parse(octets))
    for edit in edits:
        edit(overlay)
    return overlay.materialise()


def test_without_edits_nothing_is_edited() -> None:
    message = parse(MAIL)
    overlay = Overlay(message)
    assert not overlay.edited
    assert overlay.materialise() is message.octets
    assert overlay.parts == message.parts


def test_a_field_is_added_at_the_top_or_behind_the_last() -> None:
    octets = edited(MAIL, lambda o: o.add_field("X-A", "1"), lambda o: o.add_field("X-B", "2", last=True))
    assert octets == MAIL.replace(b"From", b"X-A: 1\r\nFrom").replace(b"three\r\n", b"three\r\nX-B: 2\r\n")


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, []),
        ({"index": 1}, ["two", "three"]),
        ({"index": 1, "last": True}, ["one", "two"]),
        ({"index": 4}, ["one", "two", "three"]),
        ({"where": lambda text: "t" in text}, ["one"]),
        ({"index": 2, "where": lambda text: text == "one"}, ["one", "two", "three"]),
    ],
)
def test_fields_are_deleted_by_name_index_and_value(options: dict[str, object], left: list[str]) -> None:
    overlay = Overlay(parse(MAIL))
    assert overlay.delete_fields("X-SPAM", **options) == 3 - len(left)  # type: ignore[arg-type]
    assert parse(overlay.materialise()).header("x-spam") == left
    assert overlay.edited == (len(left) < 3)


def test_a_field_is_replaced_where_it_was() -> None:
    octets = edited(MAIL, lambda o: o.replace_field("X-Spam", "only"), lambda o: o.replace_field("X-New", "new"))
    assert [(field.name, field.text) for field in parse(octets).fields] == [
        ("From", "a@b.c"), ("X-Spam", "only"), ("Subject", "hé old"), ("X-New", "new"),
    ]  # fmt: skip


def test_edits_are_seen_at_once_and_size_stays() -> None:
    overlay = Overlay(parse(MAIL))
    overlay.add_field("Subject", "grün")
    assert [field.text for field in overlay.fields if field.name == "Subject"] == ["grün", "hé old"]
    assert overlay.root.named("Subject")[0].text == "grün"
    assert overlay.size == len(MAIL)
    assert overlay.message.header("Subject") == ["hé old"]


def test_what_is_not_edited_stays_byte_for_byte() -> None:
    octets = b"Weird :x\n\ty\nA:b\nLast: c"
    assert edited(octets, lambda o: o.add_field("N", "v")) == b"N: v\n" + octets + b"\n"
    assert edited(octets, lambda o: o.delete_fields("a")) == b"Weird :x\n\ty\nLast: c\n"


def test_line_ends_are_those_of_the_message() -> None:
    assert edited(b"A: b\n\nc\n", lambda o: o.add_field("N", "v")) == b"N: v\nA: b\n\nc\n"
    assert edited(b"", lambda o: o.add_field("N", "v")) == b"N: v\r\n"


def test_a_body_without_header_is_parted_from_new_fields() -> None:
    assert edited(b"no field\r\n", lambda o: o.add_field("N", "v")) == b"N: v\r\n\r\nno field\r\n"


def test_no_value_can_make_a_second_field() -> None:
    octets = edited(MAIL, lambda o: o.add_field("N", "v\r\nEvil: x\n\n\0body"))
    assert [field.name for field in parse(octets).fields][:2] == ["N", "From"]
    assert parse(octets).header("N") == ["v Evil: x body"]


@pytest.mark.parametrize("name", ["", "a b", "a:", "ü", "a\r\nb"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    overlay = Overlay(parse(MAIL))
    with pytest.raises(ValueError, match="no name"):
        overlay.add_field(name, "v")
    assert not overlay.edited


def test_a_body_is_replaced_below_the_edited_header() -> None:
    octets = edited(MAIL, lambda o: o.delete_fields("x-spam"), lambda o: o.replace_body(b"new"))
    assert octets == b"From: a@b.c\r\nSubject: =?utf-8?q?h=C3=A9?=\r\n old\r\n\r\nnew"


TREE = (
    b"Content-Type: multipart/mixed; boundary=b\n\npre\n--b\nX: 1\n\none\n--b\n"
    b"Content-Type: multipart/mixed; boundary=c\n\n--c\n\ntwo\n--c\n\nthree\n--c--\n--b--\npost\n"
)


def test_parts_are_replaced_and_all_else_stays() -> None:
    overlay = Overlay(parse(TREE))
    one, _, two, _ = overlay.parts[1:]
    overlay.replace_part(one, b"\nEINS")
    overlay.replace_part(two, b"\nZWEI")
    assert overlay.materialise() == TREE.replace(b"X: 1\n\none", b"\nEINS").replace(b"two", b"ZWEI")
    assert [part.text for part in overlay.parts if part.type == "text"] == ["EINS", "ZWEI", "three"]


def test_a_part_of_an_earlier_tree_may_still_be_replaced() -> None:
    overlay = Overlay(parse(TREE))
    one, *_, three = overlay.parts[1:]
    overlay.replace_part(one, b"\nEINS, which is longer")
    assert overlay.parts[1].text == "EINS, which is longer"
    overlay.add_field("X-New", "y")
    assert overlay.replace_part(three, b"\nDREI")
    assert [part.text for part in overlay.parts if part.type == "text"] == ["EINS, which is longer", "two", "DREI"]


def test_a_part_in_a_replaced_part_is_gone() -> None:
    overlay = Overlay(parse(TREE))
    inner, two = overlay.parts[2:4]
    overlay.replace_part(inner, b"Content-Type: multipart/mixed; boundary=d\n\n--d\n\nnew\n--d--")
    assert overlay.parts[3].text == "new"
    assert not overlay.replace_part(two, b"\nZWEI")
    assert overlay.replace_part(overlay.parts[3], b"\nnewer")
    assert overlay.parts[3].text == "newer"


def test_replacing_the_root_replaces_the_message() -> None:
    assert edited(TREE, lambda o: o.add_field("A", "b"), lambda o: o.replace_part(o.root, b"A: c\n\nd")) == b"A: c\n\nd"


def test_a_part_in_an_encoded_message_is_replaced_in_what_is_encoded() -> None:
    octets = next(each for each in GOLDEN if b"RnJvbTogaW5u" in each)
    overlay = Overlay(parse(octets))
    overlay.replace_part(overlay.parts[2], b"Subject: new\n\nopen")
    inner = overlay.parts[1].message
    assert inner is not None
    assert inner.octets == b"Subject: new\n\nopen"
    assert overlay.parts[1].encoding == "base64"


EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(["Subject", "X-A", "To"]), st.text(max_size=30), st.booleans()),
        st.tuples(st.just("delete"), st.sampled_from(["Subject", "X-A", "From", "Content-Type"])),
        st.tuples(st.just("replace"), st.sampled_from(["Subject", "X-A"]), st.text(max_size=30)),
        st.tuples(st.just("part"), st.integers(0, 10), st.binary(max_size=30)),
        st.tuples(st.just("body"), st.binary(max_size=30)),
        st.tuples(st.just("look")),
    ),
    max_size=6,
)


@given(st.sampled_from(GOLDEN), EDITS)
def test_any_edits_end_in_a_message_that_has_them(octets: bytes, edits: list[tuple[object, ...]]) -> None:
    overlay = Overlay(parse(octets))
    parts = overlay.parts
    for name, *values in edits:
        match name:
            case "add":
                overlay.add_field(str(values[0]), str(values[1]), last=bool(values[2]))
            case "delete":
                overlay.delete_fields(str(values[0]))
            case "replace":
                overlay.replace_field(str(values[0]), str(values[1]))
            case "part":
                overlay.replace_part(parts[values[0] % len(parts)], values[1])  # type: ignore[operator,arg-type]
            case "body":
                overlay.replace_body(values[0])  # type: ignore[arg-type]
            case _:
                assert overlay.current.octets == overlay.materialise()
    again = parse(overlay.materialise())
    assert [field.octets.rstrip(b"\r\n") for field in again.fields] == [
        field.octets.rstrip(b"\r\n") for field in overlay.fields
    ]
