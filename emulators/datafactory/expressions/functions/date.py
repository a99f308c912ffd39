"""Functions of time. Timestamps are text; the result's suffix tells what the input said of its zone, and the current
time comes from the scope.
"""

from collections.abc import Callable
from typing import Any

from emulators.datafactory.expressions.datetimes.cultures import culture_named
from emulators.datafactory.expressions.datetimes.formatting import format_instant, round_trip
from emulators.datafactory.expressions.datetimes.instant import TICKS_PER_DAY, TICKS_PER_SECOND, Instant, Kind
from emulators.datafactory.expressions.datetimes.parsing import parse_instant
from emulators.datafactory.expressions.datetimes.zones import AmbiguousTime, Zone, zone_named
from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions.signature import (
    ABSENT,
    INTEGER,
    PARAMETER_S,
    STRING,
    Check,
    Family,
    Parameter,
)
from emulators.datafactory.expressions.scope import Scope
from emulators.datafactory.expressions.values import check_int64, int32

family = Family("date")

_TEXT = Parameter(STRING, "to be of type string")
_TIME = Parameter(STRING, "to be a string that contains the time")
_TIMESTAMP = Parameter(STRING, "to be a string that represents a timestamp")
_FORMAT = Parameter(STRING, "to be a string that contains a date time format")
_UNIT = Parameter(STRING, "to be a string that contains the time unit")
_INTEGER = Parameter(INTEGER, "to be an integer")

_LATE = Parameter(STRING, "to be of type string", late=True)
"""A format that these functions look at only once the timestamp is read (observed)."""

TICKS_PER_MINUTE = 60 * TICKS_PER_SECOND
TICKS_PER_HOUR = 60 * TICKS_PER_MINUTE

_UNITS = ("second", "minute", "hour", "day", "week", "month", "year")
_UNIT_TICKS = {
    "second": TICKS_PER_SECOND,
    "minute": TICKS_PER_MINUTE,
    "hour": TICKS_PER_HOUR,
    "day": TICKS_PER_DAY,
    "week": 7 * TICKS_PER_DAY,
}


def _parsed(name: str, text: str, scope: Scope) -> Instant:
    try:
        return parse_instant(text, scope.now)
    except ValueError:
        raise ExpressionError(
            f"In function '{name}', the value provided for date time string '{text}' was not valid. The datetime"
            " string must match ISO 8601 format."
        ) from None


def _checked(check: Check, place: int, pattern: Any) -> str | None:
    """A late format, or None when none was given."""
    if pattern is ABSENT:
        return None
    check(place, pattern)
    return str(pattern)


def _written(name: str, instant: Instant, pattern: str | None, locale: str = "en-US") -> str:
    pattern = "o" if pattern is None else pattern
    if pattern == "o" and locale == "en-US":
        return round_trip(instant)
    try:
        culture = culture_named(locale)
    except ValueError:
        raise ExpressionError(
            f"The function '{name}' was unable to find the locale associated with '{locale}'. The provided locale"
            " name is either invalid or does not have a locale associated with it."
        ) from None
    try:
        return format_instant(instant, pattern, culture)
    except ValueError:
        raise ExpressionError(
            f"The function '{name}' format parameter '{pattern}' is not supported. The format must be a valid single"
            " format"
            " specifier character (such as 'd' or 'g') or a valid custom format pattern (such as 'MMMM dd, yyyy' or"
            " 'hh:mm:ss.ff'). For details please review the Standard Date and Time Format Strings and the Custom"
            " Date and Time Format Strings of the .Net framework."
        ) from None


@family(
    "utcNow",
    f"can be invoked with no parameters or with an optional format parameter. {PARAMETER_S}",
    _TEXT,
    minimum=0,
    scoped=True,
)
def utc_now(scope: Scope, pattern: str | None = None) -> str:
    """The scope's current time, in UTC."""
    return _written("utcNow", Instant.of(scope.now()), pattern)


@family(
    "formatDateTime",
    "expects a timestamp as the first parameter, an optional format string as the second parameter and an optional"
    f" locale as the third parameter. {PARAMETER_S}",
    _TEXT,
    _LATE,
    _LATE,
    minimum=1,
    scoped=True,
)
def format_date_time(scope: Scope, check: Check, text: str, pattern: Any = ABSENT, locale: Any = "en-US") -> str:
    """The timestamp in another format and language."""
    instant = _parsed("formatDateTime", text, scope)
    layout = _checked(check, 1, pattern)
    check(2, locale)
    return _written("formatDateTime", instant, layout, locale)


_NARROW = ("addMinutes", "addSeconds")
_WIDEST = 315_537_897_600_000 * 10_000
"""Ticks that .NET is willing to add at all in these functions; beyond, it complains in other words (observed)."""


