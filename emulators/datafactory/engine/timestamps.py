"""Moments and durations as Data Factory writes them: UTC with seven decimals and `Z`; timespans as `d.hh:mm:ss`."""

import re
from datetime import UTC, datetime, timedelta

_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d)(?:\.\d{1,7})?")


def timestamp(moment: datetime) -> str:
    """`2030-01-01T00:00:00.0000000Z`: the seven decimals that the run records and system variables carry (observed)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def parse_timespan(text: str) -> timedelta:
    """Read `[d.]hh:mm:ss`, e.g. `0.12:00:00`; raises ValueError naming the text otherwise (documented pattern)."""
    match = _TIMESPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a timespan of the form d.hh:mm:ss")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def timespan(duration: timedelta) -> str:
    """`1.02:03:04.5000000`: a duration as .NET writes it, days and fraction only where there are any."""
    seconds = duration.seconds
    days = f"{duration.days}." if duration.days else ""
    fraction = f".{duration.microseconds:06}0" if duration.microseconds else ""
    return f"{days}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"


def milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole milliseconds between two moments, None while one of them is missing."""
    return None if start is None or end is None else round((end - start) / timedelta(milliseconds=1))
