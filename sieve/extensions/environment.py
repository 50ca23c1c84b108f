"""environment (RFC 5183): what is known of the place where the script runs."""

from __future__ import annotations

from collections.abc import Sequence

from sieve.runtime import Run
from sieve.spec import Extension, Param

extension = Extension("environment", "RFC 5183")


@extension.values(Param("item name"))
def environment(run: Run, name: str) -> Sequence[str]:
    """An item; one that nobody knows has no value, one that is known may be empty. A list has several."""
    value = run.host.environment(name.lower())
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
