"""What the ehlo and auth scripts decided to offer, as the machine's `Extensions`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from stalwart_g.protocol.smtp.extensions import Extensions
from stalwart_g.services.smtp.sasl import MECHANISMS

_FLAGS = ("pipelining", "chunking", "smtputf8", "dsn", "requiretls", "vrfy", "expn")
_DAY_SECONDS = 86_400


def offer_of(params: Mapping[str, Any], start: Extensions, now: float) -> Extensions:
    """The offer that a script's parameters describe; what it does not speak of stays as in ``start``."""
    changes: dict[str, Any] = {flag: bool(params[f"ext.{flag}"]) for flag in _FLAGS if f"ext.{flag}" in params}
    if "size" in params:
        changes["size_octets"] = int(params["size"] or 0)
    if "ext.nosoliciting" in params:
        changes["no_soliciting"] = params["ext.nosoliciting"] or None
    if "ext.mtpriority" in params:
        changes["mt_priority"] = params["ext.mtpriority"]
    if "ext.deliverby" in params:
        changes["deliver_by_seconds"] = int(params["ext.deliverby"]) or None
    if "ext.futurerelease" in params:
        changes |= _future_release(int(params["ext.futurerelease"]), now)
    if "auth.mechanisms" in params:
        names = (name.upper() for name in params["auth.mechanisms"])
        changes["mechanisms"] = tuple(name for name in names if name in MECHANISMS)
    if "auth.plaintext" in params:
        changes["clear_text_passwords"] = bool(params["auth.plaintext"])
    return replace(start, **changes)


def _future_release(seconds: int, now: float) -> dict[str, Any]:
    """RFC 4865 section 4. The date is cut to days, so that the reply to EHLO can be cached."""
    last_day = (int(now) + seconds) // _DAY_SECONDS * _DAY_SECONDS
    until = datetime.fromtimestamp(last_day, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"future_release_seconds": seconds, "future_release_until": until if seconds else ""}
