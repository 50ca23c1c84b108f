"""Header fields: where they are, and what they say when somebody asks (RFC 5322 section 2.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import msgspec

from sieve.message import addresses, dates, identifiers, parameters, words
from sieve.message.addresses import Group, Mailbox
from sieve.message.dates import Date
from sieve.message.parameters import Structured
from sieve.message.words import decoded

# Possessive groups, as opposed to single characters, match wrongly before Python 3.11.5 (cpython issue 106052).
_FIELDS = re.compile(rb"(?:[!-9;-~]++[ \t]*+:[^\n]*+(?:\n[ \t][^\n]*+)*(?:\n|\Z))*")
_NEW_FIELD = re.compile(rb"\n(?:([!-9;-~]++[ \t]*+):|(?![ \t]))")  # or a line that is none
_EMPTY_LINE = re.compile(rb"\n\r?\n")
_MBOX = (b"From ", b">From ")
_LONG = 65536  # octets of a header that are looked at carefully


class Places:
    """Where the fields of a header start: shared by them, and worked out when the first is asked."""

    __slots__ = ("_header", "_offsets")

    def __init__(self, start: int, names: list[bytes], values: list[bytes]) -> None:
        self._header = (start, names, values)
        self._offsets: list[int] | None = None

    def __getitem__(self, number: int) -> int:
        if self._offsets is None:
            start, names, values = self._header
            lengths = (len(name) + len(value) + 2 for name, value in zip(names, values, strict=True))
            self._offsets = list(accumulate(lengths, initial=start))
        return self._offsets[number]


class Header(msgspec.Struct, gc=False, eq=False):
    """The fields of one header. What is made of them is kept.

    Attributes:
        start: where the first field starts.
        names: as they are, white space before the colon included.
        values: what follows the colons, line feeds at the ends left out.
        stop: where the last field ends.
        body: where the body starts: behind the empty line, or where the fields end.
        broken: they ended at a line that is neither a field nor empty.
    """

    start: int
    names: list[bytes]
    values: list[bytes]
    stop: int
    body: int
    broken: bool
    _listed: bytes = b""
    _fields: dict[int, HeaderField] | None = None
    _named: dict[str, tuple[HeaderField, ...]] | None = None
    _lower_names: list[str] | None = None
    _places: Places | None = None

    @property
    def is_fed(self) -> bool:
        """Does the last field end in a line feed? At the end of the octets it may not."""
        lengths = sum(map(len, self.names)) + sum(map(len, self.values)) + 2 * len(self.names)
        return self.stop - self.start == lengths

    @property
    def fields(self) -> tuple[HeaderField, ...]:
        """All fields in their order, duplicates kept."""
        return tuple([self._field(number) for number in range(len(self.names))])

    @property
    def lower_names(self) -> Sequence[str]:
        """The names of all fields in their order, in lower case."""
        if self._lower_names is None:
            self._lower_names = (self._listed or self._list()).decode("ascii", "replace").split()
        return self._lower_names

    def named(self, name: str) -> Sequence[HeaderField]:
        """The fields of a name, in any case of letters. Scripts ask for the same ones again and again."""
        name = name.lower()
        if self._named is None:
            self._named = {}
        elif name in self._named:
            return self._named[name]
        found = tuple([self._field(number) for number in self._numbers(name)])
        if found:
            self._named[name] = found
        return found

    def texts(self, name: str) -> list[str]:
        """Their decoded values."""
        listed, key = self._listed or self._list(), _key(name)
        at = listed.find(key)
        if at < 0:
            return []
        if listed.find(key, at + 1) < 0:
            return [decoded(self.values[listed.count(b"\n", 0, at)])]
        return [decoded(self.values[number]) for number in self._numbers(name)]

    def value(self, name: str) -> bytes | None:
        """The raw value of the first field of a name; its line end may still be there."""
        listed = self._listed or self._list()
        at = listed.find(_key(name))
        return self.values[listed.count(b"\n", 0, at)] if at >= 0 else None

    def _numbers(self, name: str) -> list[int]:
        """Which fields have a name."""
        listed, key = self._listed or self._list(), _key(name)
        at = listed.find(key)
        if at < 0:
            return []
        numbers = [listed.count(b"\n", 0, at)]
        while (following := listed.find(key, at + 1)) >= 0:
            numbers.append(numbers[-1] + listed.count(b"\n", at, following))
            at = following
        return numbers

    def _list(self) -> bytes:
        self._listed = _listed(self.names)
        return self._listed

    def _field(self, number: int) -> HeaderField:
        fields = self._fields
        if fields is None:
            fields = self._fields = {}
            self._places = Places(self.start, self.names, self.values)
        elif number in fields:
            return fields[number]
        name = self.names[number]
        feed = b"\n" if number < len(self.names) - 1 or self.is_fed else b""
        octets = b"%s:%s%s" % (name, self.values[number], feed)
        field = fields[number] = HeaderField(octets, len(name), self._places, number)
        return field


def _listed(names: list[bytes]) -> bytes:
    """All names in lower case, each between line feeds: searching them takes no loop."""
    listed = b"\n%s\n" % b"\n".join(names).lower()
    if b" " in listed or b"\t" in listed:
        listed = b"\n%s\n" % b"\n".join([name.rstrip() for name in names]).lower()
    return listed


def split(octets: bytes, start: int, stop: int) -> Header:
    """The header from ``start`` on, up to the empty line or the first line that is no field.

    First the usual case: there is an empty line, and all lines before it belong to fields.
    """
    empty = _EMPTY_LINE.search(octets, start, stop if stop - start < _LONG else start + _LONG)
    if empty is None:
        return _split_carefully(octets, start, stop)
    end = empty.start()
    found = _NEW_FIELD.split(octets[start - 1 : end] if start else b"\n" + octets[:end])
    names = found[1::2]
    try:
        listed = _listed(names)
    except TypeError:  # a line that is no field has None for its name
        names = []
    if not names or found[0]:  # what stands in front of all fields is none
        return _split_carefully(octets, start, stop)
    return Header(start, names, found[2::2], end + 1, empty.end(), False, listed)


def _split_carefully(octets: bytes, start: int, stop: int) -> Header:
    """Line by line: there may be no fields, no empty line, or lines that are no fields."""
    end = _end(octets, start, stop)
    if end == start and octets.startswith(_MBOX, start, stop):
        start = octets.find(b"\n", start, stop) + 1 or stop
        end = _end(octets, start, stop)
    is_fed = end > start and octets[end - 1] == 10
    found = _NEW_FIELD.split(b"\n" + octets[start : end - is_fed]) if end > start else []
    empty = 1 if octets.startswith(b"\n", end, stop) else 2 if octets.startswith(b"\r\n", end, stop) else 0
    return Header(start, found[1::2], found[2::2], end, end + empty, not empty and end < stop)


def _end(octets: bytes, start: int, stop: int) -> int:
    found = _FIELDS.match(octets, start, stop)
    assert found is not None, "it matches nothing as well"
    return found.end()


@lru_cache(maxsize=256)
def _key(name: str) -> bytes:
    """What to search the list of names for. What cannot be a name is never found: all in the list is in lower case."""
    return b"\n%s\n" % name.lower().encode("utf-8", "replace") if name and "\n" not in name else b"NO NAME"


class HeaderField(msgspec.Struct, gc=False, eq=False):
    """One field. What is decoded is kept.

    ``octets`` is the whole field with its line end, as signatures see it.
    """

    octets: bytes
    _length: int  # of the name
    _places: Places | None = None
    _number: int = 0
    _text: str | None = None
    _groups: tuple[Group, ...] | None = None
    _date: tuple[Date | None] | None = None

    @property
    def name(self) -> str:
        """As written."""
        return self.octets[: self._length].decode("ascii").rstrip(" \t")

    @property
    def offset(self) -> int:
        """Its place in the octets of the message, or of the attached message that has octets of its own.

        -1: it was added.
        """
        return -1 if self._places is None else self._places[self._number]

    @property
    def end_offset(self) -> int:
        """Where the next one starts; -1: it was added."""
        return -1 if self._places is None else self.offset + len(self.octets)

    def __repr__(self) -> str:
        return f"HeaderField({self.name!r}, {self.raw!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeaderField) and (self.octets, self.offset) == (other.octets, other.offset)

    def __hash__(self) -> int:
        return hash((self.octets, self.offset))

    @property
    def raw(self) -> bytes:
        """What follows the colon, folded as it is, without the line end."""
        value = self.octets[self._length + 1 :]
        return value[:-2] if value.endswith(b"\r\n") else value.removesuffix(b"\n")

    @property
    def text(self) -> str:
        """Decoded (RFC 2047), unfolded and trimmed."""
        if self._text is None:
            self._text = words.decoded(self.octets[self._length + 1 :])
        return self._text

    @property
    def groups(self) -> tuple[Group, ...]:
        """Its addresses, in their groups."""
        if self._groups is None:
            self._groups = addresses.parse(words.unfolded(self.raw))
        return self._groups

    @property
    def addresses(self) -> tuple[Mailbox, ...]:
        """Its addresses, groups flattened."""
        return addresses.mailboxes(self.groups)

    @property
    def date(self) -> Date | None:
        """Its date; where there is a semicolon, as in Received, the one behind the last (RFC 5260 section 4)."""
        if self._date is None:
            self._date = (dates.parse(words.unfolded(self.raw).rpartition(";")[2]),)
        return self._date[0]

    @property
    def message_ids(self) -> tuple[str, ...]:
        """Its message-ids, brackets included."""
        return identifiers.parse(words.unfolded(self.raw))

    @property
    def structured(self) -> Structured:
        """A value with parameters, as in Content-Type."""
        return parameters.parse(self.raw)
