"""Mailbox addresses as SMTP knows them (RFC 5321 section 4.1.2, RFC 6531 section 3.3)."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_DOT_STRING = re.compile(rf"{_ATEXT}(\.{_ATEXT})*")


class Address(msgspec.Struct, frozen=True):
    """A mailbox. ``local`` is the unquoted local part; ``domain`` is lower case, or a literal in brackets.

    The null reverse-path is ``Address("", "")``: false, and printed as nothing.
    """

    local: str
    domain: str

    @classmethod
    def of(cls, text: str) -> Address:
        """An address from trusted ``local@domain`` text; the empty text is the null path.

        Raises:
            ValueError: no ``@`` in a text that is not empty.
        """
        if not text:
            return NULL
        local, at, domain = text.rpartition("@")
        if not at:
            raise ValueError(f"no domain in address {text!r}")
        if len(local) > 1 and local[0] == local[-1] == '"':
            local = re.sub(r"\\(.)", r"\1", local[1:-1])
        return cls(local, domain.lower())

    def __bool__(self) -> bool:
        return bool(self.local or self.domain)

    def __str__(self) -> str:
        return _written(self.local, self.domain)

    @property
    def is_ascii(self) -> bool:
        return self.local.isascii() and self.domain.isascii()

    def user(self, separator: str = "+") -> str:
        """The local part up to the first separator (RFC 5233)."""
        return self.local.partition(separator)[0] if separator else self.local

    def detail(self, separator: str = "+") -> str | None:
        """What follows the first separator; None where there is none (RFC 5233)."""
        _, found, detail = self.local.partition(separator) if separator else ("", "", "")
        return detail if found else None


NULL = Address("", "")


@lru_cache(maxsize=1024)  # each mail has its addresses written some ten times
def _written(local: str, domain: str) -> str:
    return f"{quoted(local)}@{domain}" if local or domain else ""


def quoted(local: str) -> str:
    """The local part in the form that goes over the wire: a Dot-string, or a Quoted-string."""
    if _DOT_STRING.fullmatch(local):
        return local
    return '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
