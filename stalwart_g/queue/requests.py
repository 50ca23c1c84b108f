"""What operators want done with queued mail, asked from any process: a row that the owner of the queue obeys.

Nobody but the owner ever changes an entry, so a command can never be lost between an attempt and its outcome.
"""

from __future__ import annotations

import secrets
import time
from typing import Literal

import msgspec
from msgspec import structs

from stalwart_g.queue.entry import Entry, RecipientRecord, State

Action = Literal["retry", "hold", "release", "cancel"]


class Request(msgspec.Struct, array_like=True, frozen=True):
    """One command. What is empty in the selection selects all.

    Attributes:
        ids: queue ids, as numbers.
        recipient: only recipients with this address, or with this domain.
        sender: only messages from this reverse-path; ``<>`` is the null one.
        reason: why, for `hold`.
    """

    action: Action
    ids: tuple[int, ...] = ()
    recipient: str = ""
    sender: str = ""
    reason: str = ""

    def selects(self, entry: Entry) -> bool:
        """Is the message meant?"""
        if self.ids and entry.id not in self.ids:
            return False
        return not self.sender or (str(entry.reverse_path) or "<>").lower() == self.sender.lower()

    def reason_for(self, entry: Entry) -> str:
        """Why the message is held, after this request."""
        reasons = {"hold": self.reason or "held by an operator", "release": ""}
        return reasons.get(self.action, entry.hold_reason)

    def selects_recipient(self, recipient: RecipientRecord) -> bool:
        wanted = self.recipient.lower()
        return wanted in ("", str(recipient).lower(), recipient.domain.lower())


def apply(request: Request, entry: Entry, now: float) -> dict[int, RecipientRecord]:
    """The recipients that change, by index, as they will be.

    A recipient that is being attempted is left alone: its outcome is on the way.
    """
    start, end = _TRANSITIONS[request.action]
    return {
        index: structs.replace(recipient, state=end, due=now if end is State.SCHEDULED else recipient.due)
        for index, recipient in enumerate(entry.recipients)
        if recipient.state in start and request.selects_recipient(recipient)
    }


_TRANSITIONS: dict[Action, tuple[tuple[State, ...], State]] = {
    "retry": ((State.SCHEDULED,), State.SCHEDULED),
    "hold": ((State.SCHEDULED,), State.HELD),
    "release": ((State.HELD,), State.SCHEDULED),
    "cancel": ((State.SCHEDULED, State.HELD), State.CANCELLED),
}

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Request)


def encode(request: Request) -> bytes:
    return _encoder.encode(request)


def decode(octets: bytes) -> Request:
    """Raises: msgspec.DecodeError"""
    return _decoder.decode(octets)


def new_name() -> bytes:
    """A name for a request's row: by time, and never twice."""
    return time.time_ns().to_bytes(8, "big") + secrets.token_bytes(4)
