"""Which settings count at once, and which are told to wait for a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stalwart_g.config import Settings, load
from stalwart_g.config.defaults import default_config
from stalwart_g.server.reloading import changed, merged

Load = Callable[..., Settings]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    """Settings of a configuration with these lines more."""

    def make(more: str = "", **values: object) -> Settings:
        path = tmp_path / "config.toml"
        path.write_text(default_config({name.replace("__", "."): value for name, value in values.items()}) + more)
        return load(path)

    return make


RELAY = '[remote.{id}]\naddress = "{address}"\n'


def test_nothing_has_changed(loaded: Load) -> None:
    assert list(changed(loaded(), loaded())) == []


def test_what_sessions_are_told_counts_at_once(loaded: Load) -> None:
    before, after = loaded(), loaded(session__timeout="1m")
    live = merged(before, after)
    assert live.listeners["smtp"].smtp.timeout_seconds == 60.0
    assert list(changed(live, after)) == []


def test_the_level_of_the_log_counts_at_once(loaded: Load) -> None:
    live = merged(loaded(), loaded(log__level="debug"))
    assert live.log.level == "debug"


def test_the_address_of_a_relay_counts_at_once(loaded: Load) -> None:
    before, after = (loaded(RELAY.format(id="r", address=address)) for address in ("a.example", "b.example"))
    live = merged(before, after)
    assert live.remote.relays["r"].address == "b.example"
    assert list(changed(live, after)) == []


def test_a_new_relay_waits_because_scripts_were_checked_without_it(loaded: Load) -> None:
    before, after = loaded(), loaded(RELAY.format(id="r", address="a.example"))
    live = merged(before, after)
    assert live.remote.relays == {}
    assert list(changed(live, after)) == ["remote.relays.r"]


def test_the_number_of_workers_waits(loaded: Load) -> None:
    before = loaded()
    after = replace(before, server=replace(before.server, workers=7))
    assert list(changed(merged(before, after), after)) == ["server.workers"]


def test_a_listener_that_went_is_told(loaded: Load) -> None:
    before = loaded()
    after = replace(before, listeners={"smtp": before.listeners["smtp"]})
    live = merged(before, after)
    assert set(live.listeners) == set(before.listeners)
    assert set(changed(live, after)) == {"listeners.submission", "listeners.submissions"}
