"""The compact stored form of what a parse found: with it and the octets a message is there without parsing again."""

from __future__ import annotations

from typing import Any

import msgspec

from sieve.message.classify import BodyLists
from sieve.message.fields import Header, split
from sieve.message.message import Message
from sieve.message.mime import Entity, Extent, Problem, Structure

VERSION = 1


class _Record(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """As it is stored. What not every reader wants is taken apart when somebody asks.

    Attributes:
        version: of this form, and of what the parser makes of octets.
        size: of the message; other octets are of another message.
        entities: the parts.
        extents: how large each body is.
        lists: the parts that a reader is shown as text and as HTML, and the attachments.
    """

    version: int
    size: int
    entities: msgspec.Raw
    extents: msgspec.Raw
    problems: msgspec.Raw
    lists: msgspec.Raw


_encoder = msgspec.msgpack.Encoder()
_decode = msgspec.msgpack.Decoder(_Record).decode
_parts: dict[str, msgspec.msgpack.Decoder[Any]] = {
    "entities": msgspec.msgpack.Decoder(list[Entity]),
    "extents": msgspec.msgpack.Decoder(list[Extent]),
    "problems": msgspec.msgpack.Decoder(list[Problem]),
    "lists": msgspec.msgpack.Decoder(BodyLists),
}


def pack(message: Message) -> bytes:
    """The record of a message."""
    structure = message.structure
    extents = [structure.extent(number) for number in range(len(structure.entities))]
    values = (structure.entities, extents, structure.problems, message.body_lists)
    return _encoder.encode(_Record(VERSION, message.size, *(msgspec.Raw(_encoder.encode(value)) for value in values)))


def load(octets: bytes, record: bytes) -> Message | None:
    """The message again; None if the record is of another version, of another message, or no record at all.

    ``record`` comes from one's own store: what is in it is believed.
    """
    try:
        found = _decode(record)
    except msgspec.DecodeError:
        return None
    if found.version != VERSION or found.size != len(octets):
        return None
    return Message(octets, _Stored(octets, found))


class _Stored(Structure):
    """What a record tells instead of a parse. Header fields are found when somebody asks for them."""

    def __init__(self, octets: bytes, record: _Record) -> None:
        self.octets = octets
        self._record = record

    def __getattr__(self, name: str) -> Any:
        """What is asked for the first time."""
        if name in _parts:
            value = _parts[name].decode(getattr(self._record, name))
        elif name in ("contents", "found_headers"):
            value = {}
        else:
            raise AttributeError(name)
        setattr(self, name, value)
        return value

    def header(self, number: int) -> Header:
        header: Header | None = self.found_headers.get(number)
        if header is None:
            entity = self.entities[number]
            header = self.found_headers[number] = split(self.source(number), entity.header, entity.end)
        return header

    def extent(self, number: int) -> Extent:
        extent: Extent = self.extents[number]
        return extent

    def body_lists(self) -> BodyLists:
        lists: BodyLists = self.lists
        return lists
