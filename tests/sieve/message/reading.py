"""Reads everything that a message offers, and checks what must hold of any octets."""

from __future__ import annotations

from typing import Any

from sieve.message import HeaderField, Message, Part


def all_of(message: Message) -> list[Any]:
    """Every view, as values that can be compared."""
    return [
        *(tuple(problem) for problem in message.problems),
        message.body_lists,
        message.received,
        message.addresses("To"),
        message.message_ids("References"),
        *(value for part in message.parts for value in of_part(part)),
    ]


def of_part(part: Part) -> list[Any]:
    return [
        *(part.type, part.subtype, part.path, part.header_offset, part.body_offset, part.end_offset, part.extent),
        *(part.disposition, part.filename, part.content_id, part.encoding, part.charset, dict(part.parameters)),
        *(part.content, part.text, part.is_damaged, len(part.children), part.message is None),
        *(value for field in part.fields for value in of_field(field)),
    ]


def of_field(field: HeaderField) -> list[Any]:
    return [
        *(field.name, field.octets, field.raw, field.offset, field.text, field.groups, field.date),
        *(field.message_ids, field.structured),
    ]


def check(message: Message) -> None:
    """Spans lie within each other, and hold what they say."""
    assert message.root.end_offset == message.size
    for part in message.parts:
        check_part(part)
    numbers = [number for numbers in message.body_lists for number in numbers]
    assert all(not message.parts[number].children or message.parts[number].type != "multipart" for number in numbers)


def check_part(part: Part) -> None:
    assert 0 <= part.header_offset <= part.fields_offset <= part.body_offset <= part.end_offset <= len(part.source)
    assert part.octets == part.header_octets + part.body
    at = part.fields_offset
    for field in part.fields:
        assert field.offset == at
        assert part.source[at : field.end_offset] == field.octets
        at = field.end_offset
    assert part.header_offset <= at <= part.body_offset
    assert part.source[at : part.body_offset] in (b"", b"\n", b"\r\n")
    inside = [child for child in part.children if child.container is part.container]
    spans = [part.body_offset, *(offset for child in inside for offset in (child.header_offset, child.end_offset))]
    assert spans == sorted(spans)
    assert spans[-1] <= part.end_offset
