"""Numbers that are known only once a batch is executed, and the octets made of them. Does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from stalwart_g.store.batch import Ids, Octets


@dataclass(frozen=True, slots=True)
class Number:
    """``base``, plus the id that stands at ``place`` when the batch is executed."""

    base: int
    place: int | None = None

    def of(self, ids: Ids) -> int:
        return self.base if self.place is None else self.base + ids[self.place]


def octets_of(make: Callable[..., bytes], *numbers: Number) -> Octets:
    """``make(*numbers)``: now if they are known, else when they are."""
    if all(number.place is None for number in numbers):
        return make(*(number.base for number in numbers))
    return lambda ids: make(*(number.of(ids) for number in numbers))


def numbers_of(numbers: Iterable[Number], ids: Ids) -> tuple[int, ...]:
    return tuple(number.of(ids) for number in numbers)


def row_of_ids(place: int) -> Iterator[Number]:
    """The numbers that one `Batch.next_id` gives, one after the other."""
    offset = 0
    while True:
        yield Number(offset, place)
        offset += 1
