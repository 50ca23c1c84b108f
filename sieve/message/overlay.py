"""Edits of a message, which itself stays as it is (RFC 5293, RFC 5703). What is not edited stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sieve.message import compose, transfer
from sieve.message.fields import HeaderField
from sieve.message.message import Message, Part, parse

Path = tuple[int, ...]  # from the root, children counted from 0
_ENCLOSED: Path = (1, 0)  # where a message is that was enclosed


class _Age(NamedTuple):
    """How many edits and enclosures a message has in it."""

    edits: int
    enclosures: int


_ORIGINAL = _Age(0, 0)


class Overlay:
    """A message as a script sees it: the original, and what was changed.

    ``message`` is the original. Parts that were taken from here before an edit may be read and edited after it.
    ``rebuilt_octets`` says how much was written anew, and read again, because of edits.
    """

    rebuilt_octets = 0
    _unenclosed: bytes | None = None
    _enclosures = 0
    _edits = 0  # so far
    _header_edit = 0  # the number of the last one of the header

    def __init__(self, message: Message) -> None:
        self.message = message
        self._base = message  # with the edits of bodies and parts that are done
        self._fields: list[HeaderField] | None = None  # None: the header is that of the base
        self._replaced: dict[int, bytes] = {}  # parts of the base, by number: edits yet to be done
        self._gone: dict[Path, int] = {}  # paths of all parts ever replaced, and by which edit last
        self._current: Message | None = message
        self._made: WeakKeyDictionary[Message, _Age] | None = None  # messages with edits in them

    def copy(self) -> Overlay:
        """Another one with the edits so far; those that come later are each one's own."""
        other = copy(self)
        other._fields = None if self._fields is None else list(self._fields)
        other._replaced, other._gone = dict(self._replaced), dict(self._gone)
        other._made = None if self._made is None else WeakKeyDictionary(self._made)
        return other

    # Reading

    @property
    def edited(self) -> bool:
        return self._fields is not None or bool(self._replaced) or self._base is not self.message

    @property
    def size(self) -> int:
        """Octets as received: edits do not count."""
        return self.message.size

    @property
    def fields(self) -> tuple[HeaderField, ...]:
        """The header fields as they are now. Added ones have the offset -1."""
        return self._base.fields if self._fields is None else tuple(self._fields)

    @property
    def names(self) -> Sequence[str]:
        """The names of the header fields as they are now, in lower case."""
        return self._base.names if self._fields is None else [field.name.lower() for field in self._fields]

    def named(self, name: str) -> Sequence[HeaderField]:
        """The fields of a name, in any case of letters, as they are now."""
        if self._fields is None:
            return self._base.named(name)
        name = name.lower()
        return [field for field in self._fields if field.name.lower() == name]

    @property
    def current(self) -> Message:
        """The message as it is now."""
        if self._current is None:
            self._do_replacements()
            self._current = self._base if self._fields is None else self._parsed(self._with_header(self._fields))
        return self._current

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.current.parts

    @property
    def root(self) -> Part:
        return self.current.root

    def materialise(self) -> bytes:
        """The octets of the edited message; those of the original if there are no edits."""
        return self.current.octets

    @property
    def to_redirect(self) -> bytes:
        """The octets that a redirect sends: an enclosure is not for it (RFC 5703 section 6)."""
        return self.materialise() if self._unenclosed is None else self._unenclosed

    def has(self, part: Part) -> bool:
        """Is a part still there? Not if an edit has replaced a part around it."""
        if not self._gone:
            return True
        path, edits = self._path_of(part), self._age_of(part).edits
        return not any(self._gone.get(path[:length], 0) > edits for length in range(len(path)))

    def is_whole(self, part: Part) -> bool:
        """Is it the message itself, as it is now?"""
        return not self._path_of(part)

    def now(self, part: Part) -> Part:
        """A part as it is now: itself, unless an edit has changed it, or something in it."""
        if not self._edits or not self._is_touched(part):
            return part
        return (_part_at(self.current.root, self._path_of(part)) if self.has(part) else None) or part

    def _is_touched(self, part: Part) -> bool:
        path, edits = self._path_of(part), self._age_of(part).edits
        if not path and self._header_edit > edits:
            return True
        changed = (edited for edited, number in self._gone.items() if number > edits)
        return any(edited[: len(path)] == path or path[: len(edited)] == edited for edited in changed)

    def _path_of(self, part: Part) -> Path:
        """Where it is now."""
        return (*_ENCLOSED * (self._enclosures - self._age_of(part).enclosures), *part.path)

    def _age_of(self, part: Part) -> _Age:
        return _ORIGINAL if self._made is None else self._made.get(part.whole, _ORIGINAL)

    # Header

    def add_field(self, name: str, value: str, *, last: bool = False) -> None:
        """Add a field at the top, or behind the last one (RFC 5293 section 4).

        Raises:
            ValueError: the name is none.
        """
        field = self._new(name, value)
        fields = self._editable()
        fields.insert(len(fields) if last else 0, field)

    def delete_fields(
        self, name: str, *, index: int | None = None, last: bool = False, where: Callable[[str], bool] | None = None
    ) -> int:
        """Delete fields of a name, and say how many (RFC 5293 section 5).

        Args:
            index: only the one at this place among them, counted from 1; with ``last``, from the end.
            where: only those whose decoded value it holds for, after ``index`` has chosen.
        """
        named = [field for field in self.fields if field.name.lower() == name.lower()]
        if index is not None:
            place = len(named) - index if last else index - 1
            named = [named[place]] if 0 <= place < len(named) else []
        doomed = {id(field) for field in named if where is None or where(field.text)}
        if doomed:
            fields = self._editable()
            fields[:] = [field for field in fields if id(field) not in doomed]
        return len(doomed)

    def replace_field(self, name: str, value: str) -> None:
        """Leave one field of this name: where the first one was, or else behind the last field.

        Raises:
            ValueError: the name is none.
        """
        field = self._new(name, value)
        places = [place for place, each in enumerate(self.fields) if each.name.lower() == name.lower()]
        fields = self._editable()
        for place in reversed(places):
            del fields[place]
        fields.insert(places[0] if places else len(fields), field)

    def _new(self, name: str, value: str) -> HeaderField:
        return HeaderField(compose.field_of(name, value, self.line_end), len(name))

    def _editable(self) -> list[HeaderField]:
        self._current = None
        self._header_edit = self._edit()
        if self._fields is None:
            self._fields = list(self._base.fields)
        return self._fields

    @property
    def line_end(self) -> bytes:
        """The one that the message uses."""
        first = self.message.octets.find(b"\n")
        return b"\n" if first >= 0 and self.message.octets[first - 1 : first] != b"\r" else b"\r\n"

    def _with_header(self, fields: list[HeaderField]) -> bytes:
        """The base with another header."""
        octets, header = self._base.octets, self._base.header_span
        written = [each.octets for each in fields]
        if written and not written[-1].endswith(b"\n"):
            written[-1] += self.line_end
        written[:-1] = [each if each.endswith(b"\n") else each + self.line_end for each in written[:-1]]
        separator = b"" if header.is_closed else self.line_end
        return octets[: header.start] + b"".join(written) + separator + octets[header.stop :]

    # Bodies and parts

    def replace_message(self, octets: bytes) -> None:
        """Put another message, header and all, in the place of this one."""
        self._gone[()] = self._edit()
        self._begin_anew(octets)

    def enclose(self, octets: bytes) -> None:
        """Put another message in the place of this one, which is in it: the attached message that is its second part.

        Parts are still there, two floors deeper.
        """
        if self._unenclosed is None:
            self._unenclosed = self.materialise()
        self._edit()
        self._enclosures += 1
        self._gone = {(*_ENCLOSED, *path): number for path, number in self._gone.items()}
        self._begin_anew(octets)

    def replace_body(self, octets: bytes) -> None:
        """Put another body below the header, which stays."""
        self._do_replacements()
        self._gone[()] = self._edit()
        self._base = self._parsed(self._base.octets[: self._base.root.body_offset] + octets)
        self._current = None

    def replace_part(self, part: Part, octets: bytes) -> bool:
        """Put another part, header and body, in the place of one and all below it.

        False: it is no longer there, because an edit has replaced a part around it.
        """
        number = self._number_of(part) if self.has(part) else None
        if number is None:
            return False
        if number == 0:
            self.replace_message(octets)
        else:
            self._gone[self._path_of(part)] = self._edit()
            self._replaced[number] = octets
            self._current = None
        return True

    def _number_of(self, part: Part) -> int | None:
        """The number in the base of a part that was taken from here at any time."""
        if self._current is not None and part.is_of(self._current):
            self._base, self._fields = self._current, None  # its header may be edited, and so what is in it
        if part.is_of(self._base):
            return part.number
        self._do_replacements()
        found = _part_at(self._base.root, self._path_of(part))
        return None if found is None else found.number

    def _edit(self) -> int:
        """The number of an edit that is under way."""
        self._edits += 1
        return self._edits

    def _begin_anew(self, octets: bytes) -> None:
        self._base = self._current = self._parsed(octets)
        self._fields, self._replaced, self._header_edit = None, {}, 0

    def _do_replacements(self) -> None:
        if self._replaced:
            self._base = self._parsed(spliced(self._base, self._replaced))
            self._replaced = {}

    def _parsed(self, octets: bytes) -> Message:
        self.rebuilt_octets += len(octets)
        message = parse(octets)
        self._made = WeakKeyDictionary() if self._made is None else self._made
        self._made[message] = _Age(self._edits, self._enclosures)
        return message


