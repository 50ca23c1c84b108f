"""What operators look at."""

from __future__ import annotations

from stalwart_g.config import settings as own
from stalwart_g.config.kinds import (
    BOOLEAN,
    PATH,
    choice,
    integer,
)
from stalwart_g.config.schema import Key, Section

COUNT, POSITIVE = integer(0), integer(1)

LOG = Section(
    "log",
    own.Log,
    "The log.",
    (
        Key("level", "level", choice("error", "warning", "info", "debug"), "The least important that is written."),
        Key("path", "path", PATH, "A file; without it, standard error.", example="logs/mail.log"),
    ),
)
METRICS = Section(
    "metrics",
    own.Metrics,
    "Counters for Prometheus, summed up over all processes.",
    (
        Key("enable", "enable", BOOLEAN, "Are they kept?"),
        Key("path", "folder", PATH, "The folder of the files that hold them while the server runs."),
    ),
)

SECTIONS = (LOG, METRICS)
