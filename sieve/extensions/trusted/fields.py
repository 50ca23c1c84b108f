"""``header.NAMES[H].PART[P]``: which header fields, which of them, what of it, and which item of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sieve.addresses import PARTS
from sieve.coercion import Typed
from sieve.extensions.trusted.received import RECEIVED
from sieve.message import HeaderField, Mailbox
from sieve.runtime import Run, View
from sieve.spec import suggestion

PATTERN = r"header\.[a-z0-9_:*-]+(?:\[[^\]]*\])?(?:\.[a-z0-9_.-]+)?(?:\[[^\]]*\])?"
_FORM = re.compile(r"([a-z0-9_:*-]+)(?:\[([^\]]*)\])?(?:\.([a-z0-9_.-]+))?(?:\[([^\]]*)\])?")
_PLACE = re.compile(r"\s*(\*|-?[0-9]{1,6})\s*")
_BLANKS = re.compile(r"\s+")
_ADDRESSED = frozenset(
    ("from", "to", "cc", "bcc", "sender", "reply-to", "resent-from", "resent-to", "resent-cc", "resent-bcc",
     "resent-sender", "resent-reply-to", "delivered-to", "return-path", "disposition-notification-to",
     "mail-followup-to", "errors-to"),
)  # fmt: skip

T = TypeVar("T")
Reader = Callable[[Run], Typed]
Items = Callable[[HeaderField, str], Sequence[Typed]]  # of a field; the separator of subaddresses


# -- what a field says


def _rendered(mailbox: Mailbox) -> str:
    if not mailbox.name:
        return mailbox.address
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.address else mailbox.name


def _texts(field: HeaderField, separator: str) -> Sequence[Typed]:
    if field.name.lower() in _ADDRESSED and field.addresses:
        return [_rendered(mailbox) for mailbox in field.addresses]
    return [field.text]


def _address_part(name: str) -> Items:
    part_of = PARTS[name]

    def items(field: HeaderField, separator: str) -> Sequence[Typed]:
        return [part_of(mailbox.address, separator) or "" for mailbox in field.addresses]

    return items


def _raw(field: HeaderField, separator: str) -> Sequence[Typed]:
    return [_BLANKS.sub(" ", field.raw.decode("utf-8", "replace")).rstrip()]


def _ids(field: HeaderField, separator: str) -> Sequence[Typed]:
    return [each.strip("<>") for each in field.message_ids]


def _date(field: HeaderField, separator: str) -> Sequence[Typed]:
    return [int(field.date.seconds)] if field.date else []


def _attribute(name: str) -> Items:
    def items(field: HeaderField, separator: str) -> Sequence[Typed]:
        found = field.structured
        value = found.parameters.get(name)
        if name == "boundary" and found.boundary:
            value = found.boundary.decode("utf-8", "replace")
        return [] if value is None else [value]

    return items


def _received(name: str) -> Items:
    read = RECEIVED[name]
    return lambda field, separator: [read(field)]


_ITEMS: dict[str, Items] = {
    "text": _texts,
    "all": _texts,
    "name": lambda field, separator: [mailbox.name for mailbox in field.addresses],
    "addr": _address_part("all"),
    "addr.domain": _address_part("domain"),
    "addr.local": _address_part("localpart"),
    "addr.user": _address_part("user"),
    "addr.detail": _address_part("detail"),
    "type": lambda field, separator: [field.structured.value.partition("/")[0]],
    "subtype": lambda field, separator: [field.structured.value.partition("/")[2]],
    "id": _ids,
    "date": _date,
    "raw": _raw,
    "raw_name": lambda field, separator: [field.name],
    "exists": lambda field, separator: [1],
    **{f"rcvd.{name}": _received(name) for name in RECEIVED},
}
_FAMILIES: dict[str, Callable[[str], Items]] = {"attr": _attribute}


def _items_of(part: str) -> Items | None:
    family, _, name = part.partition(".")
    if name and family in _FAMILIES:
        return _FAMILIES[family](name)
    return _ITEMS.get(part)


# -- which fields


@dataclass(frozen=True, slots=True)
class Path:
    """A reference taken apart. None as a place is ``*``."""

    names: tuple[str, ...]  # none: all
    occurrence: int | None
    part: str
    place: int | None


def _place(text: str | None, default: int | None) -> int | None:
    if text is None:
        return default
    return None if text.strip() == "*" else int(text)


def path_of(item: str) -> Path:
    """``from[*].addr`` and the like, in lower case; one that has no ``fault``."""
    found = _FORM.fullmatch(item)
    assert found is not None
    names, occurrence, part, place = found.groups()
    default = None if names == "*" else -1
    which = None if part == "all" else default
    parts = () if names == "*" else tuple(names.split(":"))
    return Path(parts, _place(occurrence, default), part or "text", _place(place, which))


def fault(item: str) -> tuple[str, str]:
    """What is wrong with a reference, and a hint; empty texts if nothing is."""
    found = _FORM.fullmatch(item)
    if not found:
        return f"'header.{item}' is no reference to a header field", "header.NAME[*].PART[*]"
    names, occurrence, part, place = found.groups()
    if names != "*" and ("*" in names or not all(names.split(":"))):
        return f"'{names}' is no list of header field names", "names with ':' between them, or * alone"
    for text in (occurrence, place):
        if text is not None and not _PLACE.fullmatch(text):
            hint = "to take an item that is known only later, write [*] and a second index behind it"
            return f"'[{text}]' in 'header.{item}' is neither a number nor *", hint
    if part is not None and _items_of(part) is None:
        return f"a header field has no part '{part}'", suggestion(part, _ITEMS) or " ".join(sorted(_ITEMS))
    return "", ""


def _chosen(items: Sequence[T], place: int | None) -> Sequence[T]:
    """Item 1 is the first, 0 too; -1 is the last."""
    if place is None:
        return items
    index = max(place - 1, 0) if place >= 0 else len(items) + place
    return [items[index]] if 0 <= index < len(items) else []


# -- reading


def remembered(read: Reader) -> Reader:
    """Worked out once, as long as the message does not change."""
    view = View(read)
    return lambda run: run.views[view]


def reader(item: str) -> Reader:
    """The function that reads a reference."""
    path = path_of(item)

    def read(run: Run) -> Typed:
        return _read(path, run.fields(path.names) if path.names else run.message.fields, run)

    view = View(read)

    def look(run: Run) -> Typed:
        inner = run.inner_part
        if inner is None:
            value: Typed = run.views[view]
            return value
        return _read(path, [field for field in inner.fields if not path.names or field.name.lower() in path.names], run)

    return look


def _read(path: Path, found: Sequence[HeaderField], run: Run) -> Typed:
    items_of = _items_of(path.part)
    assert items_of is not None
    places = _chosen(found, path.occurrence)
    if path.part == "exists":
        return int(bool(places))
    separator = run.host.subaddress_separator
    items = [item for field in places for item in _chosen(items_of(field, separator), path.place)]
    if path.occurrence is None or path.place is None:
        return tuple(items)
    return items[0] if items else ""
