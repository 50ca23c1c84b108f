"""An SMTP reply (RFC 5321 section 4.2) with its enhanced status code (RFC 2034)."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

_LINE_OCTETS = 480  # RFC 5321 section 4.5.3.1.5 allows 512 with code, status and CRLF


class Reply(Struct, frozen=True):
    """One reply of one or more lines. ``text`` may hold several lines, parted by LF."""

    code: int
    enhanced_code: str = ""
    text: str = ""

    @property
    def is_positive(self) -> bool:
        return self.code < 400

    @property
    def is_transient(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return self.code >= 500

    @property
    def closes(self) -> bool:
        """221 and 421 are the last words on a connection (RFC 5321 section 3.8)."""
        return self.code in (221, 421)

    def __str__(self) -> str:
        code = f"{self.code} {self.enhanced_code}" if self.enhanced_code else str(self.code)
        return f"{code} {self.text}" if self.text else code

    def encode(self, *, enhanced: bool = True) -> bytes:
        """The reply as it goes over the wire, CRLF included."""
        return _encoded(self, enhanced)


@lru_cache(maxsize=256)  # most replies are constants
def _encoded(reply: Reply, enhanced: bool) -> bytes:
    status = f"{reply.enhanced_code} " if enhanced and reply.enhanced_code else ""
    if len(reply.text) < _LINE_OCTETS // 4 and reply.text.isprintable():
        return f"{reply.code} {status}{reply.text}\r\n".encode()
    lines = [piece for line in reply.text.splitlines() or [""] for piece in _pieces(line)]
    last = len(lines) - 1
    return b"".join(
        b"%d%s%s%s\r\n" % (reply.code, b" " if number == last else b"-", status.encode(), line)
        for number, line in enumerate(lines)
    )


def _pieces(line: str) -> list[bytes]:
    """Cut a line to what fits, on character borders; control characters become spaces."""
    if len(line) <= _LINE_OCTETS and line.isascii() and line.isprintable():
        return [line.encode()]
    clean = "".join(char if char.isprintable() else " " for char in line)
    pieces, piece = [], b""
    for char in clean:
        octets = char.encode("utf-8", "replace")
        if len(piece) + len(octets) > _LINE_OCTETS:
            pieces.append(piece)
            piece = b""
        piece += octets
    return [*pieces, piece]
