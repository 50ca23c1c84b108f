"""The watchdog sees a hub that does not come round."""

from __future__ import annotations

import time

from stalwart_g.green import tasks
from stalwart_g.green.watchdog import Watchdog
from stalwart_g.observe import metrics


def hold_the_hub(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(100))


def test_a_stall_is_reported_once_with_its_culprit() -> None:
    stalls: list[tuple[float, str]] = []
    watchdog = Watchdog(0.1, lambda seconds, stack: stalls.append((seconds, stack)))
    watchdog.start()
    tasks.sleep(0.05)
    hold_the_hub(0.5)
    tasks.sleep(0.05)
    watchdog.stop()
    culprits = [stack for _, stack in stalls if "hold_the_hub" in stack]
    assert len(culprits) == 1
    assert b"stalwart_g_hub_stall_seconds_count" in metrics.render()


def test_a_hub_that_only_waits_is_no_stall() -> None:
    stalls: list[str] = []
    watchdog = Watchdog(0.2, lambda seconds, stack: stalls.append(stack))
    watchdog.start()
    tasks.sleep(0.6)
    watchdog.stop()
    assert stalls == []
