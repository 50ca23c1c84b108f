"""Reverse-path, forward-path and the name after EHLO (RFC 5321 sections 4.1.2 and 4.1.3, RFC 6531 section 3.3)."""

from __future__ import annotations

import ipaddress
import re

from stalwart_g.model.address import Address

PATH_OCTETS = 256
DOMAIN_OCTETS = 255

# What nearly every address is; all else takes the long way round.
_PLAIN = re.compile(r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+)@([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)")
_LOCAL = re.compile(r'[^\x00-\x20\x7f()<>\[\]:;@\\,"]+')
_QUOTED_LOCAL = re.compile(r'"((?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])+)"')
_LABEL = r"(?:[A-Za-z0-9_-]|[^\x00-\x7f])+"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_BRACKETED = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^">])*)>')
_SOURCE_ROUTE = re.compile(r"@[^@,:]+(?:,@[^@,:]+)*:")
_HELLO_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?")


def split_path(text: str, *, lenient: bool = False) -> tuple[str, str]:
    """Cut ``<path>`` off the start of a text: what the brackets hold, and what follows them.

    ``lenient`` takes a path without brackets too.

    Raises:
        ValueError: no path there.
    """
    text = text.lstrip(" ")
    if text.startswith("<"):
        end = text.find(">")
        if end > 0 and '"' not in text[:end]:
            return text[1:end], text[end + 1 :]
        if match := _BRACKETED.match(text):
            return match[1], text[match.end() :]
    elif lenient and text:
        path, _, rest = text.partition(" ")
        return path, f" {rest}" if rest else ""
    raise ValueError("a path is written in angle brackets")


def mailbox(path: str) -> Address:
    """The address in a path. A source route before it is dropped (RFC 5321 appendix C).

    Raises:
        ValueError: no address, or one over the limits of RFC 5321 section 4.5.3.1.
    """
    match = _PLAIN.fullmatch(path)
    if match and len(path) <= PATH_OCTETS:
        return Address(match[1], match[2].lower())
    if path.startswith("@"):
        path = _SOURCE_ROUTE.sub("", path, count=1)
    local, at, name = path.rpartition("@")
    if not at or len(path.encode("utf-8", "surrogatepass")) > PATH_OCTETS:
        raise ValueError("no address, or too long")
    return Address(_local_part(local), domain(name))


def domain(text: str) -> str:
    """A domain in lower case, or a literal in its one canonical form.

    Raises:
        ValueError: neither of the two.
    """
    if text.startswith("["):
        return address_literal(text)
    lower = text.lower()
    if not _DOMAIN.fullmatch(lower) or not lower.isprintable() or len(lower.encode()) > DOMAIN_OCTETS:
        raise ValueError(f"not a domain: {text!r}")
    return lower


def address_literal(text: str) -> str:
    """``[192.0.2.1]`` or ``[IPv6:2001:db8::1]``; the tag may be missing, as some clients leave it out.

    Raises:
        ValueError: no such literal.
    """
    if not text.startswith("[") or not text.endswith("]"):
        raise ValueError(f"not an address literal: {text!r}")
    inner = text[1:-1]
    if inner[:5].lower() == "ipv6:":
        return f"[IPv6:{ipaddress.IPv6Address(inner[5:])}]"
    address = ipaddress.ip_address(inner)
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def hello_name(text: str) -> str:
    """The argument of EHLO, HELO or LHLO, fit to be written into a Received field.

    Raises:
        ValueError: neither a domain name nor a literal.
    """
    if text.startswith("["):
        return address_literal(text)
    if not _HELLO_NAME.fullmatch(text) or len(text) > DOMAIN_OCTETS:
        raise ValueError("a host name or an address literal is wanted")
    return text.rstrip(".").lower()


def _local_part(text: str) -> str:
    if match := _QUOTED_LOCAL.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", match[1])
    elif not _LOCAL.fullmatch(text):
        raise ValueError("not a local part")
    if not text.isprintable():
        raise ValueError("control characters in a local part")
    return text
