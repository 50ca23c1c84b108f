"""Dates: seconds, and the zone in minutes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sieve.message import Date
from sieve.message.dates import parse, written


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> float:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "seconds", "minutes"),
    [
        ("Mon, 20 Jul 2009 13:55:41 +0200", at(2009, 7, 20, 11, 55, 41), 120),
        ("20 Jul 2009 13:55 -0330", at(2009, 7, 20, 17, 25), -210),
        ("Mon, 20 Jul 2009 13:55:41 -0000 (a (nested) comment)", at(2009, 7, 20, 13, 55, 41), 0),
        ("20 jul 49 1:2:3 GMT", at(2049, 7, 20, 1, 2, 3), 0),
        ("20 Jul 50 01:02:03 UT", at(1950, 7, 20, 1, 2, 3), 0),
        ("20 Jul 109 00:00:00 PST", at(2009, 7, 20, 8), -480),
        ("20 Jul 2009 00:00:00 A", at(2009, 7, 20), 0),
        ("20 Jul 2009 00:00:00", at(2009, 7, 20), 0),
        ("20 Jul 2009", at(2009, 7, 20), 0),
        ("20-Jul-2009 10:00:00 +0000", at(2009, 7, 20, 10), 0),
        ("Monday, July 20, 2009 1:55 PM +0100", at(2009, 7, 20, 12, 55), 60),
        ("Mon Jul 20 10:00:00 2009", at(2009, 7, 20, 10), 0),
        ("2009-07-20 10:00:00 +01:00", at(2009, 7, 20, 9), 60),
        ("20 Jul 2009 10:00:00 GMT+2", at(2009, 7, 20, 8), 120),
        ("20 Jul 2009 23:59:60 +0000", at(2009, 7, 21), 0),
    ],
)
def test_dates_people_write(text: str, seconds: float, minutes: int) -> None:
    assert parse(text) == Date(seconds, minutes)


@pytest.mark.parametrize(
    "text",
    ["", "today", "32 Jul 2009 00:00:00", "20 Xyz 2009", "20 Jul 2009 25:00:00", "20 Jul 2009 10:60:00", "1" * 600],
)
def test_what_is_no_date(text: str) -> None:
    assert parse(text) is None


@given(st.integers(-2_000_000_000, 100_000_000_000), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_is_read_again(seconds: int, minutes: int) -> None:
    assert parse(written(Date(seconds, minutes))) == Date(seconds, minutes)


@given(st.text(alphabet="0123456789 :,+-ZJulMonGMT()apm.T/", max_size=40))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = parse(text)
    assert found is None or abs(found.minutes) < 1440
