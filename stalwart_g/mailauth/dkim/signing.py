"""Making signatures (RFC 6376 section 5)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from stalwart_g.mailauth import tags
from stalwart_g.mailauth.canonical import relaxed_field
from stalwart_g.mailauth.content import Content
from stalwart_g.mailauth.dkim.keys import Algorithm, PrivateKey, algorithm_of
from stalwart_g.mailauth.dkim.signature import FIELD_NAMES, SELECTOR
from stalwart_g.mailauth.domains import ascii_domain, is_within

HEADERS = ("From", "To", "Date", "Subject", "Message-ID")
OVERSIGNED = ("From", "Reply-To", "Subject", "Content-Type", "MIME-Version")
_FORMS = ("simple", "relaxed")
_PADDING, _SHA256 = PKCS1v15(), SHA256()

Tags = list[tuple[str, str]]


class SignerInvalid(ValueError):
    """Settings that make no valid signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs, and how.

    Args:
        domain, selector: d= and s=.
        headers: fields of these names are signed, each one that is there.
        oversigned: likewise, and nobody may add another one. From is always among them.
        header_form, body_form: ``simple`` or ``relaxed``.
        identity: i=.
        expire_seconds: so long it is valid (x=).
        body_length: l=, which lets others append to the body: only for those who know why.
        reports: r=y (RFC 6651).
        third_party, third_party_hash: for whom the signature is made, if not for ``domain``, and how that is looked
            up: ``sha256``, ``sha1`` or ``none`` (RFC 6541).

    Raises:
        SignerInvalid
    """

    domain: str
    selector: str
    key: PrivateKey
    headers: Sequence[str] = HEADERS
    oversigned: Sequence[str] = OVERSIGNED
    header_form: str = "relaxed"
    body_form: str = "relaxed"
    identity: str = ""
    expire_seconds: int | None = None
    body_length: bool = False
    reports: bool = False
    third_party: str = ""
    third_party_hash: str = "sha256"

    def __post_init__(self) -> None:
        for name in (self.domain, self.selector, self.third_party or self.domain):
            if ascii_domain(name) != name or not SELECTOR.fullmatch(name):
                raise SignerInvalid(f"neither a domain nor a selector, in lower case and ASCII: {name!r}")
        if not FIELD_NAMES.fullmatch(":".join(("From", *self.headers, *self.oversigned))):
            raise SignerInvalid("names of header fields are printable ASCII without colons, semicolons and spaces")
        if self.header_form not in _FORMS or self.body_form not in _FORMS:
            raise SignerInvalid("a canonical form is simple or relaxed")
        if self.identity and not self._is_identity():
            raise SignerInvalid(f"the identity {self.identity!r} is not within {self.domain}")
        if self.expire_seconds is not None and self.expire_seconds <= 0:
            raise SignerInvalid("a signature is valid for some seconds at least")
        if self.third_party_hash not in ("sha256", "sha1", "none"):
            raise SignerInvalid("third parties are looked up by sha256, sha1 or none")

    def _is_identity(self) -> bool:
        local, at, domain = self.identity.rpartition("@")
        is_plain = local.isascii() and local.isprintable() and not set(local) & set(" ;=<>")
        return bool(at) and is_plain and is_within(domain, self.domain)

    @property
    def algorithm(self) -> Algorithm:
        return algorithm_of(self.key)


def sign(content: Content, signer: Signer, now_seconds: float) -> bytes:
    """A DKIM-Signature field with its line end, to be put before all others."""
    now = int(now_seconds)
    said: Tags = [("v", "1"), *_who(signer, now)]
    if signer.identity:
        said.append(("i", signer.identity))
    if signer.reports:
        said.append(("r", "y"))
    if signer.third_party:
        said += [("atps", signer.third_party), ("atpsh", signer.third_party_hash)]
    return signed_field(content, "DKIM-Signature", said, signer)


def _who(signer: Signer, now: int) -> Tags:
    said = [
        ("a", signer.algorithm),
        ("c", f"{signer.header_form}/{signer.body_form}"),
        ("d", signer.domain),
        ("s", signer.selector),
        ("t", str(now)),
    ]
    return said if signer.expire_seconds is None else [*said, ("x", str(now + signer.expire_seconds))]


def signed_message(content: Content, signer: Signer, instance: int, now_seconds: float) -> bytes:
    """An ARC-Message-Signature field with its line end (RFC 8617 section 4.1.2); it covers DKIM-Signature too."""
    said: Tags = [("i", str(instance)), *_who(signer, int(now_seconds))]
    return signed_field(content, "ARC-Message-Signature", said, signer, extra=("DKIM-Signature",))


def signed_field(content: Content, name: str, said: Tags, signer: Signer, *, extra: Sequence[str] = ()) -> bytes:
    """A field that signs the message. ``extra``: names that are signed as well, where they are there."""
    body = content.body_digest(relaxed=signer.body_form == "relaxed")
    names = _names(content, (*signer.headers, *extra), signer.oversigned)
    if signer.body_length:
        said = [*said, ("l", str(body.octets))]
    said = [*said, ("h", ":".join(names)), ("bh", base64.b64encode(body.digest).decode())]
    field = tags.unsigned(name, said)
    is_relaxed = signer.header_form == "relaxed"
    covered = content.header(map(str.lower, names), relaxed=is_relaxed)
    return with_signature(field, covered, signer, relaxed=is_relaxed)


def with_signature(field: str, covered: bytes, signer: Signer, *, relaxed: bool = True) -> bytes:
    """Put the value behind the ``b=`` that ends a field. ``covered``: what is signed before the field itself."""
    itself = field.encode()
    value = base64.b64encode(_signature(signer.key, covered + (relaxed_field(itself) if relaxed else itself))).decode()
    return f"{field}{tags.folded_base64(value)}\r\n".encode()


def _signature(key: PrivateKey, data: bytes) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.sign(data, _PADDING, _SHA256)
    return key.sign(hashlib.sha256(data).digest())  # RFC 8463 section 3


def _names(content: Content, headers: Sequence[str], oversigned: Sequence[str]) -> list[str]:
    """What h= says: a name for each field that is there, and once more for those that must not be added."""
    guarded = {"from", *map(str.lower, oversigned)}
    names: list[str] = []
    for name in {name.lower(): name for name in ("From", *oversigned, *headers)}.values():
        names += [name] * (len(content.numbers(name.lower())) + (name.lower() in guarded))
    return names
