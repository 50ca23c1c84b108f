"""The tree of parts, found by offsets (RFC 2045, RFC 2046): one pass, nothing decoded that need not be.

The tree is a flat list of entities, parents before their children. A boundary of an outer multipart ends all inner
ones. What is broken is read as far as it makes sense, and said in ``problems``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec

from sieve.message import charsets, classify, parameters, transfer
from sieve.message.classify import BodyLists, Node
from sieve.message.fields import Header, split
from sieve.message.parameters import Structured
from sieve.message.transfer import Content

DEPTH_MAX = 32
PARTS_MAX = 2000

_CACHED_MAX = 300
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
_SIMPLE_MULTIPART = re.compile(
    rb"\s*multipart/([a-z-]+)\s*;\s*(?:(?!boundary)[a-z-]+=(?:\"[^\"\\\n]*\"|[^\s;\"()=?]+)\s*;\s*)*"
    rb"boundary=(?:\"([^\"\\\n]+)\"|([^\s;\"()]+))\s*(?:;|\Z)",
    re.IGNORECASE,
)
_MEDIA_TYPE = re.compile(r"([^\s/]+)\s*/\s*([^\s/]+)")
_ATTACHED = frozenset(("rfc822", "global", "news"))
_NOTHING = Structured("", {}, b"")
MediaType = tuple[str, str]
_PLAIN: MediaType = ("text", "plain")


class Problem(NamedTuple):
    """What is wrong with the structure. ``code`` is a stable word for programs; ``part`` counts from the root, 0."""

    code: str
    text: str
    part: int


class Entity(msgspec.Struct, array_like=True, gc=False):
    """Header and body of a message or a part. Offsets count in the octets of the message, or of ``source``.

    Attributes:
        parent: its number in the list; -1 for the root.
        source: the number of the encoded attached message in whose decoded content it lies; -1: in the message.
        header: where it starts.
        fields: where its first header field starts (behind the separator line of a mailbox file).
        body: where its body starts.
        end: where it ends; the line end before a boundary belongs to the boundary.
        type, subtype: in lower case, the default if there is none or it makes no sense.
    """

    parent: int
    source: int
    header: int
    fields: int
    body: int
    end: int
    type: str
    subtype: str


class Extent(NamedTuple):
    """How large a body is: in octets when decoded, in lines as it is."""

    octets: int
    lines: int


class Structure:
    """What a parse finds, and what is decoded on the way or later, by the numbers of entities."""

    __slots__ = ("contents", "entities", "headers", "octets", "problems")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.entities: list[Entity] = []
        self.headers: list[Header] = []
        self.problems: list[Problem] = []
        self.contents: dict[int, Content] = {}

    def header(self, number: int) -> Header:
        return self.headers[number]

    def children(self) -> list[list[int]]:
        """For each entity the numbers of those right below it."""
        found: list[list[int]] = [[] for _ in self.entities]
        for number, entity in enumerate(self.entities[1:], 1):
            found[entity.parent].append(number)
        return found

    def source(self, number: int) -> bytes:
        """The octets that the offsets of an entity count in."""
        source = self.entities[number].source
        return self.octets if source < 0 else self.content(source).octets

    def body(self, number: int) -> bytes:
        """As it is, encoded."""
        entity = self.entities[number]
        return self.source(number)[entity.body : entity.end]

    def content(self, number: int) -> Content:
        """A body, decoded."""
        content = self.contents.get(number)
        if content is None:
            encoding = "" if self.entities[number].type == "multipart" else encoding_of(self.header(number))
            content = self.contents[number] = transfer.decode(self.body(number), encoding)
        return content

    def extent(self, number: int) -> Extent:
        """Of a body."""
        return Extent(len(self.content(number).octets), self.body(number).count(b"\n"))

    def body_lists(self) -> BodyLists:
        """What a reader is shown, and what is attached (RFC 8621 section 4.1.4)."""
        return classify.body_lists(self._nodes())

    def _nodes(self) -> Node:
        """The root, with what the classification has to know of it and all below it."""
        nodes = [self._node(number) for number in range(len(self.entities))]
        for node in nodes[1:]:
            above = nodes[self.entities[node.number].parent]
            if above.type == "multipart":
                above.children.append(node)
        return nodes[0]

    def _node(self, number: int) -> Node:
        entity, header = self.entities[number], self.header(number)
        disposition, kind = (structured(header, name) for name in ("content-disposition", "content-type"))
        has_name = bool(disposition.parameters.get("filename") or kind.parameters.get("name"))
        return Node(number, entity.type, entity.subtype, disposition.value, has_name, [])


def scan(octets: bytes) -> Structure:
    """The structure of a message, whatever the octets are."""
    found = Structure(octets)
    _Scanner(octets, -1, found).entity(0, len(octets), -1, 0, _PLAIN)
    return found


class _Scanner:
    """Reads entities out of some octets: those of the message, or the content of an encoded attached message."""

    def __init__(self, octets: bytes, source: int, found: Structure) -> None:
        self.octets, self.source, self.found = octets, source, found

    def entity(self, start: int, stop: int, parent: int, depth: int, default: MediaType) -> None:
        found = self.found
        number = len(found.entities)
        header = split(self.octets, start, stop)
        kind, boundary, charset = _content_type(header) or (default, b"", "")
        found.headers.append(header)
        found.entities.append(Entity(parent, self.source, start, header.start, header.body, stop, *kind))
        if header.broken and (number == 0 or header.names):
            self._problem("header", "the header ends at a line that is no field", number)
        if charset:
            self._problem("charset", f"unknown charset {charset!r}", number)
        if kind[0] == "multipart":
            self._multipart(number, boundary, depth)
        elif kind[0] == "message" and kind[1] in _ATTACHED:
            self._attached(number, depth)

    def _multipart(self, number: int, boundary: bytes, depth: int) -> None:
        entity, octets = self.found.entities[number], self.octets
        if not boundary:
            return self._problem("boundary", "a multipart without a boundary", number)
        if depth >= DEPTH_MAX:
            return self._problem("depth", f"parts nested deeper than {DEPTH_MAX}", number)
        default = ("message", "rfc822") if entity.subtype == "digest" else _PLAIN
        start = -1
        for line, after, is_last in _boundaries(octets, boundary, entity.body, entity.end):
            if start >= 0:
                self._part(start, _before(octets, line, start), number, depth, default)
            start = after
            if is_last:
                return None
        if start >= 0:
            self._part(start, entity.end, number, depth, default)
            return self._problem("end", "a multipart without its last boundary", number)
        return self._problem("empty", "a multipart without parts", number)

    def _part(self, start: int, stop: int, parent: int, depth: int, default: MediaType) -> None:
        if len(self.found.entities) < PARTS_MAX:
            self.entity(start, stop, parent, depth + 1, default)
        elif not any(problem.code == "parts" for problem in self.found.problems):
            self._problem("parts", f"more than {PARTS_MAX} parts", parent)

    def _attached(self, number: int, depth: int) -> None:
        """An attached message; one that is encoded, against the rules, is decoded and has octets of its own."""
        if depth >= DEPTH_MAX:
            return self._problem("depth", f"parts nested deeper than {DEPTH_MAX}", number)
        entity = self.found.entities[number]
        encoding = encoding_of(self.found.headers[number])
        if not transfer.is_encoded(encoding):
            return self._part(entity.body, entity.end, number, depth, _PLAIN)
        content = self.found.content(number)
        return _Scanner(content.octets, number, self.found)._part(0, len(content.octets), number, depth, _PLAIN)

    def _problem(self, code: str, text: str, number: int) -> None:
        self.found.problems.append(Problem(code, text, number))


class _ContentType(NamedTuple):
    """What the scan has to know: media type, boundary of a multipart, and the charset of a text if it is unknown."""

    kind: MediaType
    boundary: bytes
    charset: str


def _content_type(header: Header) -> _ContentType | None:
    """Of the first such field."""
    value = header.value("content-type")
    if value is None:
        return None
    if b"oundary" in value and (simple := _SIMPLE_MULTIPART.match(value)):
        return _ContentType(("multipart", simple[1].lower().decode()), (simple[2] or simple[3]).rstrip(), "")
    return _read_content_type(value) if len(value) < _CACHED_MAX else _read_content_type.__wrapped__(value)


@lru_cache(maxsize=1024)
def _read_content_type(value: bytes) -> _ContentType:
    found = parameters.parse(value)
    kind = _media_type(found.value)
    charset = found.parameters.get("charset", "") if kind[0] == "text" else ""
    return _ContentType(kind, found.boundary, "" if charsets.is_known(charset) else charset[:60])


def _media_type(value: str) -> MediaType:
    """Type and subtype; text/plain for what makes no sense (RFC 2045 section 5.2)."""
    found = _MEDIA_TYPE.match(value)
    if found:
        return found[1], found[2]
    return ("multipart", "mixed") if value.startswith("multipart") else _PLAIN


def encoding_of(header: Header) -> str:
    """The Content-Transfer-Encoding in lower case; empty if there is none."""
    return structured(header, "content-transfer-encoding").value


def structured(header: Header, name: str) -> Structured:
    """A value with parameters; empty if there is no such field."""
    value = header.value(name)
    return _NOTHING if value is None else parameters.parse(value)


def _boundaries(octets: bytes, boundary: bytes, start: int, stop: int) -> Iterator[tuple[int, int, bool]]:
    """Boundary lines: where each starts, where the next line does, and whether it is the last.

    ``start`` is where a body starts: there is a header before it.
    """
    mark = b"\n--" + boundary
    at = start - 1 if octets.startswith(mark[1:], start, stop) else octets.find(mark, start, stop)
    while at >= 0:
        found = _AFTER_BOUNDARY.match(octets, at + len(mark), stop)
        if found:
            yield at + 1, found.end(), found[1] is not None
        at = octets.find(mark, at + len(mark), stop)


def _before(octets: bytes, line: int, start: int) -> int:
    """Where the part before a boundary line ends."""
    end = max(start, line - 1)
    return end - 1 if end > start and octets[end - 1] == 13 else end
