"""The policy scripts of a home, as the server runs them."""

from __future__ import annotations

from sieve.errors import Finding
from stalwart_g.config import Settings
from stalwart_g.policy.engine import EngineSettings, findings
from stalwart_g.policy.tables import open_tables


def engine_settings(settings: Settings, *, cached: bool = True) -> EngineSettings:
    """Where the scripts are, and the ids that they may name."""
    data = settings.home / "data"
    return EngineSettings(
        settings.policy.folder,
        cache=data / "compiled" if cached else None,
        kept=data / "live-scripts" if cached else None,
        names={
            "remote": tuple(settings.remote.relays),
            "queue": tuple(settings.queue.lanes),
            "directory": tuple(settings.directories),
            "timeouts": tuple(settings.remote.named_timeouts),
        },
    )


def script_findings(settings: Settings) -> list[Finding]:
    """All that is wrong with the scripts of all stages; the names of the findings are paths.

    Raises:
        ValueError: a table cannot be opened.
    """
    tables = open_tables(settings.policy.tables.values())
    try:
        return findings(engine_settings(settings, cached=False), tables)
    finally:
        tables.close()
