"""What the queue is told by the configuration (SPEC-SMTP sections 5.1 to 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stalwart_g.delivery.settings import ReportSettings

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
MAXIMUM_LIFE_SECONDS = 30 * _DAY
"""Nothing stays longer, whatever a script says."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """``queue.schedule.*`` in seconds: waits after attempt 1, 2, … (the last repeats), ages of notices, expiry."""

    retry: tuple[float, ...] = tuple(minutes * _MINUTE for minutes in (2, 5, 10, 15, 30, 60, 120))
    notify: tuple[float, ...] = (_DAY, 3 * _DAY)
    expire: float = 5 * _DAY
    jitter: float = 0.1  # ± this fraction of each wait


@dataclass(frozen=True, slots=True)
class Lane:
    """``queue.<name>.*``: deliveries at a time, and how many of them to one destination."""

    workers: int = 25
    per_destination: int = 5


def _lanes() -> dict[str, Lane]:
    return {"local": Lane(20, 20), "remote": Lane(50, 5), "bulk": Lane(10, 2), "report": Lane(5, 2)}


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """``queue.*``. ``report`` shapes delivery reports; ``double_bounce`` is ``drop``, ``hold`` or ``postmaster``."""

    report: ReportSettings
    schedule: Schedule = Schedule()
    lanes: Mapping[str, Lane] = field(default_factory=_lanes)
    inline_octets: int = 65_536
    min_free_octets: int = 100 * 1024 * 1024
    lease_seconds: float = 3600.0
    active_max: int = 1000  # messages that are leased at a time
    request_poll_seconds: float = 1.0
    double_bounce: str = "drop"
