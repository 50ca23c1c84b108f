"""Where one recipient's mail goes next, as the route script decided (SPEC-SMTP sections 5.4 and 8.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from stalwart_g.delivery.settings import TLS_LEVELS

_KINDS = ("local", "mx", "relay", "lmtp", "discard")


class BadRoute(ValueError):
    """The script's ``via`` names no way that we know."""


class Route(Struct, frozen=True):
    """Equal routes share an attempt.

    Attributes:
        kind: local, mx, relay, lmtp or discard.
        target: the id of the relay, or the other domain of ``mx:<domain>``; empty: the recipient's own domain.
        lane: the queue whose greenlets deliver it; empty: local or remote.
        skip_host: a host that the retry script wants left out this time.
    """

    kind: str = "mx"
    target: str = ""
    lane: str = ""
    tls_level: str = "may"
    ip_strategy: str = ""
    mx_max: int = 0
    hosts_max: int = 0
    parallel_max: int = 0
    timeouts: str = ""
    rewrite_from: str = ""
    skip_host: str = ""

    def __str__(self) -> str:
        """As the script wrote it."""
        return f"{self.kind}:{self.target}" if self.target else self.kind

    @property
    def is_local(self) -> bool:
        return self.kind == "local"

    @property
    def is_nowhere(self) -> bool:
        """The script wants the mail thrown away; its sender hears that it arrived."""
        return self.kind == "discard"

    @property
    def is_repeatable(self) -> bool:
        """A delivery that is made again after a crash changes nothing: no other server is told of it."""
        return self.kind in ("local", "discard")

    @property
    def is_fixed(self) -> bool:
        """All domains go to the same host: one transaction may hold recipients of several."""
        return self.kind in ("local", "relay", "lmtp", "discard") or bool(self.target)


def route_of(parameters: Mapping[str, Any], hints: Mapping[str, str]) -> Route:
    """The route that the parameters of the route stage describe, and the hints of the last retry script.

    Raises:
        BadRoute: no such kind of way.
    """
    via = hints.get("via") or str(parameters.get("via") or "mx")
    kind, _, target = via.partition(":")
    if kind not in _KINDS or (kind in ("relay", "lmtp")) > bool(target):
        raise BadRoute(f"via {via!r}")
    return Route(
        kind,
        target,
        str(parameters.get("queue") or ""),
        stricter(str(parameters.get("tls.level") or "may"), "none", override=hints.get("tls.level", "")),
        str(parameters.get("ip") or ""),
        int(parameters.get("mx.max") or 0),
        int(parameters.get("hosts.max") or 0),
        int(parameters.get("max.parallel") or 0),
        str(parameters.get("timeouts") or ""),
        str(parameters.get("rewrite.from") or ""),
        hints.get("skip.host", ""),
    )


def stricter(one: str, other: str, *, override: str = "") -> str:
    """The stricter of two TLS levels, or ``override``. An unknown level counts as ``verify``: fail closed."""
    if override:
        one = other = override
    ranks = [TLS_LEVELS.index(level) if level in TLS_LEVELS else len(TLS_LEVELS) - 1 for level in (one, other)]
    return TLS_LEVELS[max(ranks)]
