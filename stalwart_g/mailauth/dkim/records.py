"""Public keys as the DNS has them (RFC 6376 section 3.6.1, RFC 8463 section 4), and what they say of a signature."""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from stalwart_g.mailauth import tags
from stalwart_g.mailauth.dkim.outcome import Unusable
from stalwart_g.mailauth.dns import Answer, Question

_LEAST_BITS, _MOST_BITS = 1024, 8192  # RFC 8301 section 3.2; above that they cost much and prove nothing
_EXPONENT_BITS = 32
_RECORD_CHARACTERS = 8192
_MAX_RECORDS = 8
_PADDING, _SHA256 = PKCS1v15(), SHA256()
_HASH = "sha256"


class Signed(Protocol):
    """Something that was signed."""

    @property
    def algorithm(self) -> str: ...
    @property
    def value(self) -> bytes: ...
    @property
    def domain(self) -> str: ...
    @property
    def selector(self) -> str: ...


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key, and what it may be used for.

    Args:
        kind: ``rsa`` or ``ed25519``.
        key: None: it was revoked.
        hashes: h=; empty: any.
        testing: t=y.
        exact: t=s: the domain of i= must be that of d=.
    """

    kind: str
    key: RSAPublicKey | Ed25519PublicKey | None
    hashes: tuple[str, ...] = ()
    testing: bool = False
    exact: bool = False

    @property
    def bits(self) -> int:
        return self.key.key_size if isinstance(self.key, RSAPublicKey) else 0


def question(signed: Signed) -> Question:
    """Where the key to a signature is (section 3.6.2.1)."""
    return f"{signed.selector}._domainkey.{signed.domain}", "TXT"


def record_of(answer: Answer) -> KeyRecord:
    """The key in an answer. Of several records it is the first that is one.

    Raises:
        Unusable: there is none, or nobody answers.
    """
    if answer.temporary:
        raise Unusable("no answer about the key", "temperror")
    if not answer.records:
        raise Unusable("no key for the signature", "permerror")
    return _first(answer.records[:_MAX_RECORDS])


def _first(records: Sequence[str]) -> KeyRecord:
    fault: Unusable | None = None
    for text in records:
        try:
            return parse(text)
        except Unusable as error:
            fault = fault or error
    raise fault or Unusable("no key for the signature", "permerror")


@lru_cache(maxsize=1024)
def parse(text: str) -> KeyRecord:
    """Read a record. The same ones come again and again, and loading a key costs as much as using it.

    Raises:
        Unusable: it is no key, or none for mail.
    """
    try:
        found = tags.parse(text) if len(text) <= _RECORD_CHARACTERS else {}
    except tags.TagsInvalid as error:
        raise Unusable("key record is no tag list", "permerror") from error
    if found.get("v", "DKIM1") != "DKIM1" or ("v" in found and next(iter(found)) != "v"):
        raise Unusable("key record has an unknown version", "permerror")
    if "p" not in found:
        raise Unusable("key record without key", "permerror")
    if not {"*", "email"} & set(tags.listed(found.get("s", "*").lower())):
        raise Unusable("key is not for mail", "permerror")
    kind = found.get("k", "rsa").lower()
    flags = tags.listed(found.get("t", "").lower())
    hashes = tuple(tags.listed(found["h"].lower())) if "h" in found else ()
    return KeyRecord(kind, _key(kind, tags.without_space(found["p"])), hashes, "y" in flags, "s" in flags)


def _key(kind: str, text: str) -> RSAPublicKey | Ed25519PublicKey | None:
    if kind not in ("rsa", "ed25519"):
        raise Unusable("unknown kind of key", "permerror")
    if not text:
        return None
    try:
        octets = binascii.a2b_base64(text.encode(), strict_mode=True)
        key = Ed25519PublicKey.from_public_bytes(octets) if kind == "ed25519" else load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Unusable("key cannot be read", "permerror") from error
    if not isinstance(key, RSAPublicKey | Ed25519PublicKey) or isinstance(key, RSAPublicKey) != (kind == "rsa"):
        raise Unusable("key is of another kind than it says", "permerror")
    if isinstance(key, RSAPublicKey) and key.public_numbers().e.bit_length() > _EXPONENT_BITS:
        raise Unusable("key has a huge exponent", "permerror")  # which would make checks slow
    return key


def check(signed: Signed, data: bytes, record: KeyRecord) -> None:
    """Does a signature fit the data?

    Raises:
        Unusable: no, or the key is not for it, or it is too weak (RFC 8301).
    """
    if record.key is None:
        raise Unusable("key was revoked", "permerror")
    if record.kind != signed.algorithm.partition("-")[0]:
        raise Unusable("key is of another kind than the signature", "permerror")
    if record.hashes and _HASH not in record.hashes:
        raise Unusable("key is not for this hash", "permerror")
    _check_value(record.key, signed.value, data)


def _check_value(key: RSAPublicKey | Ed25519PublicKey, value: bytes, data: bytes) -> None:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(value, hashlib.sha256(data).digest())  # RFC 8463 section 3
            return
        if not _LEAST_BITS <= key.key_size <= _MOST_BITS:
            raise Unusable(f"key of {key.key_size} bits", "policy")
        key.verify(value, data, _PADDING, _SHA256)
    except InvalidSignature as error:
        raise Unusable("signature does not fit", "fail") from error
