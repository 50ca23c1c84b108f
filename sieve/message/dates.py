"""Date and time (RFC 5322 section 3.3, the obsolete forms of section 4.3 too), and what people write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple


class Date(NamedTuple):
    """A moment in seconds since 1970, and the zone of who wrote it in minutes east of Greenwich."""

    seconds: float
    minutes: int


_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, 1)}
_ZONES: Mapping[str, int] = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "bst": 60, "cet": 60, "met": 60, "west": 60, "cest": 120,
    "mest": 120, "eet": 120, "eest": 180, "msk": 180, "ist": 330, "jst": 540, "kst": 540, "hkt": 480, "sgt": 480,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "akst": -540, "akdt": -480, "hst": -600, "nzst": 720, "nzdt": 780, "aest": 600, "aedt": 660,
}  # fmt: skip
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:[.,]\d+)?)?"
_ZONE = r"(?:\s*\(?(?P<zone>[+-]\s?\d{1,2}:?\d{2}|(?:gmt|utc?)\s?[+-]\d{1,2}(?::?\d{2})?\b|[a-z]{1,5}\b)?)?"
_DAY_FIRST = re.compile(
    rf"(?:[a-z]+\.?\s*,?\s*)?(?P<day>\d{{1,2}})[\s-]+(?P<month>[a-z]{{3,9}})[.,]?[\s-]+(?P<year>\d{{2,4}})\b,?"
    rf"(?:[\sT]+{_TIME}{_ZONE})?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"(?:[a-z]+\.?\s*,?\s*)?(?P<month>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}}),?\s+(?:(?P<first>\d{{4}}),?\s+)?{_TIME}"
    rf"(?:\s+(?P<apm>[ap]m)\b)?(?:\s+(?P<before>[a-z]{{3,5}}))?(?:\s+(?P<year>\d{{2,4}})\b)?{_ZONE}",
    re.IGNORECASE,
)
_ISO = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})[T\s]+{_TIME}{_ZONE}", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


def parse(text: str) -> Date | None:
    """A date-time, or None if it is none. Comments do not count; an unknown zone is Greenwich (RFC 5322 4.3)."""
    if len(text) > 500:
        return None
    text = _SPACE.sub(" ", _without_comments(text) if "(" in text else text).strip()
    found = _DAY_FIRST.match(text) or _ISO.match(text) or _MONTH_FIRST.match(text)
    return _date(found.groupdict()) if found else None


def _date(parts: Mapping[str, str | None]) -> Date | None:
    written = parts["month"] or ""
    month = int(written) if written.isdecimal() else _MONTHS.get(written[:3].lower(), 0)
    year = parts["year"] or parts.get("first")
    if year is None:
        return None
    clock = [int(parts[unit] or 0) for unit in ("hour", "minute", "second")]
    minutes = _zone(parts["zone"] or parts.get("before") or "")
    try:
        seconds = datetime(_year(year), month, int(parts["day"] or 0), tzinfo=UTC).timestamp()
    except ValueError:
        return None
    if clock[0] > 24 or clock[1] > 59 or clock[2] > 60:
        return None
    hours = clock[0] + (12 if (parts.get("apm") or "").lower() == "pm" and clock[0] < 12 else 0)
    return Date(seconds + hours * 3600 + clock[1] * 60 + clock[2] - minutes * 60, minutes)


def _year(text: str) -> int:
    """Two digits are of this century below 50; three count from 1900 (RFC 5322 section 4.3)."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _zone(text: str) -> int:
    text = text.lower().replace(" ", "").replace(":", "")
    if len(text) > 3 and text[0].isalpha() and ("+" in text or "-" in text):
        text = text.lstrip("gmtuc")
    if text[:1] in ("+", "-") and len(text) > 1:
        hours, past = (text[1:-2], text[-2:]) if len(text) > 3 else (text[1:], "0")
        minutes = int(hours) * 60 + int(past)
        return (-minutes if text[0] == "-" else minutes) if minutes < 1440 and int(past) < 60 else 0
    return _ZONES.get(text, 0)


def _without_comments(text: str) -> str:
    kept, depth = [], 0
    for char in text:
        depth += char == "("
        if not depth:
            kept.append(char)
        depth -= char == ")" and depth > 0
    return "".join(kept)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def written(date: Date) -> str:
    """The form of RFC 5322 section 3.3."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(date.seconds))
    when = when.astimezone(timezone(timedelta(minutes=date.minutes)))
    month = _NAMES[when.month - 1].title()
    sign, minutes = "-" if date.minutes < 0 else "+", abs(date.minutes)
    zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
    return f"{_DAYS[when.weekday()]}, {when.day} {month} {when.year:04} {when:%H:%M:%S} {zone}"
