"""subaddress (RFC 5233): ``:user`` before the separator, ``:detail`` after it."""

from sieve.spec import Extension

extension = Extension("subaddress", "RFC 5233")
for part in ("user", "detail"):
    extension.tag(part, "addresses", keyword="part", value=part)
