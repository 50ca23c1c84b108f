"""A message as it is stored: octets, and views of them that are made when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from sieve.message import charsets, mime, received
from sieve.message.addresses import Mailbox
from sieve.message.charsets import Decoded
from sieve.message.classify import BodyLists
from sieve.message.fields import Header, HeaderField
from sieve.message.mime import Extent, Problem, Structure
from sieve.message.parameters import Structured
from sieve.message.received import Received


class HeaderSpan(NamedTuple):
    """Where the header fields of a message lie. ``is_closed``: an empty line or nothing follows."""

    start: int
    stop: int
    is_closed: bool


class Message:
    """A parsed message. It never changes; ``Overlay`` is for edits.

    ``octets`` is what was parsed, byte for byte.
    """

    _parts: tuple[Part, ...] | None = None
    _header: Header | None = None

    def __init__(self, octets: bytes, structure: Structure | None = None) -> None:
        self.octets = octets
        self._structure = mime.scan(octets) if structure is None else structure

    def __repr__(self) -> str:
        return f"<Message of {self.size} octets, {len(self._structure.entities)} parts>"

    @property
    def size(self) -> int:
        return len(self.octets)

    @property
    def structure(self) -> Structure:
        return self._structure

    @property
    def problems(self) -> Sequence[Problem]:
        """What is wrong with its structure; the same however much of it was read."""
        return self._structure.problems

    # Parts

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts, parents before children; those of attached messages too. The first is the root."""
        if self._parts is None:
            structure = self._structure
            self._parts = tuple([Part(structure, number, self) for number in range(len(structure.entities))])
        return self._parts

    @property
    def root(self) -> Part:
        return self.parts[0]

    @cached_property
    def children(self) -> list[list[int]]:
        """For each part the numbers of those right below it."""
        return self._structure.children()

    @cached_property
    def body_lists(self) -> BodyLists:
        """What a reader is shown, and what is attached, by numbers of parts (RFC 8621 section 4.1.4)."""
        return self._structure.body_lists()

    @property
    def text_body(self) -> list[Part]:
        return [self.parts[number] for number in self.body_lists.text]

    @property
    def html_body(self) -> list[Part]:
        return [self.parts[number] for number in self.body_lists.html]

    @property
    def attachments(self) -> list[Part]:
        return [self.parts[number] for number in self.body_lists.attachments]

    # Header

    @property
    def header_span(self) -> HeaderSpan:
        header = self._structure.header(0)
        return HeaderSpan(header.start, header.stop, header.stop < self.root.body_offset or header.stop == self.size)

    @property
    def fields(self) -> tuple[HeaderField, ...]:
        """All header fields in their order, duplicates kept."""
        return self._structure.header(0).fields

    @property
    def names(self) -> Sequence[str]:
        """The names of all header fields in their order, in lower case."""
        return self._structure.header(0).lower_names

    def named(self, name: str) -> Sequence[HeaderField]:
        """The fields of a name, in any case of letters."""
        if self._header is None:
            self._header = self._structure.header(0)
        return self._header.named(name)

    def header(self, name: str) -> list[str]:
        """The decoded values of a name."""
        if self._header is None:
            self._header = self._structure.header(0)
        return self._header.texts(name)

    def raw_header(self, name: str) -> list[bytes]:
        """The values of a name as they are, folded and encoded."""
        return [field.raw for field in self.named(name)]

    def addresses(self, name: str) -> list[Mailbox]:
        """The mailboxes in all fields of a name, groups flattened."""
        return [mailbox for field in self.named(name) for mailbox in field.addresses]

    def message_ids(self, name: str = "Message-ID") -> list[str]:
        """The ids in all fields of a name, each with its brackets."""
        return [each for field in self.named(name) for each in field.message_ids]

    @cached_property
    def received(self) -> tuple[Received, ...]:
        """The way it came, the last hop first (RFC 5321 section 4.4)."""
        return tuple(received.parse(field.raw) for field in self.named("Received"))


def parse(octets: bytes) -> Message:
    """Parse a message. Any octets are one; what is wrong with them is in its ``problems``."""
    return Message(octets)


