"""Domain names as the checks compare them and ask for them (RFC 1035 section 2.3.4, RFC 5890, RFC 8616)."""

from __future__ import annotations

import re

_NAME_OCTETS = 253
_HOST_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


def ascii_domain(text: str) -> str | None:
    """The name in lower case, as A-labels, without the last dot; None for what is no domain name.

    Labels may hold any printable character but a backslash, since names that macros make do so.
    """
    name = text.removesuffix(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return None
    return name if is_domain(name) else None


def mail_domain(text: str) -> str | None:
    """The same for the domain of an address: two labels at least, of letters, digits, hyphens and underscores."""
    name = ascii_domain(text)
    return name if name and _HOST_NAME.fullmatch(name) else None


def is_domain(name: str) -> bool:
    """Can the DNS be asked for it: labels of 1 to 63 characters, no more than 253 in all?"""
    if len(name) > _NAME_OCTETS or not name.isascii() or not name.isprintable() or "\\" in name:
        return False
    return all(0 < len(label) < 64 for label in name.split("."))


def parents(name: str) -> list[str]:
    """The name, and each name above it; the last one has one label."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def is_within(name: str, domain: str) -> bool:
    """The domain itself, or a name below it; both in the same case of letters."""
    return name == domain or name.endswith(f".{domain}")
