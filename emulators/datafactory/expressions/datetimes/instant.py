"""A point in time: ticks of 100 nanoseconds since the year 1, and whether they are UTC, came with an offset, or say
nothing about it.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum

TICKS_PER_SECOND = 10_000_000
TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
MAXIMUM_TICKS = date.max.toordinal() * TICKS_PER_DAY - 1


def full_year(two_digits: int) -> int:
    """Two digits mean the years 1930 to 2029, in every culture."""
    return 2000 + two_digits if two_digits < 30 else 1900 + two_digits


def offset_ticks(written: str) -> int:
    """An offset from UTC in ticks, as `+1`, `+01`, `+0130` or `-01:30` has it; raises ValueError beyond 14 hours."""
    digits = written[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError("no such offset")
    return (hours * 60 + minutes) * 60 * TICKS_PER_SECOND * (-1 if written[0] == "-" else 1)


class Kind(Enum):
    """What is known of the zone. LOCAL came with an offset and was moved to the machine's zone, which is UTC."""

    UNSPECIFIED = "unspecified"
    UTC = "utc"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time; 0 <= ticks <= MAXIMUM_TICKS."""

    ticks: int
    kind: Kind

    @classmethod
    def of(cls, moment: datetime) -> "Instant":
        """The instant of an aware time, in UTC."""
        utc = moment.astimezone(UTC)
        return cls.at(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond * 10, Kind.UTC)

    @classmethod
    def at(
        cls,
        year: int,
        month: int,
        day: int,
        hour: int = 0,
        minute: int = 0,
        second: int = 0,
        fraction: int = 0,
        kind: Kind = Kind.UNSPECIFIED,
    ) -> "Instant":
        """The instant of a date and a time of day; `fraction` in ticks. ValueError when there is none."""
        days = date(year, month, day).toordinal() - 1
        if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
            raise ValueError("no such time of day")
        return cls(((days * 24 + hour) * 60 + minute) * 60 * TICKS_PER_SECOND + second * TICKS_PER_SECOND, kind).plus(
            fraction
        )

    @property
    def date(self) -> date:
        """The calendar day."""
        return date.fromordinal(self.ticks // TICKS_PER_DAY + 1)

    @property
    def seconds_of_day(self) -> int:
        """Whole seconds since midnight."""
        return self.ticks % TICKS_PER_DAY // TICKS_PER_SECOND

    @property
    def fraction(self) -> int:
        """Ticks since the last whole second."""
        return self.ticks % TICKS_PER_SECOND

    def plus(self, ticks: int) -> "Instant":
        """Later by so many ticks; raises OverflowError outside of the years 1 to 9999."""
        total = self.ticks + ticks
        if not 0 <= total <= MAXIMUM_TICKS:
            raise OverflowError("outside of the years 1 to 9999")
        return Instant(total, self.kind)

    def plus_months(self, months: int) -> "Instant":
        """Later by so many months, at the end of the month where the day is missing; raises OverflowError."""
        today = self.date
        year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
        if not 1 <= year <= 9999:
            raise OverflowError("outside of the years 1 to 9999")
        day = min(today.day, calendar.monthrange(year, month + 1)[1])
        days = date(year, month + 1, day).toordinal() - 1
        return Instant(days * TICKS_PER_DAY + self.ticks % TICKS_PER_DAY, self.kind)

    def floor(self, ticks: int) -> "Instant":
        """The last whole multiple of so many ticks."""
        return Instant(self.ticks - self.ticks % ticks, self.kind)

    def with_kind(self, kind: Kind) -> "Instant":
        """The same ticks, read as another kind."""
        return Instant(self.ticks, kind)
