"""When a recurrence comes round: from its start, its interval and its schedule to moments in UTC.

Days, weeks and months are counted on the wall clock of the recurrence's time zone, so that 08:00 stays 08:00 when
the clocks change; minutes and hours are counted as they pass. A wall-clock time that the change leaps over comes
when the clocks have moved on, one that comes twice is taken the first time (assumed). Pure: the caller brings the
present.
"""

import calendar
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from emulators.datafactory.expressions.datetimes.zones import zone_named
from emulators.datafactory.triggers.definition import InvalidTrigger
from emulators.datafactory.triggers.timespans import wall_clock

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_HORIZON = timedelta(days=366 * 100)
"""How far ahead a schedule is searched for a day that fits, e.g. for the 30th of February in vain."""

_STEPS_OF_A_CYCLE = 1440
"""After so many steps of any whole number of minutes the time of day repeats."""


@dataclass(frozen=True)
class Recurrence:
    """A recurrence as read. `start` and `end` are wall-clock times of `zone`; `end` itself is not part of it.

    The sets limit the schedule; None means that the schedule does not say. `week_days` counts from Monday = 0,
    `occurrences` holds pairs of such a day and its number in the month (None: every one).
    """

    frequency: str
    interval: int
    start: datetime
    end: datetime | None
    zone: ZoneInfo
    minutes: frozenset[int] | None = None
    hours: frozenset[int] | None = None
    week_days: frozenset[int] | None = None
    month_days: frozenset[int] | None = None
    occurrences: frozenset[tuple[int, int | None]] | None = None

    def since(self, moment: datetime) -> Iterator[datetime]:
        """The occurrences at or after a moment, in UTC, in order."""
        first = max(self._utc(self.start), moment.astimezone(UTC))
        found = self._by_elapsed_time(first) if self.frequency in ("minute", "hour") else self._by_day(first)
        for occurrence in found:
            if self.end is not None and occurrence >= self._utc(self.end):
                return
            if occurrence >= first:
                yield occurrence

    # Minutes and hours

    def _by_elapsed_time(self, first: datetime) -> Iterator[datetime]:
        step = timedelta(minutes=self.interval) if self.frequency == "minute" else timedelta(hours=self.interval)
        begin = self._utc(self.start)
        if self.frequency == "hour" and self.minutes is not None:
            begin -= timedelta(minutes=self.start.minute)  # the listed minutes stand for the hour's own
        misses = 0
        for number in itertools.count(max(0, (first - begin) // step)):
            fits = list(self._within_step(begin + number * step))
            misses = 0 if fits else misses + 1
            if misses > _STEPS_OF_A_CYCLE:
                return
            yield from fits

    def _within_step(self, moment: datetime) -> Iterator[datetime]:
        local = moment.astimezone(self.zone)
        if self.hours is not None and local.hour not in self.hours:
            return
        if self.frequency == "minute":
            if self.minutes is None or local.minute in self.minutes:
                yield moment
        elif self.minutes is None:
            yield moment
        else:
            yield from (moment + timedelta(minutes=minute) for minute in sorted(self.minutes))

    # Days, weeks and months

    def _by_day(self, first: datetime) -> Iterator[datetime]:
        day = max(self.start.date(), first.astimezone(self.zone).date() - timedelta(days=1))
        while day - first.date() < _HORIZON:
            if self._has_day(day):
                yield from sorted(self._utc(datetime.combine(day, moment)) for moment in self._times())
            day += timedelta(days=1)

    def _times(self) -> Iterator[time]:
        """Times of day: hours and minutes multiply; minutes alone mean every hour, nothing means the start's time."""
        if self.hours is None and self.minutes is None:
            yield self.start.time()
            return
        hours = self.hours if self.hours is not None else range(24)
        minutes = self.minutes if self.minutes is not None else (self.start.minute,)
        for hour, minute in itertools.product(hours, minutes):
            yield time(hour, minute, self.start.second)

    def _has_day(self, day: date) -> bool:
        if self.frequency == "day":
            return (day - self.start.date()).days % self.interval == 0
        if self.frequency == "week":
            weeks = (_sunday(day) - _sunday(self.start.date())).days // 7
            wanted = self.week_days if self.week_days is not None else {self.start.weekday()}
            return weeks % self.interval == 0 and day.weekday() in wanted
        months = (day.year - self.start.year) * 12 + day.month - self.start.month
        return months % self.interval == 0 and self._has_day_of_month(day)

    def _has_day_of_month(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        if self.month_days is None and self.occurrences is None:
            return day.day == min(self.start.day, length)  # a short month ends early, as .NET adds months (assumed)
        by_number = self.month_days is None or bool({day.day, day.day - length - 1} & self.month_days)
        return by_number and (self.occurrences is None or self._has_occurrence(day, length))

    def _has_occurrence(self, day: date, length: int) -> bool:
        weekday, from_start, from_end = day.weekday(), (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1)
        wanted = self.occurrences or frozenset()
        return any((weekday, number) in wanted for number in (None, from_start, from_end))

    def _utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)


def read_recurrence(written: Any) -> Recurrence:
    """Read `typeProperties.recurrence`; raises InvalidTrigger naming the property."""
    if not isinstance(written, Mapping):
        raise InvalidTrigger("A ScheduleTrigger needs the object 'recurrence'.")
    frequency = str(written.get("frequency")).lower()
    if frequency not in ("minute", "hour", "day", "week", "month"):
        raise InvalidTrigger(f"The frequency '{written.get('frequency')}' is not Minute, Hour, Day, Week or Month.")
    zone = _zone(written.get("timeZone"))
    start = _wall_clock(written.get("startTime"), "startTime", zone)
    if start is None:
        raise InvalidTrigger("The property 'startTime' of a recurrence is required.")
    return Recurrence(
        frequency=frequency,
        interval=_interval(written.get("interval")),
        start=start,
        end=_wall_clock(written.get("endTime"), "endTime", zone),
        zone=zone,
        **_schedule(written.get("schedule"), frequency),
    )


def _schedule(written: Any, frequency: str) -> dict[str, Any]:
    if written is None:
        return {}
    if not isinstance(written, Mapping):
        raise InvalidTrigger("The property 'schedule' of a recurrence must be an object.")
    for name, allowed in (("weekDays", "week"), ("monthDays", "month"), ("monthlyOccurrences", "month")):
        if written.get(name) is not None and frequency != allowed:
            raise InvalidTrigger(f"The property '{name}' goes with the frequency {allowed.title()} only.")
    return {
        "minutes": _numbers(written, "minutes", range(60)),
        "hours": _numbers(written, "hours", range(24)),
        "week_days": _week_days(written.get("weekDays")),
        "month_days": _numbers(written, "monthDays", {*range(1, 32), *range(-31, 0)}),
        "occurrences": _occurrences(written.get("monthlyOccurrences")),
    }


def _numbers(written: Mapping[str, Any], name: str, allowed: Any) -> frozenset[int] | None:
    if written.get(name) is None:
        return None
    numbers = _listed(written[name])
    if not all(isinstance(number, int) and number in allowed for number in numbers):
        raise InvalidTrigger(f"The property '{name}' of a schedule holds a number that is out of range: {numbers}.")
    return frozenset(numbers)


def _week_days(written: Any) -> frozenset[int] | None:
    return None if written is None else frozenset(_day(name) for name in _listed(written))


def _occurrences(written: Any) -> frozenset[tuple[int, int | None]] | None:
    if written is None:
        return None
    found = set()
    for item in _listed(written):
        number = item.get("occurrence") if isinstance(item, Mapping) else 0
        if number is not None and (not isinstance(number, int) or number == 0 or abs(number) > 5):
            raise InvalidTrigger(
                "An entry of 'monthlyOccurrences' needs a 'day' and an 'occurrence' of 1 to 5 or -1 to -5."
            )
        found.add((_day(item.get("day")), number))
    return frozenset(found)


def _day(name: Any) -> int:
    if str(name).lower() not in DAYS:
        raise InvalidTrigger(f"'{name}' is not a day of the week.")
    return DAYS.index(str(name).lower())


def _interval(written: Any) -> int:
    interval = 1 if written is None else written
    if not isinstance(interval, int) or isinstance(interval, bool) or not 1 <= interval <= 1000:
        raise InvalidTrigger(f"The interval '{written}' of a recurrence is not a whole number from 1 to 1000.")
    return interval


def _zone(written: Any) -> ZoneInfo:
    try:
        return zone_named(str(written or "UTC")).info
    except ValueError as error:
        raise InvalidTrigger(f"The time zone '{written}' is unknown.") from error


def _wall_clock(written: Any, name: str, zone: ZoneInfo) -> datetime | None:
    """A time as the zone's clocks show it; one that says its offset is converted."""
    found = wall_clock(written, name)
    if found is None or found.tzinfo is None:
        return found
    return found.astimezone(zone).replace(tzinfo=None)


def _listed(written: Any) -> list[Any]:
    """Scalars stand for lists of one (documented)."""
    return list(written) if isinstance(written, list | tuple) else [written]


def _sunday(day: date) -> date:
    """The Sunday that begins the day's week (assumed: the weeks of the service begin on Sundays)."""
    return day - timedelta(days=(day.weekday() + 1) % 7)
