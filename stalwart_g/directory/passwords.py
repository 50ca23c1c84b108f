"""Passwords: checked against any stored secret, and made as argon2id; always in native threads of their own.

A hash costs 50 to 300 ms of processor time. On the hub it would stop every connection, and in a shared thread pool a
flood of logins would stop the storage; so the checker has a pool of its own.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

import argon2

from stalwart_g.directory import libcrypt, schemes
from stalwart_g.green.threads import ThreadPool

log = logging.getLogger(__name__)

MAX_OCTETS = 1024
"""Longer passwords are refused unseen: their length would be the attacker's lever on our processor."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an argon2id hash costs to make and to check (RFC 9106 section 4)."""

    time: int = argon2.DEFAULT_TIME_COST
    memory_kib: int = argon2.DEFAULT_MEMORY_COST
    parallelism: int = argon2.DEFAULT_PARALLELISM


DEFAULT_COST = Cost()


def matches(password: str, stored: str) -> bool:
    """Does the password match this stored secret? What is malformed is logged and matches nothing."""
    octets = password.encode("utf-8", "surrogateescape")
    if not is_acceptable(password):
        return False
    try:
        return schemes.verify(octets, stored)
    except libcrypt.LibraryMissing as missing:
        log.error("a password hash cannot be checked: %s", missing)
    except ValueError as error:
        reason = error if isinstance(error, (schemes.Malformed, libcrypt.SchemeMissing)) else "cannot be decoded"
        log.warning("a stored password is malformed and matches nothing: %s", reason)
    return False


def is_acceptable(password: str) -> bool:
    """Not empty, not over 1024 octets, and without NUL: there crypt(3) would stop reading."""
    return bool(password) and "\0" not in password and len(password.encode("utf-8", "surrogateescape")) <= MAX_OCTETS


def hash_password(password: str, cost: Cost = DEFAULT_COST) -> str:
    """A fresh argon2id hash in PHC form.

    Raises:
        ValueError: the password is not acceptable.
    """
    if not is_acceptable(password):
        raise ValueError(f"a password has 1 to {MAX_OCTETS} octets and no NUL")
    hasher = argon2.PasswordHasher(cost.time, cost.memory_kib, cost.parallelism)
    return hasher.hash(password.encode("utf-8", "surrogateescape"))


class PasswordChecker:
    """Checks passwords in threads; an unknown user costs the same time as a wrong password.

    Args:
        threads: hashes that run at a time in this process; 0: one a processor.
        cost: of the hash that stands in for an unknown user until a real one has been seen.
    """

    def __init__(self, threads: int = 0, cost: Cost = DEFAULT_COST) -> None:
        self._pool = ThreadPool(threads or os.cpu_count() or 1, "passwords")
        self._stand_in: Sequence[str] = ()
        self._cost = cost

    def check(self, password: str, stored: Sequence[str]) -> bool:
        """Does it match one of them? Without any (unknown user) the same work is done for nothing."""
        return self._pool.run(self._check, password, stored)

    def close(self) -> None:
        """The threads end; later checks raise `green.threads.Closed`."""
        self._pool.close()

    def _check(self, password: str, stored: Sequence[str]) -> bool:
        known = [secret for secret in stored if secret]
        if known:
            # The hashes of one directory mostly have one scheme and cost: the last seen is the best stand-in.
            self._stand_in = known
            return sum(matches(password, secret) for secret in known) > 0  # all of them: the time tells nothing
        for secret in self._stand_in or self._first_stand_in():
            matches(password, secret)
        return False

    def _first_stand_in(self) -> Sequence[str]:
        self._stand_in = [hash_password("nobody's", self._cost)]
        return self._stand_in
