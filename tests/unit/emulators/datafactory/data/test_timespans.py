"""Periods of time, written and read as .NET does."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.data.timespans import parse_timespan, ticks_of, timespan_text
from emulators.datafactory.expressions.datetimes.cultures import culture_named

DAY = timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=5600)


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        (DAY, "", "1.02:03:04.0056000"),
        (DAY, "c", "1.02:03:04.0056000"),
        (-DAY, "t", "-1.02:03:04.0056000"),
        (DAY, "g", "1:2:03:04.0056"),
        (DAY, "G", "1:02:03:04.0056000"),
        (time(2, 3), "", "02:03:00"),
        (DAY, r"dd\.hh\:mm\:ss", "01.02:03:04"),
        (DAY, "d' days 'h\" hours\"", "1 days 2 hours"),
        (DAY, "%h", "2"),
        (DAY, "fff", "005"),
        (DAY, "FFFF", "0056"),
        (timedelta(0), "ss'.'FFF", "00."),
        (-DAY, r"h\:m", "2:3"),
    ],
)
def test_formats(value, pattern, expected):
    assert timespan_text(ticks_of(value), pattern) == expected


def test_the_point_is_the_culture_s():
    assert timespan_text(ticks_of(DAY), "g", culture_named("de-DE")) == "1:2:03:04,0056"
    assert parse_timespan("1:2:03:04,0056", "g", culture_named("de-DE")) == ticks_of(DAY)


@pytest.mark.parametrize(
    ("written", "pattern", "expected"),
    [
        (" 1.02:03:04.0056 ", "", DAY),
        ("1:02:03:04.0056", "", DAY),
        ("-1.02:03", "", -timedelta(days=1, hours=2, minutes=3)),
        ("3:4", "", timedelta(hours=3, minutes=4)),
        ("-6", "", -timedelta(days=6)),
        ("01.02:03", r"dd\.hh\:mm", timedelta(days=1, hours=2, minutes=3)),
        ("2h", "h'h'", timedelta(hours=2)),
        ("04.5", r"ss\.f", timedelta(seconds=4.5)),
        ("04.", r"ss\.FFF", timedelta(seconds=4)),
    ],
)
def test_texts(written, pattern, expected):
    assert parse_timespan(written, pattern) == ticks_of(expected)


@pytest.mark.parametrize(
    ("written", "pattern"),
    [("25 hours", ""), ("24:00", ""), ("00:60", ""), ("99999999:00:00:00", ""), ("1.02:03", r"dd\.hh\:mm"), ("", "")],
)
def test_texts_that_are_no_periods(written, pattern):
    with pytest.raises(ValueError, match="TimeSpan"):
        parse_timespan(written, pattern)


@pytest.mark.parametrize("pattern", ["hh:mm", "hhh", "x", "fffffffff", "'open", "hh\\", r"h\:h"])
def test_formats_that_are_none(pattern):
    with pytest.raises(ValueError, match=r".+"):
        parse_timespan("1", pattern)


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_what_is_written_is_read_again(ticks):
    for pattern in ("", "g", "G"):
        assert parse_timespan(timespan_text(ticks, pattern), pattern) == ticks
