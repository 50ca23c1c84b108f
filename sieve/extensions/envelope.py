"""envelope (RFC 5228 section 5.4): what SMTP said of sender and recipient."""

from __future__ import annotations

from collections.abc import Sequence

from sieve import addresses
from sieve.runtime import Run
from sieve.spec import Extension, Matching, Param, suggestion

extension = Extension("envelope", "RFC 5228 section 5.4")

PARTS = frozenset({"from", "to", "auth", "orig_to"})


def _part(name: str) -> str:
    if name.lower() in PARTS:
        return ""
    hint = suggestion(name.lower(), PARTS)
    return f"envelope part '{name}' is not supported by the envelope test" + (f": {hint}" if hint else "")


def _count(values: Sequence[str]) -> int:
    """The null reverse-path is no address."""
    return sum(map(bool, values))


@extension.values(Param("envelope-part", "texts", check=_part), traits=["addresses"], matching=Matching(count=_count))
def envelope(run: Run, parts: Sequence[str], *, part: str = "all") -> list[str]:
    """Addresses of the envelope, without source route; the null path is empty in every part of it."""
    part_of, separator = addresses.PARTS[part], run.host.subaddress_separator
    paths = [addresses.without_route(path) for name in parts for path in run.host.envelope(name.lower())]
    found = [part_of(path, separator) if path else "" for path in paths]
    return [value for value in found if value is not None]
