"""Bans."""

from __future__ import annotations

from stalwart_g.green.state import MemoryState
from stalwart_g.services.smtp.bans import BELIEVED_SECONDS, Bans

IP = "192.0.2.1"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nobody_is_banned_at_first() -> None:
    assert not Bans().holds(MemoryState(), IP)


def test_a_ban_counts_at_once_in_its_worker() -> None:
    state, bans = MemoryState(), Bans()
    assert not bans.holds(state, IP)
    bans.add(state, IP, 60.0)
    assert bans.holds(state, IP)


def test_a_ban_of_another_worker_counts_a_second_later() -> None:
    state, clock = MemoryState(), Clock()
    bans = Bans(clock)
    assert not bans.holds(state, IP)
    Bans().add(state, IP, 60.0)
    assert not bans.holds(state, IP)
    clock.now += BELIEVED_SECONDS
    assert bans.holds(state, IP)


def test_a_ban_ends() -> None:
    clock = Clock()
    state, bans = MemoryState(clock), Bans(clock)
    bans.add(state, IP, 60.0)
    clock.now += 61.0
    assert not bans.holds(state, IP)


def test_what_is_believed_is_bounded() -> None:
    state, bans = MemoryState(), Bans()
    for number in range(5000):
        bans.holds(state, f"client{number}")
    assert len(bans._free) <= 4096
