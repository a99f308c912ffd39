"""Reads a timestamp as .NET's lenient `DateTime.Parse` does in the invariant culture: ISO 8601 and many everyday
forms, month before day (observed case by case).
"""

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import datetime

from emulators.datafactory.expressions.datetimes.instant import (
    TICKS_PER_DAY,
    Instant,
    Kind,
    full_year,
    offset_ticks,
)

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTH_NUMBERS = {name: number for number, full in enumerate(_MONTHS, 1) for name in (full, full[:3])}
_DAY_NUMBERS = {name: number for number, full in enumerate(_DAYS) for name in (full, full[:3])}

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})[Tt](?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?\s*(?P<zone>[Zz]|[+-]\d{1,2}(?::?\d\d)?[Zz]?)?",
    re.ASCII,
)
_TIME = re.compile(
    r"(?:^|(?<=[\s,]))(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d+))?)?"
    r"(?:\s*(?P<half>[aApP][mM])\b)?(?:\s*(?P<zone>[Zz]|GMT|[+-]\d{1,2}(?::?\d\d)?[Zz]?)(?![\w:]))?",
    re.ASCII,
)
_DATE_ZONE = re.compile(r"(?<=\d)\s*(?P<zone>[Zz]|GMT|[+-]\d\d:\d\d)$", re.ASCII)
_DATE_TOKEN = re.compile(r"(?P<number>\d+)|(?P<word>[A-Za-z]+)|[\s,]+|[/.\-]|[年月日]", re.ASCII)
_MAXIMUM_LENGTH = 200

Clock = Callable[[], datetime]


def parse_instant(text: str, now: Clock) -> Instant:
    """The instant that a text stands for; raises ValueError for what is no timestamp.

    `Z` gives the kind UTC, an offset moves the time to UTC and gives LOCAL, neither gives UNSPECIFIED. `now` is asked
    only
    by texts without a date or a year.
    """
    if len(text) > _MAXIMUM_LENGTH:
        raise ValueError("too long")
    text = text.rstrip("\0").strip()
    match = _ISO.fullmatch(text)
    if match is not None:
        year, month, day = (int(match[name]) for name in ("year", "month", "day"))
        return _assembled(year, month, day, match)
    return _everyday(text.strip("#").strip(), now)


def _everyday(text: str, now: Clock) -> Instant:
    time = _TIME.search(text)
    zone = None
    if time is not None:
        before, behind = text[: time.start()].strip(" ,"), text[time.end() :].strip(" ,")
        if before and behind:
            raise ValueError("a time in the middle of a date")
        text = before or behind
    else:
        zone = _DATE_ZONE.search(text)
        text = text[: zone.start()] if zone is not None else text
    numbers, month, weekday = _date_tokens(text.strip(" ,\t\n\r"))
    if not numbers and month is None and weekday is None and time is not None:
        today = now()
        year, month, day = today.year, today.month, today.day
    else:
        year, month, day = _date(numbers, month, now)
    instant = _assembled(year, month, day, time or zone)
    if weekday is not None and datetime(year, month, day).weekday() != weekday:
        raise ValueError("another day of the week")
    return instant


def _date_tokens(text: str) -> tuple[list[str], int | None, int | None]:
    """The numbers, the month and the day of the week that are named in a date."""
    numbers: list[str] = []
    month = weekday = None
    position, separators = 0, 0
    while position < len(text):
        token = _DATE_TOKEN.match(text, position)
        if token is None:
            raise ValueError("no date")
        position = token.end()
        if token["number"] is None and token["word"] is None:
            separators += token[0] in "/.-"
            if separators > 1 or not (numbers or month or weekday is not None):
                raise ValueError("no date")
            continue
        separators = 0
        word = (token["word"] or "").lower()
        if token["number"] is not None:
            numbers.append(token["number"])
        elif word in _MONTH_NUMBERS and month is None:
            month = _MONTH_NUMBERS[word]
        elif word in _DAY_NUMBERS and weekday is None:
            weekday = _DAY_NUMBERS[word]
        else:
            raise ValueError("no date")
    return numbers, month, weekday


def _date(numbers: list[str], month: int | None, now: Clock) -> tuple[int, int, int]:
    """Year, month and day from the numbers in their order; a number of three or more digits can only be the year."""
    years = [number for number in numbers if len(number) > 2]
    if len(years) > 1 or any(len(number) > 4 for number in numbers):
        raise ValueError("no date")
    rest = [int(number) for number in numbers if len(number) <= 2]
    year = int(years[0]) if years else None
    if month is not None:
        return _named_month(rest, year, month, now)
    if year is None and len(rest) == 3:
        return full_year(rest[2]), rest[0], rest[1]
    if year is None and len(rest) == 2:
        return now().year, rest[0], rest[1]
    if year is not None and len(rest) == 2 and len(numbers[1]) <= 2:
        return year, rest[0], rest[1]
    if year is not None and len(rest) == 1:
        return year, rest[0], 1
    raise ValueError("no date")


def _named_month(rest: list[int], year: int | None, month: int, now: Clock) -> tuple[int, int, int]:
    if year is None and len(rest) == 2:
        day, short = rest if rest[0] <= monthrange(full_year(rest[1]), month)[1] else reversed(rest)
        return full_year(short), month, day
    if len(rest) == 1:
        return now().year if year is None else year, month, rest[0]
    if year is not None and not rest:
        return year, month, 1
    raise ValueError("no date")


def _assembled(year: int, month: int, day: int, time: re.Match[str] | None) -> Instant:
    groups = time.groupdict() if time is not None else {}
    hour, minute, second = (int(groups.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (groups.get("half") or "").lower()[:1]
    if half:
        if hour > 12 and half == "a":
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half == "p" else 0) if hour <= 12 else hour
    instant = Instant.at(year, month, day, hour, minute, second)
    try:
        return _in_zone(instant.plus(_ticks(groups.get("fraction") or "")), groups.get("zone") or "")
    except OverflowError:
        raise ValueError("outside of the years 1 to 9999") from None


def _ticks(digits: str) -> int:
    """A fraction of a second in ticks, rounded."""
    ticks = int((digits + "0" * 7)[:7])
    return ticks + (digits[7:8] >= "5")


def _in_zone(instant: Instant, zone: str) -> Instant:
    if not zone:
        return instant
    if zone.upper() in ("Z", "GMT"):
        return instant.with_kind(Kind.UTC)
    offset = offset_ticks(zone.rstrip("Zz"))
    if instant.ticks < offset:  # an instant before the first is moved into it (observed)
        offset -= TICKS_PER_DAY
    return instant.plus(-offset).with_kind(Kind.LOCAL)
