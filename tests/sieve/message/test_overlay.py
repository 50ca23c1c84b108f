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


# -- parts before and after edits

NESTED = (
    b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
    b"--i\r\n\r\none\r\n--i\r\n\r\ntwo\r\n--i--\r\n--o\r\n\r\nthree\r\n--o--\r\n"
)


def test_what_lay_in_a_replaced_part_is_not_there_any_more() -> None:
    overlay = Overlay(parse(NESTED))
    root, inner, one, two, three = overlay.parts
    overlay.replace_part(inner, b"\r\nnew")
    assert [overlay.has(part) for part in (root, inner, one, two, three)] == [True, True, False, False, True]
    assert not overlay.replace_part(two, b"\r\nlost")
    assert overlay.has(overlay.parts[1])


def test_a_part_as_it_is_now_is_itself_unless_it_or_what_is_in_it_has_changed() -> None:
    overlay = Overlay(parse(NESTED))
    root, inner, one, two, three = overlay.parts
    overlay.replace_part(one, b"\r\nnew")
    assert overlay.now(one).content == b"new"
    assert [part.content for part in overlay.now(inner).children] == [b"new", b"two"]
    assert overlay.now(two) is two
    assert overlay.now(three) is three
    assert overlay.now(root) is overlay.root


def test_new_parts_in_the_place_of_an_old_one_are_there_after_another_edit() -> None:
    overlay = Overlay(parse(NESTED))
    new = b"Content-Type: multipart/mixed; boundary=n\r\n\r\n--n\r\n\r\na\r\n--n--\r\n"
    overlay.replace_part(overlay.parts[1], new)
    fresh = overlay.parts[2]
    overlay.replace_part(overlay.parts[3], b"\r\nTHREE")
    assert overlay.materialise().count(b"THREE") == 1
    assert overlay.has(fresh)
    assert overlay.replace_part(fresh, b"\r\nb")
    assert [part.content for part in overlay.parts if not part.children] == [b"b", b"THREE"]


def test_the_root_has_the_edited_header() -> None:
    overlay = Overlay(parse(MAIL))
    root = overlay.root
    overlay.add_field("X-A", "1")
    assert overlay.now(root).named("X-A")[0].text == "1"
    overlay.delete_fields("X-A")
    assert not overlay.now(root).named("X-A")


def test_a_part_may_be_replaced_after_the_header_has_made_it_what_it_is() -> None:
    overlay = Overlay(parse(b"A: b\r\n\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n"))
    overlay.add_field("Content-Type", "multipart/mixed; boundary=b")
    assert overlay.replace_part(overlay.parts[2], b"\r\nnew")
    assert [part.content for part in overlay.root.children] == [b"one", b"new"]
    assert overlay.materialise().startswith(b"Content-Type: multipart/mixed; boundary=b\r\nA: b\r\n")


def enclosing(octets: bytes, mark: bytes) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n\r\ntext\r\n"
        b"--%s\r\nContent-Type: message/rfc822\r\n\r\n%s\r\n--%s--\r\n" % (mark, mark, mark, octets, mark)
    )


def test_parts_of_an_enclosed_message_may_still_be_edited() -> None:
    overlay = Overlay(parse(NESTED))
    root, inner, one, _two, three = overlay.parts
    overlay.replace_part(inner, b"\r\nnew")
    overlay.enclose(enclosing(overlay.materialise(), b"first"))
    overlay.enclose(enclosing(overlay.materialise(), b"second"))
    assert overlay.has(three)
    assert not overlay.has(one)
    assert not overlay.is_whole(root)
    assert overlay.replace_part(three, b"\r\nTHREE")
    assert overlay.now(three).content == b"THREE"
    assert overlay.now(three).path == (1, 0, 1, 0, 1)
    assert overlay.to_redirect == NESTED.replace(inner.octets, b"\r\nnew")


def test_what_edits_make_anew_is_counted() -> None:
    overlay = Overlay(parse(NESTED))
    assert overlay.rebuilt_octets == 0
    overlay.add_field("A", "b")
    overlay.add_field("A", "c")
    assert overlay.rebuilt_octets == 0
    octets = overlay.materialise()
    assert overlay.rebuilt_octets == len(octets)


def test_names_and_fields_are_those_after_the_edits() -> None:
    overlay = Overlay(parse(MAIL))
    assert list(overlay.names) == ["from", "x-spam", "subject", "x-spam", "x-spam"]
    overlay.delete_fields("x-spam", index=2)
    overlay.add_field("X-New", "four")
    assert list(overlay.names) == ["x-new", "from", "x-spam", "subject", "x-spam"]
    assert [field.text for field in overlay.named("X-SPAM")] == ["one", "three"]


def test_edits_of_a_copy_are_its_own() -> None:
    overlay = Overlay(parse(NESTED))
    overlay.add_field("A", "both")
    overlay.replace_part(overlay.message.parts[4], b"\r\nBOTH")
    other = overlay.copy()
    other.add_field("A", "other")
    other.replace_part(other.message.parts[2], b"\r\nOTHER")
    overlay.replace_part(overlay.message.parts[3], b"\r\nFIRST")
    assert [part.content for part in overlay.parts[2:]] == [b"one", b"FIRST", b"BOTH"]
    assert [part.content for part in other.parts[2:]] == [b"OTHER", b"two", b"BOTH"]
    assert [field.text for field in overlay.named("A")] == ["both"]
    assert [field.text for field in other.named("A")] == ["other", "both"]
