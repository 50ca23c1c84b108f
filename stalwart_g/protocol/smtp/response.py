"""A server's replies out of its bytes (RFC 5321 section 4.2, RFC 2034)."""

from __future__ import annotations

import re
from collections import deque

from stalwart_g.model.errors import Violation
from stalwart_g.model.reply import Reply

LINES = 128
LINE_OCTETS = 4096

_LINE = re.compile(r"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: +|$)")


class BadReply(Violation):
    """What the server sent is no reply."""


class ReplyReader:
    """Replies in the order of their coming."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[tuple[str, str]] = []  # of the reply that is coming in: code and text
        self._replies: deque[Reply] = deque()

    @property
    def is_empty(self) -> bool:
        return not (self._rest or self._lines or self._replies)

    def next_reply(self) -> Reply | None:
        return self._replies.popleft() if self._replies else None

    def feed(self, octets: bytes) -> None:
        """Take what the network brought.

        Raises:
            BadReply: no code, a code that changes between lines, or too much of it.
        """
        *lines, self._rest = (self._rest + octets).split(b"\n")
        for line in lines:
            self._line(line.removesuffix(b"\r"))
        if len(self._rest) > LINE_OCTETS:
            raise BadReply("endless line")

    def _line(self, line: bytes) -> None:
        match = _LINE.fullmatch(line.decode("utf-8", "replace"))
        if not match or len(line) > LINE_OCTETS or len(self._lines) >= LINES:
            raise BadReply(f"not a reply: {line[:80]!r}")
        code, mark, text = match[1], match[2], match[3] or ""
        if self._lines and self._lines[0][0] != code:
            raise BadReply(f"{self._lines[0][0]} goes on as {code}")
        self._lines.append((code, text))
        if mark != "-":
            self._replies.append(_reply(self._lines))
            self._lines = []


def _reply(lines: list[tuple[str, str]]) -> Reply:
    code = lines[0][0]
    enhanced, texts = "", []
    for _, text in lines:
        match = _ENHANCED.match(text)
        if match and match[1][0] == code[0]:
            enhanced = enhanced or match[1]
            text = text[match.end() :]
        texts.append(text)
    return Reply(int(code), enhanced, "\n".join(texts))
