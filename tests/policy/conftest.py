from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from stalwart_g.green.state import MemoryState
from stalwart_g.policy.engine import EngineSettings, PolicyEngine
from stalwart_g.policy.tables import TableSettings, open_tables

DEFAULTS = Path(__file__).parents[2] / "etc" / "policy"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The administrator's folder of scripts."""
    (tmp_path / "policy" / "lib").mkdir(parents=True)
    return tmp_path / "policy"


@pytest.fixture
def engine_of(folder: Path) -> Callable[..., PolicyEngine]:
    """Makes an engine whose administrator has written these scripts; all others are the defaults."""

    def make(
        scripts: Mapping[str, str] | None = None,
        *,
        tables: Iterable[TableSettings] = (),
        state: MemoryState | None = None,
        cache: Path | None = None,
        names: Mapping[str, Iterable[str]] | None = None,
        kept: Path | None = None,
    ) -> PolicyEngine:
        for name, text in (scripts or {}).items():
            (folder / f"{name}.sieve").write_text(text)
        known = {kind: tuple(ids) for kind, ids in (names or {}).items()}
        settings = EngineSettings(folder, DEFAULTS, cache, known, kept)
        return PolicyEngine(settings, open_tables(tables), state or MemoryState(), lambda: 1_800_000_000.0)

    return make
