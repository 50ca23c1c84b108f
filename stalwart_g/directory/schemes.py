"""Stored secrets of every scheme that mail servers and LDAP directories have used; each is verified, none is made here.

A stored secret is a modular crypt or PHC string (``$argon2id$…``), has an LDAP or Dovecot name in braces (``{SSHA}…``,
RFC 2307 section 5.3), is a BSDi hash (``_…``), or is plain text. Comparisons take constant time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from hmac import compare_digest

import argon2.low_level
import bcrypt
from argon2.exceptions import VerificationError, VerifyMismatchError

from stalwart_g.directory import libcrypt

_MAX_ROUNDS = 10_000_000
_MIN_DIGEST_OCTETS = 16
_MAX_BCRYPT_COST = 20
_SCRYPT_MEMORY = 1 << 28
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_BSDI = re.compile(r"_[./0-9A-Za-z]{19}")
_DES = re.compile(r"[./0-9A-Za-z]{13}")
_CRYPT = re.compile(r"\$(1|3|5|6|7|y|gy|sha1|md5|2x)[$,]")
_NAMED = re.compile(r"\{([A-Za-z0-9._-]+)\}(.*)", re.DOTALL)
_DOLLAR = re.compile(r"\$([a-zA-Z0-9-]+)[$,]")
_SCRYPT = re.compile(r"\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)")
_PBKDF2 = re.compile(r"\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d+)(?:,l=\d+)?\$([^$]*)\$([^$]+)")
_PBKDF2_LDAP = re.compile(r"(\d+)\$([^$]*)\$([^$]+)")
_PBKDF2_DOVECOT = re.compile(r"\$1\$([^$]*)\$(\d+)\$([0-9a-fA-F]+)")
_DIGESTS = ("md5", "sha", "sha1", "sha224", "sha256", "sha384", "sha512")

Verify = Callable[[bytes, str], bool]


class Malformed(ValueError):
    """The stored secret is of no known scheme, or broken. The text does not repeat it."""


def verify(password: bytes, stored: str) -> bool:
    """Does the password match the stored secret?

    Raises:
        ValueError: malformed (mostly as Malformed).
        libcrypt.LibraryMissing: the scheme needs crypt(3) and the system has none.
    """
    if not stored:
        return False
    if named := _NAMED.fullmatch(stored):
        return _verify_named(password, *named.groups())
    if dollar := _DOLLAR.match(stored):
        return _verify_dollar(password, stored, dollar[1])
    if _BSDI.fullmatch(stored):
        return _verify_crypt(password, stored)
    return compare_digest(password, stored.encode())


def is_plain(stored: str) -> bool:
    """Can whoever reads it log in with it?"""
    named = _NAMED.fullmatch(stored)
    if named:
        return named[1].lower().partition(".")[0] in _PLAIN_NAMES
    return bool(stored) and not _DOLLAR.match(stored) and not _BSDI.fullmatch(stored)


def _verify_dollar(password: bytes, stored: str, scheme: str) -> bool:
    for prefix, check in _BY_DOLLAR.items():
        if scheme.startswith(prefix):
            return check(password, stored)
    if _CRYPT.match(stored):
        return _verify_crypt(password, stored)
    raise Malformed("unknown scheme between $")


def _verify_named(password: bytes, name: str, content: str) -> bool:
    scheme, _, encoding = name.lower().partition(".")
    if not content:
        raise Malformed("nothing after the braces")
    if check := _BY_NAME.get(scheme):
        return check(password, content)
    digest = scheme.removeprefix("s") if scheme not in _DIGESTS else scheme
    if digest not in _DIGESTS:
        raise Malformed("unknown scheme in braces")
    return _verify_digest(password, content, digest, encoding, salted=digest != scheme)


def _verify_digest(password: bytes, content: str, name: str, encoding: str, *, salted: bool) -> bool:
    """``{SHA}`` and family: the digest of password and salt, then the salt, in base64 (or hexadecimal)."""
    if name == "md5" and content.startswith("$1$"):  # Dovecot's old name for MD5-crypt
        return _verify_crypt(password, content)
    if encoding not in ("", "b64", "base64", "hex"):
        raise Malformed("unknown encoding")
    octets = binascii.unhexlify(content) if encoding == "hex" else _unbase64(content)
    algorithm = hashlib.new("sha1" if name == "sha" else name, password, usedforsecurity=False)
    digest, salt = octets[: algorithm.digest_size], octets[algorithm.digest_size :]
    if len(digest) < algorithm.digest_size or bool(salt) != salted:
        raise Malformed("wrong length")
    algorithm.update(salt)
    return compare_digest(algorithm.digest(), digest)


def _verify_plain(password: bytes, content: str) -> bool:
    return compare_digest(password, content.encode())


def _verify_plain_md5(password: bytes, content: str) -> bool:
    return _verify_digest(password, content, "md5", "hex", salted=False)


def _verify_crypt(password: bytes, stored: str) -> bool:
    """Everything that crypt(3) knows; without a ``$`` or ``_`` it must be a DES hash."""
    if _BCRYPT.fullmatch(stored):
        return _verify_bcrypt(password, stored)
    if not (_CRYPT.match(stored) or _BSDI.fullmatch(stored) or _DES.fullmatch(stored)):
        raise Malformed("no crypt(3) hash")
    octets = stored.encode("ascii")
    return compare_digest(libcrypt.crypt(password, octets), octets)


def _verify_bcrypt(password: bytes, stored: str) -> bool:
    found = _BCRYPT.fullmatch(stored)
    if not found or not 4 <= int(found[1]) <= _MAX_BCRYPT_COST:
        raise Malformed("broken bcrypt hash")
    return bcrypt.checkpw(password[:72], stored.encode("ascii"))  # bcrypt never looked further


def _verify_argon2(password: bytes, stored: str) -> bool:
    kind = {"$argon2i": argon2.Type.I, "$argon2d": argon2.Type.D, "$argon2id": argon2.Type.ID}
    name = stored[: stored.find("$", 1)]
    if name not in kind:
        raise Malformed("unknown variant of argon2")
    try:
        return argon2.low_level.verify_secret(stored.encode("ascii"), password, kind[name])
    except VerifyMismatchError:
        return False
    except VerificationError as error:
        raise Malformed(str(error)) from error


def _verify_scrypt(password: bytes, stored: str) -> bool:
    found = _SCRYPT.fullmatch(stored)
    if not found:
        raise Malformed("broken scrypt hash")
    log_n, r, p = (int(number) for number in found.groups()[:3])
    if not (1 <= log_n <= 24 and 128 * r * (1 << log_n) < _SCRYPT_MEMORY and 1 <= p <= 64):
        raise Malformed("scrypt cost out of bounds")
    salt, digest = _unbase64(found[4]), _long_enough(_unbase64(found[5]))
    made = hashlib.scrypt(password, salt=salt, n=1 << log_n, r=r, p=p, maxmem=_SCRYPT_MEMORY, dklen=len(digest))
    return compare_digest(made, digest)


def _verify_pbkdf2(password: bytes, stored: str) -> bool:
    found = _PBKDF2.fullmatch(stored)
    if not found:
        raise Malformed("broken pbkdf2 hash")
    return _pbkdf2(password, found[1] or "sha1", _unbase64(found[3]), int(found[2]), _unbase64(found[4]))


def _verify_named_pbkdf2(digest: str) -> Verify:
    """``{PBKDF2…}``: a PHC string, OpenLDAP's ``rounds$salt$digest``, or Dovecot's ``$1$salt$rounds$hex``."""

    def check(password: bytes, content: str) -> bool:
        if content.startswith("$pbkdf2"):
            return _verify_pbkdf2(password, content)
        if found := _PBKDF2_DOVECOT.fullmatch(content):
            return _pbkdf2(password, digest, found[1].encode(), int(found[2]), binascii.unhexlify(found[3]))
        if found := _PBKDF2_LDAP.fullmatch(content):
            return _pbkdf2(password, digest, _unbase64(found[2]), int(found[1]), _unbase64(found[3]))
        raise Malformed("broken pbkdf2 hash")

    return check


def _pbkdf2(password: bytes, digest: str, salt: bytes, rounds: int, expected: bytes) -> bool:
    if not 1 <= rounds <= _MAX_ROUNDS:
        raise Malformed("pbkdf2 rounds out of bounds")
    made = hashlib.pbkdf2_hmac(digest, password, salt, rounds, len(_long_enough(expected)))
    return compare_digest(made, expected)


def _long_enough(digest: bytes) -> bytes:
    if len(digest) < _MIN_DIGEST_OCTETS:
        raise Malformed("wrong length")
    return digest


def _unbase64(text: str) -> bytes:
    """Base64 with or without padding; ``.`` is the ``+`` of passlib."""
    text = text.replace(".", "+").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _verify_inner(password: bytes, content: str) -> bool:
    """A brace name that only announces a ``$`` string."""
    dollar = _DOLLAR.match(content)
    if not dollar:
        raise Malformed("no hash after the name")
    return _verify_dollar(password, content, dollar[1])


_BY_DOLLAR: dict[str, Verify] = {
    "argon2": _verify_argon2,
    "pbkdf2": _verify_pbkdf2,
    "scrypt": _verify_scrypt,
    "2a": _verify_bcrypt,
    "2b": _verify_bcrypt,
    "2y": _verify_bcrypt,
}
_PLAIN_NAMES = ("plain", "clear", "cleartext")
_BY_NAME: dict[str, Verify] = {
    **dict.fromkeys(_PLAIN_NAMES, _verify_plain),
    **dict.fromkeys(("argon2", "argon2i", "argon2d", "argon2id", "scrypt", "bcrypt"), _verify_inner),
    **dict.fromkeys(("crypt", "des-crypt", "md5-crypt", "sha256-crypt", "sha512-crypt", "blf-crypt"), _verify_crypt),
    **dict.fromkeys(("pbkdf2", "pbkdf2-sha1"), _verify_named_pbkdf2("sha1")),
    "pbkdf2-sha256": _verify_named_pbkdf2("sha256"),
    "pbkdf2-sha512": _verify_named_pbkdf2("sha512"),
    "ldap-md5": lambda password, content: _verify_digest(password, content, "md5", "", salted=False),
    "plain-md5": _verify_plain_md5,
}
