"""copy (RFC 3894): ``:copy`` leaves the implicit keep alone."""

from sieve.spec import Extension

extension = Extension("copy", "RFC 3894")
extension.tag("copy", "fileinto", "redirect")
