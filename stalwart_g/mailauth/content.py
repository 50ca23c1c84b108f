"""A message as signatures see it: fields and body in canonical form (RFC 6376 section 3.7).

Several signatures cover the same fields and the same body; what one of them needed is kept for the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sieve.message import Message
from stalwart_g.mailauth.canonical import body_blocks, relaxed_field, with_crlf
from stalwart_g.model.errors import Violation

_MAX_DIGESTS = 6


class TooOften(Violation):
    """The signatures of a message want its body hashed in so many ways that it takes too long."""


class BodyDigest(NamedTuple):
    """SHA-256 over the canonical body, or its first octets.

    Args:
        octets: so many were hashed.
        is_whole: there are no more of them.
    """

    digest: bytes
    octets: int
    is_whole: bool


class Content:
    """Header fields, each with or without its line end, and the body: what follows ``body_offset`` in ``octets``."""

    def __init__(self, fields: Iterable[bytes], octets: bytes, body_offset: int = 0) -> None:
        self.fields = [field.removesuffix(b"\n").removesuffix(b"\r") for field in fields]
        self._octets, self._body_offset = octets, body_offset
        self._numbers: dict[str, list[int]] = {}
        for number, field in enumerate(self.fields):
            name = field[: field.find(b":")].rstrip(b" \t").lower().decode("ascii", "replace")
            self._numbers.setdefault(name, []).append(number)
        self._relaxed: dict[int, bytes] = {}
        self._digests: dict[tuple[bool, int | None], BodyDigest] = {}

    @classmethod
    def of(cls, message: Message) -> Content:
        header = message.structure.header(0)
        fields = [b"%s:%s" % field for field in zip(header.names, header.values, strict=True)]
        return cls(fields, message.octets, header.body)

    def numbers(self, name: str) -> Sequence[int]:
        """Which fields have a name, which is in lower case; from the top down."""
        return self._numbers.get(name, ())

    def relaxed(self, number: int) -> bytes:
        """A field in relaxed form, without line end."""
        form = self._relaxed.get(number)
        if form is None:
            form = self._relaxed[number] = relaxed_field(self.fields[number])
        return form

    def header(self, names: Iterable[str], *, relaxed: bool, but: int = -1) -> bytes:
        """The canonical fields that are named, each with CRLF; a name that comes again means the next one further up.

        Args:
            names: in lower case. More of them than there are fields stand for nothing.
            but: the field of the signature itself.
        """
        left: dict[str, list[int]] = {}
        found: list[bytes] = []
        for name in names:
            if name not in left:
                left[name] = [number for number in self.numbers(name) if number != but]
            if left[name]:
                number = left[name].pop()
                found += (self.relaxed(number) if relaxed else with_crlf(self.fields[number]), b"\r\n")
        return b"".join(found)

    def body_digest(self, *, relaxed: bool, length: int | None = None) -> BodyDigest:
        """Hash the body, or its first ``length`` octets.

        Raises:
            TooOften
        """
        key = (relaxed, length)
        if key not in self._digests:
            if len(self._digests) >= _MAX_DIGESTS:
                raise TooOften("body hashed in too many ways")
            self._digests[key] = self._digest(relaxed=relaxed, length=length)
        return self._digests[key]

    def _digest(self, *, relaxed: bool, length: int | None) -> BodyDigest:
        digest, octets = hashlib.sha256(), 0
        for block in body_blocks(self._octets, self._body_offset, relaxed=relaxed):
            if length is not None and octets + len(block) > length:
                digest.update(block[: length - octets])
                return BodyDigest(digest.digest(), length, False)
            digest.update(block)
            octets += len(block)
        return BodyDigest(digest.digest(), octets, True)
