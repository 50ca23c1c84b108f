"""Command lines out of the client's bytes (RFC 5321 section 2.3.8), however the network cut them."""

from __future__ import annotations

from stalwart_g.protocol.smtp import replies
from stalwart_g.protocol.smtp.replies import CommandError

TOO_LONG = b"<too long>\n"  # stands for a line over the limit; it holds LF, so no line is equal to it


class LineReader:
    """What came and is not read yet: lines for commands, or simply the rest, for messages."""

    def __init__(self) -> None:
        self._buffer = b""
        self._position = 0
        self._skipping = False

    def feed(self, octets: bytes) -> None:
        rest = self._buffer[self._position :]
        self._buffer = rest + octets if rest else octets
        self._position = 0

    @property
    def has_more(self) -> bool:
        return self._position < len(self._buffer)

    def starts_with(self, word: bytes) -> bool:
        return self._buffer[self._position : self._position + len(word)].upper() == word

    def take_rest(self) -> bytes:
        """Everything unread; ``feed`` gives back what is not wanted."""
        rest = self._buffer[self._position :] if self._position else self._buffer
        self._buffer, self._position = b"", 0
        return rest

    def next_line(self, limit_octets: int, long_limit_octets: int = 0) -> bytes | None:
        """Take the next line without its LF; None while it is incomplete.

        A line over ``limit_octets`` (LF included) is skipped, and ``TOO_LONG`` stands for it; one that begins with AUTH
        is measured by ``long_limit_octets``.
        """
        start = self._position
        if start == len(self._buffer):
            return None
        end = self._buffer.find(b"\n", start)
        size = (end + 1 if end >= 0 else len(self._buffer)) - start
        if size > limit_octets:
            self._skipping |= size > long_limit_octets or not self.starts_with(b"AUTH ")
        if end < 0:
            if self._skipping:
                self._buffer, self._position = b"", 0
            return None
        self._position = end + 1
        if self._skipping:
            self._skipping = False
            return TOO_LONG
        return self._buffer[start:end]


def text_of(line: bytes, *, lenient: bool = False) -> str:
    """A line as text. ``lenient`` takes lines that end with a bare LF.

    Raises:
        CommandError: too long, NUL, bare CR or LF, or not UTF-8.
    """
    if line is TOO_LONG:
        raise CommandError(replies.LINE_TOO_LONG)
    if line.endswith(b"\r"):
        line = line[:-1]
    elif not lenient:
        raise CommandError(replies.BARE_NEWLINE, close=True)
    if b"\r" in line:
        raise CommandError(replies.BARE_NEWLINE, close=not lenient)
    if b"\0" in line:
        raise CommandError(replies.NUL)
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise CommandError(replies.NOT_UTF8) from None
