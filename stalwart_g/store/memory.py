"""What deliveries to an account remember for a while: who was answered, which mails were seen (RFC 5230, RFC 7352).

Each thing is known until a time. It knows which delivery it comes from, and to that one it is new: a delivery that is
tried again after a crash decides what it decided before.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from stalwart_g.store.batch import Batch
from stalwart_g.store.ground import settled
from stalwart_g.store.interface import Store
from stalwart_g.store.keys import Keys, digest
from stalwart_g.store.records import VERSION, Record, decode, encode

THINGS_MAX = 10_000
"""So many are kept of an account; of more, those that would be forgotten first are."""

_CLEAR_ROWS = 100
_COUNTED_EVERY = 64  # counting costs a scan
_U64 = struct.Struct(">Q").pack


class MemoryRecord(Record, frozen=True):
    """``delivery`` is the digest of the one that it comes from."""

    until: float
    delivery: bytes


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to remember: a kind, and the words that make it what it is."""

    kind: str
    words: tuple[str, ...]

    @property
    def mark(self) -> bytes:
        """16 octets that stand for it; no two things run together."""
        octets = [word.encode("utf-8", "surrogatepass") for word in (self.kind, *self.words)]
        return digest(*(b"%d:%b" % (len(each), each) for each in octets))


class Memory:
    """The memories of all accounts. ``things_max`` are kept of each."""

    def __init__(self, store: Store, clock: Callable[[], float], things_max: int = THINGS_MAX) -> None:
        self._store, self._clock, self._things_max = store, clock, things_max

    def knows(self, account: int, thing: Thing, *, delivery: str) -> bool:
        """Is it known, from another delivery than this?"""
        return self._is_known(self._store.get(Keys(account).memory(thing.mark)), delivery)

    def claim(self, account: int, thing: Thing, seconds: float, *, delivery: str, renew: bool = False) -> bool:
        """Remember it from now on; False where another delivery was faster. Of two at once, one is the first.

        ``renew`` prolongs what is known.

        Raises:
            StoreUnavailable, StoreBusy
        """
        key = Keys(account).memory(thing.mark)

        def attempt() -> bool:
            known = self._store.get(key)
            if not renew and self._is_known(known, delivery):
                return False
            self._remember(account, thing, known, MemoryRecord(self._clock() + seconds, _short(delivery)))
            return True

        return settled(attempt)

    def clear(self, account: int, rows: int = _CLEAR_ROWS) -> int:
        """Forget what is over, and what is too much: how many things."""
        keys, batch, now = Keys(account), Batch(), self._clock()
        surplus = self._count(account) - self._things_max
        count = 0
        for key, _ in self._store.scan(keys.memory_ends(), limit=rows, keys_only=True):
            if count >= surplus and key >= keys.memory_ends(_end(now)):
                break
            batch.delete(key)
            batch.delete(keys.memory(key[-16:]))
            count += 1
        if batch:
            self._store.commit(batch)
        return count

    def _is_known(self, octets: bytes | None, delivery: str) -> bool:
        if octets is None:
            return False
        record = decode(MemoryRecord, octets)
        return record.until > self._clock() and record.delivery != _short(delivery)

    def _remember(self, account: int, thing: Thing, known: bytes | None, record: MemoryRecord) -> None:
        keys, batch, mark = Keys(account), Batch(), thing.mark
        batch.assert_value(keys.memory(mark), known)
        if known is not None:
            batch.delete(keys.memory_ends(_end(decode(MemoryRecord, known).until)) + mark)
        batch.put(keys.memory(mark), encode(record))
        batch.put(keys.memory_ends(_end(record.until)) + mark, VERSION)
        self._store.commit(batch)
        if mark[0] % _COUNTED_EVERY == 0:
            self.clear(account)

    def _count(self, account: int) -> int:
        rows = self._store.scan(Keys(account).memory_ends(), limit=self._things_max + _CLEAR_ROWS, keys_only=True)
        return sum(1 for _ in rows)


def _short(delivery: str) -> bytes:
    return digest(delivery.encode("utf-8", "surrogatepass"))


def _end(until: float) -> bytes:
    return _U64(min(max(int(until * 1000), 0), (1 << 64) - 1))
