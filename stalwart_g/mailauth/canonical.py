"""Canonical forms of fields and bodies (RFC 6376 section 3.4).

Bodies are large: a few calls that each work on many octets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BLOCK_OCTETS = 1 << 18
_CRLF = b"\r\n"
_SPACES = re.compile(rb"  +")


def with_crlf(octets: bytes) -> bytes:
    """Lines end in CRLF on the wire; those of a file may not."""
    if octets.count(b"\n") == octets.count(_CRLF):
        return octets
    return octets.replace(_CRLF, b"\n").replace(b"\n", _CRLF)


def relaxed_field(field: bytes) -> bytes:
    """A header field without its line end; so is what comes out (section 3.4.2)."""
    name, _, value = field.partition(b":")
    if b"\x0b" in value or b"\x0c" in value or value.count(b"\r") != value.count(_CRLF):  # no white space to the RFC
        value = _single_spaces(with_crlf(value).replace(_CRLF, b"")).strip(b" ")
    else:
        value = b" ".join(value.split())
    return b"%s:%s" % (name.strip().lower(), value)


def body_blocks(octets: bytes, start: int = 0, *, relaxed: bool) -> Iterator[bytes]:
    """The canonical body in blocks, from ``start`` on (sections 3.4.3 and 3.4.4).

    A body of megabytes is never there as a whole a second time.
    """
    is_empty, held = True, 0  # empty lines that are left out if they are the last
    for block in _blocks(octets, start):
        block = with_crlf(block)
        if not block.endswith(_CRLF):
            block += _CRLF
        if relaxed:
            block = _single_spaces(block).replace(b" \r\n", _CRLF)
        ends = _ends(block)
        content = len(block) - 2 * ends
        if content:
            yield _CRLF * held
            yield block if ends == 1 else block[: content + 2]
            is_empty, held = False, ends - 1
        else:
            held += ends
    if is_empty and not relaxed:
        yield _CRLF


def _blocks(octets: bytes, start: int) -> Iterator[bytes]:
    """In pieces that end where a line does."""
    while start < len(octets):
        end = octets.find(b"\n", start + _BLOCK_OCTETS) + 1 or len(octets)
        yield octets[start:end]
        start = end


def _single_spaces(octets: bytes) -> bytes:
    """Runs of white space become a space each. Only where there are two of them there is something to do."""
    return _SPACES.sub(b" ", octets.replace(b"\t", b" "))


def _ends(block: bytes) -> int:
    """How many CRLF stand at the end of a block; there is one at least."""
    if not block.endswith(b"\r\n\r\n"):
        return 1
    tail = block[len(block.rstrip(_CRLF)) :]
    feeds, returns = tail[::-2], tail[-2::-2]
    return min(len(feeds) - len(feeds.lstrip(b"\n")), len(returns) - len(returns.lstrip(b"\r")))