def _adder(name: str, unit: str, ticks: int) -> None:
    """Registers one of `addDays`, `addHours`, `addMinutes`, `addSeconds`."""

    format_expects = "to be of type string"
    if name == "addSeconds":  # its sentence says the type twice (observed)
        format_expects += ". The provided value is of type '{type}'"

    @family(
        name,
        f"expects a timestamp as the first parameter, the number of {unit} to add as the second parameter, and an"
        f" optional format string as the third parameter. {PARAMETER_S}",
        _TIME,
        _INTEGER,
        Parameter(STRING, format_expects, late=True),
        minimum=2,
        scoped=True,
    )
    def add(scope: Scope, check: Check, text: str, amount: int, pattern: Any = ABSENT) -> str:
        check_int64(amount)
        instant = _parsed(name, text, scope)
        layout = _checked(check, 2, pattern)
        try:
            return _written(name, instant.plus(amount * ticks), layout)
        except OverflowError:
            if name in _NARROW:
                raise ExpressionError(
                    "Value to add was out of range. (Parameter 'value')"
                    if abs(amount) * ticks > _WIDEST
                    else "The added or subtracted value results in an un-representable DateTime. (Parameter 'value')"
                ) from None
            raise ExpressionError(
                f"The function '{name}' second parameter '{amount}' is not valid. The added or subtracted value"
                " results in an unrepresentable DateTime."
            ) from None


_adder("addDays", "days", TICKS_PER_DAY)
_adder("addHours", "hours", TICKS_PER_HOUR)
_adder("addMinutes", "minutes", TICKS_PER_MINUTE)
_adder("addSeconds", "seconds", TICKS_PER_SECOND)


_SHIFT = (
    "expects a timestamp as the first parameter, an interval as the second parameter, a time unit as the third"
    f" parameter, and an optional format string as the fourth parameter. {PARAMETER_S}"
)
_FROM_NOW = (
    "expects an interval as the first parameter, a time unit as the second parameter, and an optional format string"
    f" as the third parameter. {PARAMETER_S}"
)


@family("addToTime", _SHIFT, _TIME, _INTEGER, _UNIT, _FORMAT, minimum=3, scoped=True)
def add_to_time(scope: Scope, text: str, interval: int, unit: str, pattern: str | None = None) -> str:
    """Later by an interval; months and years end at the end of the month."""
    return _shifted("addToTime", lambda: _parsed("addToTime", text, scope), interval, unit, pattern)


@family("subtractFromTime", _SHIFT, _TIME, _INTEGER, _UNIT, _FORMAT, minimum=3, scoped=True)
def subtract_from_time(scope: Scope, text: str, interval: int, unit: str, pattern: str | None = None) -> str:
    """Earlier by an interval; months and years end at the end of the month."""
    return _shifted("subtractFromTime", lambda: _parsed("subtractFromTime", text, scope), -interval, unit, pattern)


@family("getFutureTime", _FROM_NOW, _INTEGER, _UNIT, _FORMAT, minimum=2, scoped=True)
def get_future_time(scope: Scope, interval: int, unit: str, pattern: str | None = None) -> str:
    """The scope's current time and an interval."""
    return _shifted("getFutureTime", lambda: Instant.of(scope.now()), interval, unit, pattern)


@family("getPastTime", _FROM_NOW, _INTEGER, _UNIT, _FORMAT, minimum=2, scoped=True)
def get_past_time(scope: Scope, interval: int, unit: str, pattern: str | None = None) -> str:
    """The scope's current time less an interval."""
    return _shifted("getPastTime", lambda: Instant.of(scope.now()), -interval, unit, pattern)


def _shifted(name: str, start: Callable[[], Instant], interval: int, unit: str, pattern: str | None) -> str:
    known = _unit(unit)
    instant = start()
    if known is None:
        raise ExpressionError(
            f"The function '{name}' expects its second parameter to be a string that represents a valid time unit."
            f" The provided value '{unit}' is not a valid time unit."
        )
    amount = int32(interval)
    try:
        if known in _UNIT_TICKS:
            moved = instant.plus(amount * _UNIT_TICKS[known])
        else:
            moved = instant.plus_months(amount * (12 if known == "year" else 1))
    except OverflowError:
        raise ExpressionError(
            f"The function '{name}' could not create time value with time interval '{amount}' and time unit"
            f" '{unit}'. It results in an out of time range value."
        ) from None
    return _written(name, moved, pattern)


def _unit(text: str) -> str | None:
    """The unit of a name in any case, or of its number; .NET reads the text as an enumeration (observed)."""
    name = text.strip().lower()
    if name in _UNITS:
        return name
    return _UNITS[int(name) - 1] if name.isascii() and name.isdigit() and 1 <= int(name[:9]) <= len(_UNITS) else None


def _zone(name: str, zone: str) -> Zone:
    try:
        return zone_named(zone)
    except ValueError:
        raise ExpressionError(
            f"In the function '{name}', the value provided for the time zone id '{zone}' was not valid."
        ) from None


