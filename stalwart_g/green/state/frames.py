"""How broker and workers speak: frames of a length (4 octets) and a MessagePack list of requests or answers.

Request: ``[number, call, arguments]``; 0 as number wants no answer. Answer: ``[number, result]``; number 0 carries a
published ``[channel, payload]``. Both sides put into one frame whatever waits to be sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from stalwart_g.model.errors import Violation

_LIMIT_OCTETS = 1 << 26
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[Any, ...]]).decode

Item = tuple[Any, ...]


class FrameError(Violation):
    """The octets are no frames: the other side is no broker, or no worker of ours."""


def frame(items: list[Item]) -> bytes:
    """One frame."""
    body = _encode(items)
    return len(body).to_bytes(4, "big") + body


class FrameReader:
    """Items out of octets, however the socket cut them."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Iterator[Item]:
        """Take octets, give the items of all frames that are complete.

        Raises:
            FrameError
        """
        self._data += data
        while len(self._data) >= 4:
            end = 4 + int.from_bytes(self._data[:4], "big")
            if end > _LIMIT_OCTETS:
                raise FrameError(f"frame of {end} octets")
            if len(self._data) < end:
                return
            body = bytes(self._data[4:end])
            del self._data[:end]
            try:
                yield from _decode(body)
            except msgspec.MsgspecError as error:
                raise FrameError(str(error)) from error