def _part_at(root: Part, path: Path) -> Part | None:
    found = root
    for place in path:
        if place >= len(found.children):
            return None
        found = found.children[place]
    return found


def spliced(message: Message, replaced: Mapping[int, bytes]) -> bytes:
    """The octets of a message with parts replaced, by number. What lies in a replaced part is gone with it."""
    parts = message.parts
    edits = {number: octets for number, octets in replaced.items() if not _is_inside(parts[number], replaced)}
    while containers := [part.number for number in edits if (part := parts[number].container) is not None]:
        container = parts[max(containers)]
        inner = [number for number in edits if parts[number].container is container]
        content = _with(container.content, {parts[number]: edits.pop(number) for number in inner})
        edits[container.number] = container.header_octets + transfer.encode(content, container.encoding)
    return _with(message.octets, {parts[number]: octets for number, octets in edits.items()})


def _is_inside(part: Part, replaced: Mapping[int, bytes]) -> bool:
    above = part.parent
    while above is not None and above.number not in replaced:
        above = above.parent
    return above is not None


def _with(octets: bytes, edits: Mapping[Part, bytes]) -> bytes:
    pieces, at = [], 0
    for part in sorted(edits, key=lambda part: part.header_offset):
        pieces += [octets[at : part.header_offset], edits[part]]
        at = part.end_offset
    return b"".join([*pieces, octets[at:]])