@family(
    "convertFromUtc",
    "expects a timestamp as the first parameter, a target time zone as the second parameter, and an optional format"
    f" string as the third parameter. {PARAMETER_S}",
    _TIME,
    Parameter(STRING, "to be a string that contains the target time zone"),
    _FORMAT,
    minimum=2,
    scoped=True,
)
def convert_from_utc(scope: Scope, text: str, zone: str, pattern: str | None = None) -> str:
    """The local time of a UTC time, which must end in `Z` (observed)."""
    instant = _parsed("convertFromUtc", text, scope)
    if instant.kind is not Kind.UTC:
        raise ExpressionError(
            "The function 'convertFromUtc' expects its first parameter to be a string that contains a UTC date time."
            f" The value was '{round_trip(instant)}'."
        )
    return _written("convertFromUtc", _zone("convertFromUtc", zone).from_utc(instant), pattern)


@family(
    "convertToUtc",
    "expects a timestamp as the first parameter, a source time zone as the second parameter, and an optional format"
    f" string as the third parameter. {PARAMETER_S}",
    _TIME,
    Parameter(STRING, "to be a string that contains the source time zone"),
    _FORMAT,
    minimum=2,
    scoped=True,
)
def convert_to_utc(scope: Scope, text: str, zone: str, pattern: str | None = None) -> str:
    """The UTC time of a local time, which must not tell a zone of its own (observed)."""
    source = _zone("convertToUtc", zone)
    instant = _parsed("convertToUtc", text, scope)
    if instant.kind is not Kind.UNSPECIFIED and not (instant.kind is Kind.UTC and source.is_utc):
        raise ExpressionError(
            "The function 'convertToUtc' expects its second parameter to be a time zone matching the time zone"
            " indicated by the"
            f" timestamp. The provided value '{source.display_name}' is not valid or does not match the timestamp"
            f" '{round_trip(instant)}'."
        )
    return _written("convertToUtc", _to_utc("convertToUtc", instant, source), pattern)


@family(
    "convertTimeZone",
    "expects a timestamp as the first parameter, a source time zone as the second parameter, a target time zone as"
    f" the third parameter, and an optional format string as the fourth parameter. {PARAMETER_S}",
    _TIME,
    Parameter(STRING, "to be a string that contains a source time zone"),
    Parameter(STRING, "to be a string that contains the target time zone"),
    _FORMAT,
    minimum=3,
    scoped=True,
)
def convert_time_zone(scope: Scope, text: str, source: str, target: str, pattern: str | None = None) -> str:
    """The time in another zone; a zone in the timestamp itself wins over the source zone (observed)."""
    instant = _parsed("convertTimeZone", text, scope)
    origin = _zone("convertTimeZone", source)
    destination = _zone("convertTimeZone", target)
    if instant.kind is Kind.UNSPECIFIED:
        instant = _to_utc("convertTimeZone", instant, origin)
    return _written("convertTimeZone", destination.from_utc(instant), pattern)


def _to_utc(name: str, instant: Instant, zone: Zone) -> Instant:
    try:
        return zone.to_utc(instant)
    except AmbiguousTime as error:
        raise ExpressionError(
            f"The function '{name}' was given a timestamp '{round_trip(instant)}' that was invalid or ambiguous in"
            f" the source time zone '{error}'."
        ) from None


def _part(name: str, part: Callable[[Instant], int]) -> None:
    """Registers a function that reads one number off a timestamp."""

    @family(name, f"expects a single parameter that is a timestamp. {PARAMETER_S}", _TIMESTAMP, scoped=True)
    def read(scope: Scope, text: str) -> int:
        return part(_parsed(name, text, scope))


_part("dayOfMonth", lambda instant: instant.date.day)
_part("dayOfWeek", lambda instant: instant.date.isoweekday() % 7)
_part("dayOfYear", lambda instant: instant.date.timetuple().tm_yday)
_part("ticks", lambda instant: instant.ticks)


def _start(name: str, floor: Callable[[Instant], Instant]) -> None:
    """Registers a function that goes back to the start of the hour, day or month."""

    @family(
        name,
        "expects a timestamp as the first parameter and an optional format string as the second parameter."
        f" {PARAMETER_S}",
        _TIMESTAMP,
        _LATE,
        minimum=1,
        scoped=True,
    )
    def go_back(scope: Scope, check: Check, text: str, pattern: Any = ABSENT) -> str:
        instant = _parsed(name, text, scope)
        return _written(name, floor(instant), _checked(check, 1, pattern))


def _start_of_month(instant: Instant) -> Instant:
    midnight = instant.floor(TICKS_PER_DAY)
    return midnight.plus(-(instant.date.day - 1) * TICKS_PER_DAY)


_start("startOfHour", lambda instant: instant.floor(TICKS_PER_HOUR))
_start("startOfDay", lambda instant: instant.floor(TICKS_PER_DAY))
_start("startOfMonth", _start_of_month)
