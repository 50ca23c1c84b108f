"""``remember :table T :ttl S [:age "variable"] [:peek] key``: is it known? If not, it is from now on."""

from __future__ import annotations

from sieve.runtime import Run
from sieve.spec import Param
from stalwart_g.policy.language.extension import extension, host_of
from stalwart_g.policy.language.limit import positive

extension.tag("ttl", "remember", param=Param("seconds", "number", check=positive))
extension.tag("age", "remember", param=Param("variable name", "variable"))


@extension.test(Param("key"), requires=["table", "ttl"])
def remember(run: Run, key: str, *, table: str, ttl: int, age: str | None = None, peek: bool = False) -> bool:
    """True when the key was known; ``:age`` gets the seconds since it became so. Of two at once, one is the first."""
    known = host_of(run).remember(table, key, ttl, peek=peek)
    if age is not None:
        run.set(age, "" if known is None else str(int(known)))
    return known is not None
