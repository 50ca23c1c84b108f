"""Counters, gauges and histograms for operators (Prometheus text format), summed up over all processes of the host.

A module of any floor declares its own at import time: ``refused = metrics.counter("refused", "...", ("stage",))`` and
counts with ``refused.inc("rcpt")``. Until `share` is called the values live in this process only, afterwards in one
mapped file a process, so that whichever worker is asked can `render` the whole host. What was counted since the last
`flush` waits in this process: a mapped value costs some microseconds, and a mail is counted a dozen times.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, multiprocess, values

PREFIX = "stalwart_g_"
CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)

_registry = CollectorRegistry()
_declared: dict[str, Metric] = {}
_folder: list[Path] = []


class Metric:
    """One metric; its labels are given in the order in which they were declared.

    The value behind it is made at first use, so that a declaration may come before `share`.
    """

    def __init__(self, make: Callable[[], Any], labels: Sequence[str]) -> None:
        self._make, self._labels = make, tuple(labels)
        self._root: Any = None
        self._children: dict[tuple[str, ...], Any] = {}
        self._counted: dict[tuple[str, ...], float] = {}

    def inc(self, *labels: str, by: float = 1.0) -> None:
        """Count one more (or ``by``)."""
        counted = self._counted
        counted[labels] = counted.get(labels, 0.0) + by

    def dec(self, *labels: str, by: float = 1.0) -> None:
        """Count one less; gauges only."""
        self.inc(*labels, by=-by)

    def set(self, value: float, *labels: str) -> None:
        """Gauges only."""
        self._counted.pop(labels, None)
        (self._children.get(labels) or self._child(labels)).set(value)

    def observe(self, value: float, *labels: str) -> None:
        """Histograms only."""
        (self._children.get(labels) or self._child(labels)).observe(value)

    def flush(self) -> None:
        """Put what was counted where `render` finds it."""
        if self._counted:
            counted, self._counted = self._counted, {}
            for labels, value in counted.items():
                (self._children.get(labels) or self._child(labels)).inc(value)

    def drop(self) -> None:
        """Forget what was counted since the last `flush`."""
        self._counted.clear()

    def forget(self) -> None:
        """Drop the values that this process has; the next use makes new ones."""
        if self._root is not None:
            _registry.unregister(self._root)
        self._root = None
        self._children.clear()
        self._counted.clear()

    def _child(self, labels: tuple[str, ...]) -> Any:
        if self._root is None:
            self._root = self._make()
        child = self._children[labels] = self._root.labels(*labels) if self._labels else self._root
        return child


def counter(name: str, text: str, labels: Sequence[str] = ()) -> Metric:
    """Only ever goes up. Declaring a name twice gives the same metric."""
    return _declare(name, labels, lambda: prometheus_client.Counter(PREFIX + name, text, labels, registry=_registry))


def gauge(name: str, text: str, labels: Sequence[str] = ()) -> Metric:
    """Goes up and down; the host's value is the sum over its living processes."""
    return _declare(
        name,
        labels,
        lambda: prometheus_client.Gauge(PREFIX + name, text, labels, registry=_registry, multiprocess_mode="livesum"),
    )


def histogram(name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] = SECONDS) -> Metric:
    """How a quantity is spread; by default over seconds."""
    return _declare(
        name,
        labels,
        lambda: prometheus_client.Histogram(PREFIX + name, text, labels, buckets=buckets, registry=_registry),
    )


def share(folder: Path) -> None:
    """Keep the values in ``folder`` (made and emptied here). The master calls it once, before it forks."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left_over in folder.glob("*.db"):
        left_over.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    for metric in _declared.values():
        metric.forget()
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]
    _folder[:] = [folder]


def process_ended(pid: int) -> None:
    """Its gauges count no longer."""
    if _folder:
        multiprocess.mark_process_dead(pid, str(_folder[0]))  # type: ignore[no-untyped-call]


def flush() -> None:
    """Put what this process has counted where `render` finds it; for once a second, and for the end."""
    for metric in _declared.values():
        metric.flush()


def render() -> bytes:
    """All metrics in Prometheus' text format; those of other processes as they were at their last `flush`."""
    flush()
    if not _folder:
        return prometheus_client.generate_latest(_registry)
    host = CollectorRegistry()
    multiprocess.MultiProcessCollector(host, str(_folder[0]))  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(host)


def _begin_afresh() -> None:
    """After a fork: what the parent has counted is the parent's to tell."""
    for metric in _declared.values():
        metric.drop()


os.register_at_fork(after_in_child=_begin_afresh)


def _declare(name: str, labels: Sequence[str], make: Callable[[], Any]) -> Metric:
    if name not in _declared:
        _declared[name] = Metric(make, labels)
    return _declared[name]
