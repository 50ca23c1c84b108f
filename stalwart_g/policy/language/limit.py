"""``limit :key K :count N :period S [:cost C] [:peek]``: is this still within so many in so much time?"""

from __future__ import annotations

from sieve.runtime import Run
from sieve.spec import Param
from stalwart_g.policy.language.extension import extension, host_of


def positive(number: int) -> str:
    return "" if number > 0 else "must be more than 0"


extension.tag("key", "limit", "slot", param=Param("key"))
extension.tag("count", "limit", param=Param("count", "number"))
extension.tag("period", "limit", param=Param("seconds", "number", check=positive))
extension.tag("cost", "limit", param=Param("cost", "number"))
extension.tag("persist", "limit")
extension.tag("peek", "limit", "remember")


@extension.test(requires=["key", "count", "period"])
def limit(
    run: Run, *, key: str, count: int, period: int, cost: int = 1, peek: bool = False, persist: bool = False
) -> bool:
    """True when it is, and counted; a refused one does not count. All workers count together.

    With ``:peek`` nothing is counted. Counters outlive a worker in any case; ``:persist`` asks for no more than that.
    """
    return host_of(run).limit(key, count, period, cost, peek=peek)
