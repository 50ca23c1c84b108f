"""Metrics of one process and of several."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stalwart_g.observe import metrics


def test_a_counter_counts_by_label() -> None:
    seen = metrics.counter("test_seen", "Seen", ("kind",))
    seen.inc("a")
    seen.inc("a", by=2)
    seen.inc("b")
    text = metrics.render().decode()
    assert 'stalwart_g_test_seen_total{kind="a"} 3.0' in text
    assert 'stalwart_g_test_seen_total{kind="b"} 1.0' in text


def test_a_gauge_goes_both_ways() -> None:
    level = metrics.gauge("test_level", "Level")
    level.inc(by=5)
    level.dec()
    assert b"stalwart_g_test_level 4.0" in metrics.render()
    level.set(7)
    assert b"stalwart_g_test_level 7.0" in metrics.render()


def test_a_histogram_sorts_into_buckets() -> None:
    spread = metrics.histogram("test_spread", "Spread", buckets=(1, 10))
    spread.observe(5)
    text = metrics.render().decode()
    assert 'stalwart_g_test_spread_bucket{le="1.0"} 0.0' in text
    assert 'stalwart_g_test_spread_bucket{le="10.0"} 1.0' in text


def test_a_name_is_declared_once() -> None:
    assert metrics.counter("test_same", "Same") is metrics.counter("test_same", "Same")


FORKING = """
import os, sys
from pathlib import Path
from stalwart_g.observe import metrics
seen, level = metrics.counter("seen", "Seen", ("who",)), metrics.gauge("level", "Level")
metrics.share(Path(sys.argv[1]))
for number in (1, 2):
    pid = os.fork()
    if not pid:
        seen.inc("all", by=number)
        level.set(number)
        metrics.flush()
        os._exit(0)
    os.waitpid(pid, 0)
seen.inc("all")
before = metrics.render().decode()
metrics.process_ended(pid)
print(before, "AFTER", metrics.render().decode())
"""


def test_processes_are_summed_up_and_a_dead_one_has_no_gauge(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, str(tmp_path / "shared")],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    before, _, after = done.stdout.partition("AFTER")
    assert 'stalwart_g_seen_total{who="all"} 4.0' in before
    assert "stalwart_g_level 3.0" in before
    assert 'stalwart_g_seen_total{who="all"} 4.0' in after
    assert "stalwart_g_level 1.0" in after