class Part:
    """A header and a body: the message itself, a part of a multipart, or an attached message.

    Attributes:
        type, subtype: in lower case; text/plain where the field is missing or makes no sense.
        header_offset, fields_offset, body_offset, end_offset: places in ``source``. Before the fields there may be the
            separator line of a mailbox file.
    """

    def __init__(self, structure: Structure, number: int, whole: Message) -> None:
        self._structure = structure
        self._whole = whole
        self._entity = entity = structure.entities[number]
        self.number = number
        self.type = entity.type
        self.subtype = entity.subtype
        self.header_offset = entity.header
        self.fields_offset = entity.fields
        self.body_offset = entity.body
        self.end_offset = entity.end

    def __repr__(self) -> str:
        return f"<Part {self.number} {self.content_type}>"

    @property
    def content_type(self) -> str:
        return f"{self.type}/{self.subtype}"

    # Place

    @property
    def whole(self) -> Message:
        """The message that it is a part of."""
        return self._whole

    def is_of(self, message: Message) -> bool:
        return self._whole is message

    @property
    def parent(self) -> Part | None:
        return self._whole.parts[self._entity.parent] if self.number else None

    @property
    def children(self) -> tuple[Part, ...]:
        """The parts of a multipart; of an attached message that message's root."""
        parts = self._whole.parts
        return tuple([parts[number] for number in self._whole.children[self.number]])

    @property
    def path(self) -> tuple[int, ...]:
        """The way from the root, children counted from 0."""
        if not self.number:
            return ()
        place = self._whole.children[self._entity.parent].index(self.number)
        return (*self._whole.parts[self._entity.parent].path, place)

    def walk(self) -> Iterator[Part]:
        """This part and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()

    # Octets

    @property
    def container(self) -> Part | None:
        """The encoded attached message that this lies in; its decoded content is the ``source``."""
        return self._whole.parts[self._entity.source] if self._entity.source >= 0 else None

    @property
    def source(self) -> bytes:
        """The octets that the offsets count in."""
        return self._structure.source(self.number)

    @property
    def octets(self) -> bytes:
        """Header and body."""
        return self.source[self.header_offset : self.end_offset]

    @property
    def header_octets(self) -> bytes:
        """The header, the empty line at its end included."""
        return self.source[self.header_offset : self.body_offset]

    @property
    def body(self) -> bytes:
        """The body as it is, encoded."""
        return self.source[self.body_offset : self.end_offset]

    # Header

    @property
    def fields(self) -> tuple[HeaderField, ...]:
        """All header fields in their order, duplicates kept."""
        return self._structure.header(self.number).fields

    def named(self, name: str) -> Sequence[HeaderField]:
        """The fields of a name, in any case of letters."""
        return self._structure.header(self.number).named(name)

    def structured(self, name: str) -> Structured:
        """The first field of a name, as a value with parameters; empty if there is none."""
        return mime.structured(self._structure.header(self.number), name)

    @property
    def parameters(self) -> Mapping[str, str]:
        """Those of Content-Type, names in lower case, values decoded (RFC 2231)."""
        return self.structured("Content-Type").parameters

    @property
    def disposition(self) -> str:
        """``inline``, ``attachment``, or whatever it says, in lower case; empty if it says nothing."""
        return self.structured("Content-Disposition").value

    @property
    def filename(self) -> str:
        """The file name of the disposition, or else the name of the type; empty if there is none."""
        return self.structured("Content-Disposition").parameters.get("filename") or self.parameters.get("name", "")

    @property
    def content_id(self) -> str:
        """Without brackets; empty if there is none."""
        return next((field.text.strip("<> ") for field in self.named("Content-ID")), "")

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding in lower case; empty if there is none."""
        return self.structured("Content-Transfer-Encoding").value

    @property
    def charset(self) -> str:
        """As written; empty if there is none."""
        return self.parameters.get("charset", "")

    # Content

    @property
    def content(self) -> bytes:
        """The body, decoded."""
        return self._structure.content(self.number).octets

    @property
    def extent(self) -> Extent:
        """How large the body is: octets when decoded, lines as it is."""
        return self._structure.extent(self.number)

    @cached_property
    def _decoded(self) -> Decoded:
        return charsets.decode(self.content, self.charset)

    @property
    def text(self) -> str:
        """The body as text: transfer encoding and charset undone, U+FFFD for what cannot be."""
        return self._decoded.text

    @property
    def is_damaged(self) -> bool:
        """Could the body not be decoded as its header says? (``isEncodingProblem`` of RFC 8621 section 4.1.4)"""
        return self._structure.content(self.number).damaged or (self.type == "text" and self._decoded.damaged)

    @cached_property
    def message(self) -> Message | None:
        """An attached message, as a message of its own; None for other parts."""
        return Message(self.content) if self.type == "message" and self.children else None
