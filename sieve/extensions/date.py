"""date (RFC 5260): the date of a header field, and the present; both taken apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from sieve.extensions.base import field_name
from sieve.runtime import Run
from sieve.spec import Extension, Param, suggestion

extension = Extension("date", "RFC 5260")

_ZONE = re.compile(r"([+-])([01][0-9]|2[0-3])([0-5][0-9])")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MODIFIED_JULIAN = 678576  # days from 17 November 1858 back to 1 January of the year 1


def _offset(when: datetime, colon: str = "") -> str:
    minutes = int((when.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{colon}{abs(minutes) % 60:02}"


def _iso8601(when: datetime) -> str:
    zone = _offset(when, ":") if when.utcoffset() else "Z"
    return f"{when:%Y-%m-%dT%H:%M:%S}{zone}"


def _std11(when: datetime) -> str:
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day:02} {month} {when.year:04} {when:%H:%M:%S} {_offset(when)}"


_PARTS: dict[str, Callable[[datetime], str]] = {
    "year": lambda when: f"{when.year:04}",
    "month": lambda when: f"{when.month:02}",
    "day": lambda when: f"{when.day:02}",
    "date": lambda when: f"{when.year:04}-{when.month:02}-{when.day:02}",
    "julian": lambda when: str(when.toordinal() - _MODIFIED_JULIAN),
    "hour": lambda when: f"{when.hour:02}",
    "minute": lambda when: f"{when.minute:02}",
    "second": lambda when: f"{when.second:02}",
    "time": lambda when: f"{when:%H:%M:%S}",
    "iso8601": _iso8601,
    "std11": _std11,
    "zone": _offset,
    "weekday": lambda when: str(when.isoweekday() % 7),
}


def _zone(text: str) -> str:
    return "" if _ZONE.fullmatch(text) else f"time zone '{text}' is invalid: a sign and four digits, as in +0100"


def _part(name: str) -> str:
    hint = suggestion(name.lower(), _PARTS)
    return "" if name.lower() in _PARTS else f"unknown date part '{name}'" + (f": {hint}" if hint else "")


ZONE = Param("time zone", check=_zone)
extension.tag("zone", "date", "currentdate", param=ZONE)
extension.tag("originalzone", "date", keyword="zone", value="")
_NAME = Param("header name", check=field_name)
_PART = Param("date part", check=_part)


@extension.values(_NAME, _PART, traits=["fields"], stable=True)
def date(
    run: Run, name: str, part: str, *, zone: str | None = None, index: int | None = None, last: bool = False
) -> Sequence[str]:
    """The date in a field, the first or the one that ``:index`` chose; nothing if it is no date (section 4)."""
    fields = run.fields([name], index, last=last)[:1]
    dates = [when for field in fields if (when := run.date_of(field)) is not None]
    return [text for when in dates for text in read(run, when, part, zone)]


@extension.values(_PART, stable=True)
def currentdate(run: Run, part: str, *, zone: str | None = None) -> Sequence[str]:
    """The present, the same during the whole run (section 5)."""
    return read(run, run.now(), part, zone)


def read(run: Run, when: tuple[float, int], part: str, zone: str | None) -> Sequence[str]:
    """A part of a time with a zone of its own, as it is in ``zone``: None is that of the host, empty the original."""
    shown = _PARTS.get(part.lower())
    seconds, original = when
    minutes = run.now()[1] if zone is None else _minutes(zone) if zone else original
    if shown is None or minutes is None:
        return ()
    try:
        return (shown((_EPOCH + timedelta(seconds=int(seconds))).astimezone(timezone(timedelta(minutes=minutes)))),)
    except (OverflowError, ValueError):
        return ()


def _minutes(zone: str) -> int | None:
    found = _ZONE.fullmatch(zone)
    return int(f"{found[1]}{int(found[2]) * 60 + int(found[3])}") if found else None
