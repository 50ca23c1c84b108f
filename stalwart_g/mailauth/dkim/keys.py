"""Private keys: made, loaded, and their public half as a DNS record (RFC 6376 section 3.6.1, RFC 8463, RFC 8301)."""

from __future__ import annotations

import base64
import binascii
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

PrivateKey = RSAPrivateKey | Ed25519PrivateKey
Algorithm = Literal["rsa-sha256", "ed25519-sha256"]

ALGORITHMS: tuple[Algorithm, ...] = ("rsa-sha256", "ed25519-sha256")
_LEAST_BITS, WISE_BITS, _MOST_BITS = 1024, 2048, 4096  # more than 4096 verifiers need not take
_STRING_CHARACTERS = 255
_SEED_OCTETS = 32


class KeyInvalid(ValueError):
    """No private key that signatures can be made with."""


def generate(algorithm: Algorithm, *, bits: int = WISE_BITS) -> PrivateKey:
    """Make a new key.

    Raises:
        KeyInvalid: an RSA key of that size is too weak, or too large for many.
    """
    if algorithm == "ed25519-sha256":
        return Ed25519PrivateKey.generate()
    if not WISE_BITS <= bits <= _MOST_BITS:
        raise KeyInvalid(f"an RSA key has {WISE_BITS} to {_MOST_BITS} bits, not {bits}")
    return generate_private_key(65537, bits)


def load(text: str) -> PrivateKey:
    """A key from PEM (PKCS#1 or PKCS#8), or the base64 of an Ed25519 key's 32 octets.

    Raises:
        KeyInvalid: it is none, it is encrypted, or it is too weak.
    """
    try:
        if "-----BEGIN" not in text:
            return _from_seed(text)
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyInvalid(f"the private key cannot be read: {error}") from error
    if not isinstance(key, PrivateKey):
        raise KeyInvalid("the private key is neither RSA nor Ed25519")
    if isinstance(key, RSAPrivateKey) and key.key_size < _LEAST_BITS:
        raise KeyInvalid(f"an RSA key of {key.key_size} bits is too weak: nobody may accept its signatures")
    return key


def _from_seed(text: str) -> PrivateKey:
    seed = binascii.a2b_base64("".join(text.split()).encode(), strict_mode=True)
    if len(seed) != _SEED_OCTETS:
        raise ValueError("neither PEM nor 32 octets in base64")
    return Ed25519PrivateKey.from_private_bytes(seed)


def pem(key: PrivateKey) -> str:
    """PKCS#8, which every tool reads."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def algorithm_of(key: PrivateKey) -> Algorithm:
    return "rsa-sha256" if isinstance(key, RSAPrivateKey) else "ed25519-sha256"


def is_short(key: PrivateKey) -> bool:
    """Is it below the size that signers should use? (RFC 8301 section 3.2)"""
    return isinstance(key, RSAPrivateKey) and key.key_size < WISE_BITS


def record_name(selector: str, domain: str) -> str:
    """Where the public half belongs."""
    return f"{selector}._domainkey.{domain}"


def record_text(key: PrivateKey, *, testing: bool = False) -> str:
    """The TXT record with the public half."""
    if isinstance(key, RSAPrivateKey):
        kind, octets = "rsa", key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, octets = "ed25519", key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    flags = " t=y;" if testing else ""
    return f"v=DKIM1; k={kind};{flags} p={base64.b64encode(octets).decode()}"


def record_strings(text: str) -> list[str]:
    """A TXT record is made of strings that have 255 octets at most (RFC 1035 section 3.3)."""
    return [text[start : start + _STRING_CHARACTERS] for start in range(0, len(text), _STRING_CHARACTERS)]


def zone_line(selector: str, domain: str, key: PrivateKey, *, testing: bool = False) -> str:
    """The record as a zone file has it."""
    strings = " ".join(f'"{each}"' for each in record_strings(record_text(key, testing=testing)))
    return f"{record_name(selector, domain)}. IN TXT ( {strings} )"
