"""What one attempt is about: recipients of a message that go the same way, and what becomes of them. Plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Struct

from stalwart_g.delivery.outcome import Result
from stalwart_g.delivery.route import Route
from stalwart_g.model.mail import NewMail
from stalwart_g.policy.slots import Slots
from stalwart_g.queue.entry import RecipientRecord
from stalwart_g.queue.spool import Lease


class Round:
    """Jobs of one message that begin together; the slots that its route script took last until all have ended."""

    def __init__(self, lease: Lease, slots: Slots) -> None:
        self.lease, self.slots, self._going_on = lease, slots, 1

    def begin(self) -> None:
        self._going_on += 1

    def end(self) -> None:
        self._going_on -= 1
        if not self._going_on:
            self.slots.close()


class Job(Struct, frozen=True):
    """Recipients of one message that share an attempt."""

    round: Round
    route: Route
    indexes: tuple[int, ...]

    @property
    def lease(self) -> Lease:
        return self.round.lease

    @property
    def recipients(self) -> list[RecipientRecord]:
        return [self.lease.entry.recipients[index] for index in self.indexes]


@dataclass(slots=True)
class Outcomes:
    """Of one job: by the indexes of its recipients, and of recipients that came to them; and the mails that follow."""

    by_index: dict[int, Result]
    members: list[tuple[RecipientRecord, Result]] = field(default_factory=list)
    mails: list[NewMail] = field(default_factory=list)
