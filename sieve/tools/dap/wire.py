"""Messages of the protocol on a pair of byte streams: a header with the length, then JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from threading import Lock
from typing import Any, BinaryIO

from sieve.errors import SieveError

Message = dict[str, Any]
_LONGEST = 16 * 2**20
_HEADER = b"content-length"


class Broken(SieveError):
    """What came is no message of the protocol."""


class Wire:
    """Read by one thread, written by several. ``is_broken``: nobody reads any more."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._lock, self._number = Lock(), 0
        self.is_broken = False

    def read(self) -> Message | None:
        """The next message; None at the end.

        Raises:
            Broken: it is none.
        """
        length = -1
        while line := self._incoming.readline(1000):
            name, _, value = line.partition(b":")
            if name.strip().lower() == _HEADER:
                length = _length(value)
            if not line.strip():
                return self._body(length)
        return None

    def _body(self, length: int) -> Message:
        if length < 0:
            raise Broken("a message without Content-Length")
        try:
            message = json.loads(self._incoming.read(length))
        except (ValueError, RecursionError) as error:
            raise Broken(f"a message that is no JSON: {error}") from error
        if not isinstance(message, dict):
            raise Broken("a message that is no object")
        return message

    def write(self, kind: str, more: Mapping[str, Any]) -> None:
        with self._lock:
            self._number += 1
            body = json.dumps({"seq": self._number, "type": kind, **more}).encode()
            self._send(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _send(self, octets: bytes) -> None:
        if self.is_broken:
            return
        try:
            self._outgoing.write(octets)
            self._outgoing.flush()
        except BrokenPipeError:
            self.is_broken = True  # the editor has gone without a word: nobody is left to tell

    def event(self, name: str, **body: Any) -> None:
        self.write("event", {"event": name, "body": body})


def _length(value: bytes) -> int:
    text = value.strip()
    if not text.isdigit() or len(text) > 9 or int(text) > _LONGEST:
        raise Broken(f"a message of {text!r} octets")
    return int(text)
