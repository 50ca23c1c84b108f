"""DKIM-Signature, read (RFC 6376 section 3.5)."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from stalwart_g.mailauth import tags
from stalwart_g.mailauth.dkim.outcome import Unusable
from stalwart_g.mailauth.domains import ascii_domain, is_within

ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
_FIELD_OCTETS = 32_768
_MAX_HEADERS = 256
FIELD_NAMES = re.compile(r"[!-9<-~]+(:[!-9<-~]+)*")  # a semicolon would end the tag
_VALUE_FIRST = re.compile(rb"[ \t\r\n]*b[ \t\r\n]*=")
_VALUE_LATER = re.compile(rb";[ \t\r\n]*b[ \t\r\n]*=")
SELECTOR = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_TIME_DIGITS, _LENGTH_DIGITS = 12, 76
_DIGEST_OCTETS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a signature says.

    Args:
        algorithm, value, domain, selector: a=, b=, d= as A-labels, s=.
        identity: i=, or ``@`` and the domain.
        headers: h=, in lower case.
        body_hash, length: bh=, l=.
        signed_at, expires_at: t=, x=, in seconds since 1970.
        wants_reports: r=y (RFC 6651).
        third_party, third_party_hash: atps=, atpsh= (RFC 6541).
    """

    algorithm: str
    value: bytes
    domain: str
    selector: str
    identity: str
    headers: tuple[str, ...]
    body_hash: bytes
    length: int | None
    relaxed_header: bool
    relaxed_body: bool
    signed_at: int | None
    expires_at: int | None
    wants_reports: bool
    third_party: str
    third_party_hash: str


def field_tags(field: bytes) -> dict[str, str]:
    """The tags of a header field.

    Raises:
        Unusable: it is too large, or no tag list.
    """
    if len(field) > _FIELD_OCTETS:
        raise Unusable("field too large")
    try:
        return tags.parse(field.partition(b":")[2].decode("utf-8"))
    except (UnicodeDecodeError, tags.TagsInvalid) as error:
        raise Unusable("field is no tag list") from error


def parse(field: bytes) -> Signature:
    """Read a DKIM-Signature.

    Raises:
        Unusable: something is missing, malformed, or asks for what does not exist.
    """
    found = field_tags(field)
    if found.get("v") != "1":
        raise Unusable("unknown version" if "v" in found else "tag v missing")
    domain = domain_of(found)
    return read(found, domain, _identity(found.get("i"), domain))


def read(found: dict[str, str], domain: str, identity: str) -> Signature:
    """What DKIM-Signature and ARC-Message-Signature have in common.

    Raises:
        Unusable: as above.
    """
    if "dns/txt" not in tags.listed(found.get("q", "dns/txt").lower()):
        raise Unusable("unknown query method")
    relaxed_header, relaxed_body = _canonicalization(found.get("c", "simple"))
    signed_at, expires_at = (_number(found, name, _TIME_DIGITS) for name in "tx")
    if signed_at is not None and expires_at is not None and expires_at <= signed_at:
        raise Unusable("expires before it was made")
    return Signature(
        algorithm=algorithm_of(found),
        value=base64_of(found, "b"),
        domain=domain,
        selector=selector_of(found),
        identity=identity,
        headers=_headers(required(found, "h")),
        body_hash=_body_hash(found),
        length=_number(found, "l", _LENGTH_DIGITS),
        relaxed_header=relaxed_header,
        relaxed_body=relaxed_body,
        signed_at=signed_at,
        expires_at=expires_at,
        wants_reports=found.get("r", "").lower() == "y",
        third_party=ascii_domain(found.get("atps", "")) or "",
        third_party_hash=found.get("atpsh", "sha256").lower(),
    )


def without_value(field: bytes) -> bytes:
    """The field as it was signed: the value of b= and the white space around it left out (section 3.7)."""
    start = field.find(b":") + 1
    tag = _VALUE_FIRST.match(field, start) or _VALUE_LATER.search(field, start)
    if tag is None:
        return field
    end = field.find(b";", tag.end())
    return field[: tag.end()] + (field[end:] if end >= 0 else b"")


def required(found: dict[str, str], name: str) -> str:
    """
    Raises:
        Unusable: the tag is missing or empty.
    """
    value = found.get(name)
    if not value:
        raise Unusable(f"tag {name} missing")
    return value


def algorithm_of(found: dict[str, str]) -> str:
    """a=, in lower case.

    Raises:
        Unusable: it is missing, unknown, or no longer allowed (RFC 8301 section 3.1).
    """
    algorithm = required(found, "a").lower()
    if algorithm == "rsa-sha1":
        raise Unusable("rsa-sha1 is no longer allowed", "permerror")
    if algorithm not in ALGORITHMS:
        raise Unusable("unknown algorithm")
    return algorithm


def domain_of(found: dict[str, str]) -> str:
    """d= as A-labels (RFC 8616).

    Raises:
        Unusable: it is missing, or no domain name.
    """
    domain = ascii_domain(required(found, "d"))
    if domain is None or not SELECTOR.fullmatch(domain):
        raise Unusable("tag d is no domain name")
    return domain


def selector_of(found: dict[str, str]) -> str:
    """s= as A-labels.

    Raises:
        Unusable: it is missing, or cannot be part of a domain name.
    """
    selector = ascii_domain(required(found, "s"))
    if selector is None or not SELECTOR.fullmatch(selector):
        raise Unusable("tag s is no selector")
    return selector


def base64_of(found: dict[str, str], name: str) -> bytes:
    """
    Raises:
        Unusable: the tag is missing, or no base64.
    """
    try:
        return binascii.a2b_base64(tags.without_space(required(found, name)).encode(), strict_mode=True)
    except ValueError as error:
        raise Unusable(f"tag {name} is no base64") from error


def _body_hash(found: dict[str, str]) -> bytes:
    body_hash = base64_of(found, "bh")
    if len(body_hash) != _DIGEST_OCTETS:
        raise Unusable("tag bh is no SHA-256 hash")
    return body_hash


def _identity(text: str | None, domain: str) -> str:
    if text is None:
        return f"@{domain}"
    local, at, identity_domain = tags.without_space(text).rpartition("@")
    if not at:
        raise Unusable("tag i is no identity")
    name = ascii_domain(identity_domain)
    if name is None or not is_within(name, domain):
        raise Unusable("tag i is not within the domain of d", "permerror")
    return f"{local}@{name}"


def _headers(text: str) -> tuple[str, ...]:
    names = tags.listed(text.lower())
    if len(names) > _MAX_HEADERS:
        raise Unusable("tag h names too many fields")
    if not FIELD_NAMES.fullmatch(":".join(names)):
        raise Unusable("tag h is malformed")
    if "from" not in names:
        raise Unusable("From is not signed", "permerror")
    return tuple(names)


def _canonicalization(text: str) -> tuple[bool, bool]:
    header, _, body = tags.without_space(text.lower()).partition("/")
    if not {header, body or "simple"} <= {"simple", "relaxed"}:
        raise Unusable("unknown canonicalization")
    return header == "relaxed", body == "relaxed"


def _number(found: dict[str, str], name: str, digits: int) -> int | None:
    text = found.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise Unusable(f"tag {name} is no number")
    return int(text)
