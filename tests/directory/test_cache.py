from __future__ import annotations

import pytest

from stalwart_g.directory import DirectoryUnavailable, open_directory
from stalwart_g.directory.cache import CachedDirectory, CurrentAnswers, TimedCache
from stalwart_g.directory.settings import CacheSettings, MemoryAccount, MemorySettings
from stalwart_g.model.address import Address

SETTINGS = CacheSettings(entries=10, ttl_positive_seconds=60, ttl_negative_seconds=5)
JANE = Address("jane", "example.org")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def directory_of(checker, *emails: str):
    return open_directory(MemorySettings("default", (MemoryAccount("jane", emails=emails),)), checker)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cached(checker, clock: Clock) -> CachedDirectory:
    return CachedDirectory(directory_of(checker, "jane@example.org"), SETTINGS, clock)


def changed(cached: CachedDirectory, checker) -> None:
    """The accounts change behind the cache."""
    cached._behind = directory_of(checker, "other@other.org")


@pytest.mark.parametrize(("seconds", "found"), [(0, True), (59, True), (61, False)])
def test_what_was_found_is_true_for_the_positive_time(cached, clock, checker, seconds: float, found: bool) -> None:
    assert cached.resolve(JANE)
    assert cached.is_local_domain("example.org")
    changed(cached, checker)
    clock.now += seconds
    assert bool(cached.resolve(JANE)) is found
    assert cached.is_local_domain("Example.org") is found


@pytest.mark.parametrize(("seconds", "found"), [(4, False), (6, True)])
def test_what_was_not_found_is_true_for_the_negative_time(cached, clock, checker, seconds: float, found: bool) -> None:
    address = Address("other", "other.org")
    assert cached.resolve(address) is None
    changed(cached, checker)
    clock.now += seconds
    assert bool(cached.resolve(address)) is found


def test_accounts_are_never_remembered(cached, checker) -> None:
    assert cached.emails_of("jane") == ("jane@example.org",)
    changed(cached, checker)
    assert cached.emails_of("jane") == ("other@other.org",)
    assert cached.principal("jane").emails == ("other@other.org",)


def test_clear_forgets(cached, checker) -> None:
    assert cached.resolve(JANE)
    changed(cached, checker)
    cached.clear()
    assert cached.resolve(JANE) is None


def test_the_least_recently_used_goes_first(clock: Clock) -> None:
    cache: TimedCache[int] = TimedCache(2, lambda _: 60, clock)
    for key in "aba":
        cache.get(key, lambda: 1)
    cache.get("c", lambda: 1)
    assert [cache.get(key, lambda: 2) for key in "ab"] == [1, 2]


def test_errors_are_not_remembered(clock: Clock) -> None:
    cache: TimedCache[int] = TimedCache(2, lambda _: 60, clock)

    def fails() -> int:
        raise DirectoryUnavailable("down")

    with pytest.raises(DirectoryUnavailable):
        cache.get("a", fails)
    assert cache.get("a", lambda: 3) == 3


def test_the_cache_is_there_when_it_has_entries(checker) -> None:
    assert isinstance(open_directory(MemorySettings("default", cache=SETTINGS), checker), CachedDirectory)


def test_answers_are_kept_as_long_as_the_version_is_the_same() -> None:
    version, asked = [1], list[str]()
    answers = CurrentAnswers(lambda: version[0])

    def ask() -> int:
        asked.append("")
        return version[0]

    assert [answers.get("k", ask), answers.get("k", ask)] == [1, 1]
    version[0] = 2
    assert answers.get("k", ask) == 2
    assert len(asked) == 2


def test_without_a_version_nothing_is_kept() -> None:
    asked: list[str] = []
    answers = CurrentAnswers(lambda: None)
    for _ in range(2):
        answers.get("k", lambda: asked.append(""))
    assert len(asked) == 2


def test_an_answer_to_an_older_version_is_not_kept_for_the_new_one() -> None:
    version = [1]
    answers = CurrentAnswers(lambda: version[0])

    def slow() -> str:
        version[0] = 2
        assert answers.get("other", lambda: "seen the new version") == "seen the new version"
        return "old"

    assert answers.get("k", slow) == "old"
    assert answers.get("k", lambda: "new") == "new"


def test_the_answer_that_was_not_asked_for_longest_goes_first() -> None:
    answers = CurrentAnswers(lambda: 1, entries=2)
    for key in ("a", "b", "a", "c"):
        answers.get(key, lambda: "first")
    assert [answers.get(key, lambda: "again") for key in ("c", "a", "b")] == ["first", "first", "again"]
