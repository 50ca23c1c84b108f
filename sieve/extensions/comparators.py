"""Comparators as capabilities (RFC 5228 section 2.7.3, RFC 4790). Two need no ``require``, but it is allowed."""

from __future__ import annotations

from sieve.matching import NUMERIC
from sieve.spec import Extension

octet = Extension("comparator-i;octet", "RFC 4790 section 9.3")
casemap = Extension("comparator-i;ascii-casemap", "RFC 4790 section 9.2")
numeric = Extension("comparator-i;ascii-numeric", "RFC 4790 section 9.1")
numeric.comparator(NUMERIC)

extensions = (octet, casemap, numeric)
