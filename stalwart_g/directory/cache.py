"""Answers of a slow directory, remembered for a while: who gets an address, which domains are local.

Passwords, principals and members are never remembered: what changes there is true at once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar, cast

from stalwart_g.directory.interface import Directory, Principal, Resolution
from stalwart_g.directory.settings import CacheSettings
from stalwart_g.model.address import Address

T = TypeVar("T")


class TimedCache(Generic[T]):
    """The values that were used last, each true for its own time.

    Args:
        seconds: how long a value is true.
        clock: monotonic seconds.
    """

    def __init__(self, entries: int, seconds: Callable[[T], float], clock: Callable[[], float]) -> None:
        self._entries, self._seconds, self._clock = entries, seconds, clock
        self._kept: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """The value that is kept, or else a fresh one. An error of ``ask`` is passed on and not kept."""
        now = self._clock()
        kept = self._kept.get(key)
        if kept and kept[0] > now:
            self._kept.move_to_end(key)
            return kept[1]
        value = ask()
        self._kept[key] = (self._clock() + self._seconds(value), value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._entries:
            self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


class CurrentAnswers:
    """Answers that are true as long as the data have the same version: a change counts at once.

    Args:
        version: of the data, found out in microseconds; None where nobody can tell: then everything is asked anew.
    """

    def __init__(self, version: Callable[[], object | None], entries: int = 10_000) -> None:
        self._version, self._entries = version, entries
        self._seen: object | None = None
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """The answer that is kept, or else a fresh one. An error of ``ask`` is passed on and not kept."""
        version = self._version()
        if version is None:
            return ask()
        if version != self._seen:
            self._kept.clear()
            self._seen = version
        if key in self._kept:
            self._kept.move_to_end(key)
            return cast("T", self._kept[key])
        value = ask()
        if self._seen == version:  # nobody has seen a newer one meanwhile
            self._kept[key] = value
            if len(self._kept) > self._entries:
                self._kept.popitem(last=False)
        return value


class CachedDirectory:
    """A `Directory` in front of another."""

    def __init__(self, behind: Directory, settings: CacheSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._behind = behind

        def seconds(value: object) -> float:
            return settings.ttl_positive_seconds if value else settings.ttl_negative_seconds

        self._domains: TimedCache[bool] = TimedCache(settings.entries, seconds, clock)
        self._resolutions: TimedCache[Resolution | None] = TimedCache(settings.entries, seconds, clock)

    def authenticate(self, login: str, password: str) -> Principal | None:
        return self._behind.authenticate(login, password)

    def principal(self, name: str) -> Principal | None:
        return self._behind.principal(name)

    def is_local_domain(self, domain: str) -> bool:
        return self._domains.get(domain.lower(), lambda: self._behind.is_local_domain(domain))

    def resolve(self, address: Address) -> Resolution | None:
        return self._resolutions.get(address, lambda: self._behind.resolve(address))

    def emails_of(self, name: str) -> tuple[str, ...]:
        return self._behind.emails_of(name)

    def verify(self, text: str) -> tuple[str, ...]:
        return self._behind.verify(text)

    def expand(self, address: str) -> tuple[str, ...]:
        return self._behind.expand(address)

    def clear(self) -> None:
        """Forget everything: the configuration or the accounts were changed."""
        self._domains.clear()
        self._resolutions.clear()

    def close(self) -> None:
        self._behind.close()
