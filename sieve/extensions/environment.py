"""environment (RFC 5183): what is known of the place where the script runs."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("environment", "RFC 5183")

EMPTY: set[str] = set()
"""Items of other extensions that are known everywhere, and empty where the host has nothing to say of them."""


@extension.values(Param("item name"))
def environment(run: Run, name: str) -> Sequence[str]:
    """An item; one that nobody knows has no value, one that is known may be empty. A list has several."""
    value = run.host.environment(name.lower())
    if value is None:
        return ("",) if name.lower() in EMPTY else ()
    return (value,) if isinstance(value, str) else value
