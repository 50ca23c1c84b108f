"""The rows of a queue's store.

==============  =====================================================================
``h`` id        the head: message and first recipients (see `queue.entry`)
``s`` id n      recipients beyond those
``b`` id        the octets; long ones are in a file instead
``r`` name      a request of an operator (see `queue.requests`)
``i``           the bound of the ids that were given out (see `queue.ids`)
==============  =====================================================================

Reading is for any process; only the owner of the queue writes, save for requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stalwart_g.queue.entry import SEGMENT, Entry, decode_head, decode_segment, encode_head, encode_segment, segments
from stalwart_g.queue.requests import Request, decode, encode, new_name
from stalwart_g.store import Batch, Store

_HEAD, _SEGMENT, _BODY, _REQUEST, _BOUND = b"h", b"s", b"b", b"r", b"i"


def put_new(batch: Batch, entry: Entry, octets: bytes) -> None:
    """A whole entry; the octets too, unless a file has them."""
    put_changes(batch, entry, range(0, entry.count, SEGMENT))
    if not entry.body:
        batch.put(_BODY + _key(entry.id), octets)


def put_changes(batch: Batch, entry: Entry, changed: Iterable[int]) -> None:
    """The recipients with these indexes, and what is with them in one row; the head in any case."""
    key = _key(entry.id)
    batch.put(_HEAD + key, encode_head(entry))
    if entry.count > SEGMENT:
        for number in {index // SEGMENT for index in changed} - {0}:
            batch.put(_SEGMENT + key + _number(number), encode_segment(entry, number))


def put_end(batch: Batch, entry: Entry) -> None:
    """Nothing of it is left."""
    key = _key(entry.id)
    batch.delete(_HEAD + key)
    for number in segments(entry.count):
        batch.delete(_SEGMENT + key + _number(number))
    if not entry.body:
        batch.delete(_BODY + key)


def load(store: Store, number: int) -> Entry | None:
    """The entry with this id."""
    octets = store.get(_HEAD + _key(number))
    return None if octets is None else _completed(store, decode_head(octets))


def entries(store: Store) -> Iterator[Entry]:
    """All, oldest first."""
    for _, octets in _scan(store, _HEAD):
        yield _completed(store, decode_head(octets))


def body(store: Store, number: int) -> bytes | None:
    return store.get(_BODY + _key(number))


def _completed(store: Store, entry: Entry) -> Entry:
    if entry.count > SEGMENT:
        for _, octets in _scan(store, _SEGMENT + _key(entry.id)):
            entry.recipients += decode_segment(octets)
    return entry


# Requests


def put_request(batch: Batch, request: Request) -> None:
    batch.put(_REQUEST + new_name(), encode(request))


def requests(store: Store) -> list[tuple[bytes, Request]]:
    """Those that wait, oldest first, each with the name under which it is deleted."""
    return [(key, decode(octets)) for key, octets in _scan(store, _REQUEST)]


def delete_request(batch: Batch, name: bytes) -> None:
    batch.delete(name)


# Ids


def bound(store: Store) -> int:
    """0 at the very first start."""
    return int.from_bytes(store.get(_BOUND) or b"", "big")


def put_bound(batch: Batch, value: int) -> None:
    batch.put(_BOUND, value.to_bytes(8, "big"))


def _key(number: int) -> bytes:
    return number.to_bytes(8, "big")


def _number(segment: int) -> bytes:
    return segment.to_bytes(2, "big")


def _scan(store: Store, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    return store.scan(prefix)
