"""The one normal form of addresses, domains and account names, for every protocol (RFC 5321, RFC 5890, RFC 6531).

Unicode is NFC, everything is lower case, domains are in their DNS form (A-labels).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from stalwart_g.model.address import Address, quoted

_MAX_NAME_OCTETS = 255
_MAX_LOCAL_OCTETS = 64
_MAX_DOMAIN_OCTETS = 253
_FORBIDDEN_IN_NAMES = set("/\\:")


@lru_cache(maxsize=1024)  # the same few domains are asked for with each recipient
def domain_name(text: str) -> str:
    """Raises ValueError: no domain name, nor an address literal."""
    text = unicodedata.normalize("NFC", text.strip())
    if text.startswith("[") and text.endswith("]"):
        return text.lower()
    try:
        ascii_form = text.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_form = ""
    if not ascii_form or len(ascii_form) > _MAX_DOMAIN_OCTETS or not _are_labels(ascii_form):
        raise ValueError(f"{text!r} is no domain name")
    return ascii_form


def address(text: str | Address) -> str:
    """An address as the directory stores it. ``@domain`` alone is allowed: it stands for all others of the domain.

    Raises:
        ValueError: no domain, a bad one, or a bad local part.
    """
    given = text if isinstance(text, Address) else _split(text.strip())
    local = unicodedata.normalize("NFC", given.local).lower()
    if _has_control(local) or len(local.encode("utf-8", "surrogateescape")) > _MAX_LOCAL_OCTETS:
        raise ValueError(f"{str(given)!r} has no usable local part")
    return f"{quoted(local) if local else ''}@{domain_name(given.domain)}"


def account_name(text: str) -> str:
    """A login name; it becomes part of keys and folders, so some characters are not for it.

    Raises:
        ValueError: empty, over 255 octets, with control characters, white space, ``/``, ``\\`` or ``:``, or all dots.
    """
    name = unicodedata.normalize("NFC", text.strip()).lower()
    if not name or len(name.encode("utf-8", "surrogateescape")) > _MAX_NAME_OCTETS:
        raise ValueError("an account name has 1 to 255 octets")
    if bad := sorted({c for c in name if c in _FORBIDDEN_IN_NAMES or c.isspace() or _has_control(c)}):
        raise ValueError(f"the account name {name!r} must not have {' or '.join(map(repr, bad))} in it")
    if not name.strip("."):
        raise ValueError("an account name is more than dots")
    local, at, domain = name.rpartition("@")
    return address(name) if at and local and domain else name


def domain_of(normal_address: str) -> str:
    """The domain of an address in normal form."""
    return normal_address.rpartition("@")[2]


def _split(text: str) -> Address:
    """At the last ``@``: one inside quotes is always before it, since a domain has none."""
    try:
        found = Address.of(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address: it has no @") from error
    if '"' in found.domain or (found.local.startswith('"') and not found.local.endswith('"')):
        raise ValueError(f"{text!r} is no address")
    return found


def _are_labels(domain: str) -> bool:
    return all(
        label
        and len(label) <= 63
        and label[0] != "-"
        and label[-1] != "-"
        and label.replace("-", "a").replace("_", "a").isalnum()
        for label in domain.split(".")
    )


def _has_control(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
