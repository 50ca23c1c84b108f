"""The message out of the stream: DATA (RFC 5321 section 4.1.1.4), BDAT (RFC 3030), and the way back out.

Only CR LF ``.`` CR LF ends a message. What else looks like an end to some server (SMTP smuggling) is data here, and is
told apart so that the session can refuse it. The stream may be cut anywhere; each octet is looked at once.
"""

from __future__ import annotations

import re

from msgspec import Struct

from stalwart_g.model.reply import Reply
from stalwart_g.protocol.smtp import replies

END_OF_DATA = b"\r\n.\r\n"
_DOT_LINE = b"\r\n."
LINE_OCTETS = 998  # RFC 5322 section 2.1.1
LINE_CEILING_OCTETS = 65_536

_FALSE_END = re.compile(rb"[\r\n]\.[\r\n]")  # the true end never reaches this pattern
_NEWLINE = re.compile(rb"\r*\n|\r+")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


class Body:
    """The octets of one message while they come in, and what is wrong with them."""

    def __init__(self, limit_octets: int) -> None:
        self.size_octets = 0
        self.bare_newline: bool | None = None  # None: nobody looked yet
        self._limit = limit_octets
        self._pieces: list[bytes] = []

    @property
    def is_too_big(self) -> bool:
        """A message of exactly the limit is not."""
        return self.size_octets > self._limit

    def add(self, piece: bytes) -> None:
        """Keep a piece; over the limit all is thrown away, and only the count goes on."""
        self.size_octets += len(piece)
        if self.size_octets > self._limit:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def octets(self) -> bytes:
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


class Finished(Struct, frozen=True):
    """A message that came in whole, or why nobody should have it."""

    octets: bytes
    bare_newline: bool
    long_line: bool
    refusal: Reply | None = None


def finish(body: Body, bare_newline: str, *, binary: bool = False, lenient: bool = False) -> Finished:
    """Judge the form of a message; ``bare_newline`` is ``reject``, ``normalize`` or ``allow``.

    ``binary`` (BODY=BINARYMIME, RFC 3030 section 3) has no lines, so nothing can be wrong with them.
    """
    if body.is_too_big:
        return Finished(b"", False, False, replies.TOO_BIG)
    octets = body.octets()
    if binary:
        return Finished(octets, False, False)
    bare = has_bare_newline(octets) if body.bare_newline is None else body.bare_newline
    if bare and bare_newline == "normalize":
        octets = normalized(octets)
    long_line = has_line_over(octets, LINE_OCTETS)
    if not (bare or long_line) and (lenient or b"\0" not in octets):
        return Finished(octets, False, False)  # as nearly all are
    refusals = (
        (bare and bare_newline == "reject", replies.BARE_NEWLINE_IN_DATA),
        (not lenient and b"\0" in octets, replies.NUL_IN_DATA),
        (long_line and has_line_over(octets, LINE_CEILING_OCTETS), replies.DATA_LINE_TOO_LONG),
    )
    return Finished(octets, bare, long_line, next((refusal for wrong, refusal in refusals if wrong), None))


class DataReceiver:
    """Feeds on the stream from after the 354 to the true end of data."""

    def __init__(self, body: Body) -> None:
        self.body = body
        body.bare_newline = False
        self.false_end = False  # something like an end of data: a smuggled command may follow
        self._held = b"\r\n"  # a start of END_OF_DATA that may go on; the line before counts as the first
        self._last_two = b""
        self._virtual_octets = 2  # the CR LF above is no part of the message

    def receive(self, octets: bytes) -> bytes | None:
        """Take the next octets of the stream: what follows the end of data, or None before it."""
        if not octets:
            return None
        window = self._held + octets
        dot = window.find(_DOT_LINE)  # in most messages the one that ends them, so one search does for both questions
        end = window.find(END_OF_DATA, dot) if dot >= 0 else -1
        if end >= 0:
            self._take(window[: end + 2], stuffed=dot < end)
            return window[end + len(END_OF_DATA) :]
        held = next((size for size in (4, 3, 2, 1) if window.endswith(END_OF_DATA[:size])), 0)
        self._held = window[len(window) - held :]
        self._take(window[: len(window) - held], stuffed=dot >= 0)
        return None

    def _take(self, piece: bytes, *, stuffed: bool) -> None:
        """No CR LF and no stuffed dot is cut in two here: ``receive`` held such starts back."""
        body = self.body
        pairs = piece.count(b"\r\n")
        if piece.count(b"\n") != pairs or piece.count(b"\r") != pairs:
            body.bare_newline = True
        if body.bare_newline and _FALSE_END.search(self._last_two + piece):
            self.false_end = True
        self._last_two = (self._last_two + piece)[-2:] if len(piece) < 2 else piece[-2:]
        if stuffed:
            piece = piece.replace(_DOT_LINE, b"\r\n")
        if self._virtual_octets and piece:
            piece = piece[self._virtual_octets :]
            self._virtual_octets = 0
        body.add(piece)


class ChunkReceiver:
    """Feeds on exactly the octets of one BDAT chunk."""

    def __init__(self, body: Body, size_octets: int, *, last: bool, failure: Reply | None) -> None:
        self.body = body
        self.last = last
        self.failure = failure
        self._left = size_octets

    def receive(self, octets: bytes) -> bytes | None:
        """Take the next octets of the stream: what follows the chunk, or None before its end."""
        piece = octets[: self._left]
        self._left -= len(piece)
        if self.failure is None and piece:
            self.body.add(piece)
        return None if self._left else octets[len(piece) :]


def has_line_over(octets: bytes, limit_octets: int) -> bool:
    """Is any line longer, a line end counting as two octets? Jumps from line end to line end, a limit at a time."""
    start, size = 0, len(octets)
    while size - start > limit_octets:
        end = octets.rfind(b"\n", start, start + limit_octets + 2)
        if end < 0:
            return True
        start = end + 1
    return False


def has_bare_newline(octets: bytes) -> bool:
    pairs = octets.count(b"\r\n")
    return octets.count(b"\n") != pairs or octets.count(b"\r") != pairs


def normalized(octets: bytes) -> bytes:
    """Every kind of newline becomes CR LF; a CR LF that ends with more CRs before it stays one newline."""
    return _NEWLINE.sub(b"\r\n", octets) if _BARE.search(octets) else octets


def stuffed(octets: bytes) -> bytes:
    """A message as DATA carries it: CR LF everywhere, dots doubled at the start of a line, and the end of data."""
    if has_bare_newline(octets):
        octets = normalized(octets)
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    octets = octets.replace(b"\r\n.", b"\r\n..")
    return b"".join((b"." if octets.startswith(b".") else b"", octets, b".\r\n"))
