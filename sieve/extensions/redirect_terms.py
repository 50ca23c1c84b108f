"""redirect-dsn and redirect-deliverby (RFC 6009): on which terms of SMTP a mail is sent on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sieve.actions import DeliverBy
from sieve.errors import ScriptError
from sieve.spec import Extension, Param, Site

dsn_extension = Extension("redirect-dsn", "RFC 6009 section 5")
deliver_by_extension = Extension("redirect-deliverby", "RFC 6009 section 7")

_EVENTS = frozenset({"SUCCESS", "FAILURE", "DELAY"})


def notify_fault(text: str) -> str:
    """What is wrong with NEVER, or a list of SUCCESS, FAILURE and DELAY; or nothing."""
    words = text.upper().split(",")
    good = words == ["NEVER"] or (set(words) <= _EVENTS and len(set(words)) == len(words))
    return "" if good else f"'{text}' is not NEVER, nor a list of SUCCESS, FAILURE, DELAY"


def ret_fault(text: str) -> str:
    return "" if text.upper() in ("FULL", "HDRS") else f"'{text}' is neither FULL nor HDRS"


def mode_fault(text: str) -> str:
    return "" if text.lower() in ("notify", "return") else f"'{text}' is neither notify nor return"


def moment(text: str) -> float | None:
    """Seconds since 1970 of a time such as ``2026-01-31T12:00:00+01:00`` (RFC 3339); None if it is none."""
    try:
        when = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return None if when.tzinfo is None else when.timestamp()


def moment_fault(text: str) -> str:
    return "" if moment(text) is not None else f"'{text}' is no time with a zone, as in 2026-01-31T12:00:00Z"


dsn_extension.tag("notify", "redirect", param=Param("delivery notifications", check=notify_fault))
dsn_extension.tag("ret", "redirect", param=Param("what to return", check=ret_fault))
deliver_by_extension.tag("bytimerelative", "redirect", keyword="by_seconds", param=Param("seconds", "number"))
deliver_by_extension.tag("bytimeabsolute", "redirect", keyword="by_time", param=Param("time", check=moment_fault))
deliver_by_extension.tag("bymode", "redirect", keyword="by_mode", param=Param("mode", check=mode_fault))
deliver_by_extension.tag("bytrace", "redirect", keyword="by_trace")


@deliver_by_extension.check("redirect")
def _one_time(site: Site) -> None:
    given = site.use.tags.keys()
    if {"by_seconds", "by_time"} <= given:
        site.report("the redirect command takes ':bytimerelative' or ':bytimeabsolute', not both", "tag", at="by_time")
    for keyword in sorted({"by_mode", "by_trace"} & given) if not {"by_seconds", "by_time"} & given else ():
        site.report("the redirect command has a mode of delivery, but no time", "tag", at=keyword)


def of_tags(
    *,
    notify: str | None = None,
    ret: str | None = None,
    by_seconds: int | None = None,
    by_time: str | None = None,
    by_mode: str = "return",
    by_trace: bool = False,
) -> dict[str, Any]:
    """The fields of a ``Redirect``.

    Raises:
        ScriptError: a value that was not known before is wrong.
    """
    given = ((notify, notify_fault), (ret, ret_fault), (by_time, moment_fault), (by_mode, mode_fault))
    for value, fault_of in given:
        if value is not None and (fault := fault_of(value)):
            raise ScriptError(f"redirect: {fault}")
    terms: dict[str, Any] = {}
    if notify is not None:
        terms["notify"] = tuple(notify.upper().split(","))
    if ret is not None:
        terms["ret"] = ret.upper()
    if by_seconds is not None or by_time is not None:
        time = None if by_time is None else moment(by_time)
        terms["deliver_by"] = DeliverBy(seconds=by_seconds, time=time, mode=by_mode[0].upper(), trace=by_trace)
    return terms
