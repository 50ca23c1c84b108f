"""Who holds which blob, and when one may go (SPEC-STORE section 1.9).

==========================  ==================================================================
``B`` ``l`` hash holder     a link: the key of what holds the blob
``B`` ``p`` hash            the blob may have no link; since when, 0 where `collect` is to tell
==========================  ==================================================================

A blob is announced, then put, then linked in the batch that makes its holder. `collect` deletes what was announced, or
lost a link, more than a grace period ago and has none. Who dies on the way leaves a row behind that `collect` finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from stalwart_g.store.batch import Batch, Octets
from stalwart_g.store.blobs import HASH_OCTETS, BlobRef, BlobStore, hash_of
from stalwart_g.store.errors import AssertionFailed, Corrupt
from stalwart_g.store.interface import Reader, Store

LETTER = b"B"
"""The key space."""

_LINK, _PENDING = LETTER + b"l", LETTER + b"p"
_FORMAT, _DOOMED = b"\x01", b"\x02"


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect` has freed."""

    blobs: int = 0
    octets: int = 0


def keep(store: Store, blobs: BlobStore, octets: bytes, now: float) -> BlobRef:
    """Announce a blob and put it; to be linked within the grace period.

    Raises:
        StoreUnavailable: nothing was kept.
    """
    blob = hash_of(octets)
    if not is_linked(store, blob):  # the row that the last unlink writes is as good as ours
        batch = Batch()
        batch.put(_PENDING + blob, _stamp(now))
        store.commit(batch)
    return blobs.put(octets)


def link(batch: Batch, blob: bytes, holder: Octets) -> None:
    """This holder needs the blob from now on. Linking twice is linking once."""
    batch.put(_link_key(blob, holder), _FORMAT)
    batch.delete(_PENDING + blob)


def unlink(batch: Batch, blob: bytes, holder: Octets) -> None:
    """This holder needs it no longer."""
    batch.delete(_link_key(blob, holder))
    batch.put(_PENDING + blob, _stamp(0))


def is_linked(store: Store, blob: bytes) -> bool:
    """Does anybody hold it?"""
    return any(True for _ in store.scan(_LINK + blob, limit=1, keys_only=True))


def holders(reader: Reader, blob: bytes) -> list[bytes]:
    """The keys of all who hold it."""
    return [key[len(_LINK) + HASH_OCTETS :] for key, _ in reader.scan(_LINK + blob, keys_only=True)]


def held(reader: Reader, wanted: Sequence[tuple[bytes, bytes]]) -> set[tuple[bytes, bytes]]:
    """Those of these pairs of a blob and a holder that are linked."""
    keys = {_LINK + blob + holder: (blob, holder) for blob, holder in wanted}
    return {keys[key] for key in reader.get_many(list(keys))}


def links(reader: Reader) -> Iterator[tuple[bytes, bytes]]:
    """All blobs that are held, each with who holds it."""
    for key, _ in reader.scan(_LINK, keys_only=True):
        link = key[len(_LINK) :]
        yield link[:HASH_OCTETS], link[HASH_OCTETS:]


def missing(store: Store, blobs: BlobStore) -> Iterator[bytes]:
    """Blobs that are held, but are not there: damage, for `check`."""
    for blob, _ in groupby(key[len(_LINK) :][:HASH_OCTETS] for key, _ in store.scan(_LINK, keys_only=True)):
        if not blobs.exists(blob):
            yield blob


def collect(store: Store, blobs: BlobStore, grace_seconds: float, now: float) -> Collected:
    """Delete the blobs that nobody has held for the grace period. Any number of processes may do so at a time.

    Raises:
        StoreUnavailable: what was not deleted is deleted next time.
    """
    count = octets = 0
    for key, stamp in store.scan(_PENDING):
        freed = _collect(store, blobs, (key, stamp), now, now - grace_seconds)
        count, octets = count + (freed is not None), octets + (freed or 0)
    return Collected(count, octets)


def sweep(store: Store, blobs: BlobStore, grace_seconds: float, now: float) -> int:
    """Find blobs that no row tells of, by looking at all files, and leave them to `collect`: how many.

    Only needed where blobs were put without being announced, or came with a backup that is not of the same moment.
    """
    found = 0
    for blob in blobs.iterate(now - grace_seconds):
        if store.get(_PENDING + blob) is None and not is_linked(store, blob):
            batch = Batch()
            batch.put(_PENDING + blob, _stamp(0))
            store.commit(batch)
            found += 1
    blobs.tidy(now - grace_seconds)
    return found


def _collect(store: Store, blobs: BlobStore, row: tuple[bytes, bytes], now: float, before: float) -> int | None:
    """The octets that became free; None where the blob stays for now.

    Who puts the blob again while we delete it makes its file new, and then it stays. To know that nobody has linked it
    before, the row is changed: a link deletes it.
    """
    key, stamp = row
    blob, since = key[len(_PENDING) :], _time(stamp)
    if since > before:
        return None
    if is_linked(store, blob):
        _change(store, row, None)
        return None
    doomed = _stamp(since or now, _DOOMED if since else _FORMAT)
    if not _change(store, row, doomed) or not since:
        return None
    freed = blobs.delete(blob, unless_since=before)
    gone = freed or not blobs.exists(blob)
    _change(store, (key, doomed), None if gone else _stamp(now))
    return freed if gone else None


def _change(store: Store, row: tuple[bytes, bytes], value: bytes | None) -> bool:
    """Replace, or delete, the row of a pending blob; False where somebody else has changed it."""
    batch = Batch()
    batch.assert_value(*row)
    if value is None:
        batch.delete(row[0])
    else:
        batch.put(row[0], value)
    try:
        store.commit(batch)
    except AssertionFailed:
        return False
    return True


def _link_key(blob: bytes, holder: Octets) -> Octets:
    if isinstance(holder, bytes):
        return _LINK + blob + holder
    return lambda ids: _LINK + blob + holder(ids)


def _stamp(now: float, form: bytes = _FORMAT) -> bytes:
    return form + int(now).to_bytes(8, "big")


def _time(stamp: bytes) -> int:
    if stamp[:1] not in (_FORMAT, _DOOMED):
        raise Corrupt("a reference was written by a newer version of the program")
    return int.from_bytes(stamp[1:], "big")
