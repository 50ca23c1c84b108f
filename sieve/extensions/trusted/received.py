"""What a Received field says, by the names that scripts have for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address

from sieve.coercion import Typed
from sieve.message import HeaderField, Received
from sieve.message.received import parse


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _name(text: str) -> str:
    return "" if _is_address(text) else text


def _literal(text: str) -> str:
    return text if _is_address(text) else ""


def _word(text: str, place: int) -> str:
    return "".join(text.split()[place : place + 1])


def _date(hop: Received) -> Typed:
    return int(hop.date.seconds) if hop.date else ""


_PARTS: dict[str, Callable[[Received], Typed]] = {
    "from": lambda hop: hop.from_,
    "from.name": lambda hop: _name(hop.from_),
    "from.ip": lambda hop: _literal(hop.from_),
    "ip": lambda hop: hop.from_ip,
    "iprev": lambda hop: hop.from_ptr,
    "by": lambda hop: hop.by,
    "by.name": lambda hop: _name(hop.by),
    "by.ip": lambda hop: hop.by_ip,
    "for": lambda hop: hop.for_,
    "with": lambda hop: hop.with_,
    "tls": lambda hop: _word(hop.tls, 0),
    "cipher": lambda hop: _word(hop.tls, 1),
    "id": lambda hop: hop.id,
    "ident": lambda hop: hop.ident,
    "date": _date,
}


def _reading(part: Callable[[Received], Typed]) -> Callable[[HeaderField], Typed]:
    return lambda field: part(parse(field.raw))


RECEIVED: Mapping[str, Callable[[HeaderField], Typed]] = {
    **{name: _reading(part) for name, part in _PARTS.items()},
    "date.raw": lambda field: field.text.rpartition(";")[2].strip(),
}
