"""Texts as values of the interim types, read as .NET does in the culture and the formats of the rules.

Without a format a time may be written in many ways in English, and in others as ISO 8601 or in the culture's own
patterns (assumed: .NET takes some more). Each parser raises ValueError with the sentence that .NET has for it; the
sentences stand in a row's error.
"""

import base64
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.interim_types import ARROW, DECIMAL_SCALE
from emulators.datafactory.data.rules import DEFAULT_CULTURE, Rules
from emulators.datafactory.data.timespans import parse_timespan, timespan_text
from emulators.datafactory.expressions.datetimes.cultures import Culture
from emulators.datafactory.expressions.datetimes.exact import NoDate, parse_exact
from emulators.datafactory.expressions.datetimes.instant import Instant, Kind
from emulators.datafactory.expressions.datetimes.parsing import parse_instant

_EPOCH = datetime(1970, 1, 1)
_WHOLE = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_SPACES = "\u00a0\u202f"
"""Group separators of cultures that are typed as a space."""
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?", re.ASCII)
_CLOCKS = ("", " H:m", " H:m:s", " H:m:s.FFFFFFF")


def in_range(value: int, target: str) -> int:
    """The number, if the type `target` of whole numbers has it; raises ValueError."""
    kind = ARROW[target]
    bits = kind.bit_width
    low, high = (0, 2**bits) if pa.types.is_unsigned_integer(kind) else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if not low <= value < high:
        raise ValueError(f"Value was either too large or too small for an {target}.")
    return value


def fitted_decimal(value: Decimal) -> Decimal:
    """The number with a Decimal's scale; raises ValueError for one that is too large."""
    with localcontext() as context:
        context.prec = 76
        fitted = value.quantize(Decimal(1).scaleb(-DECIMAL_SCALE))
    if abs(fitted) >= Decimal(10) ** 20:
        raise ValueError("Value was either too large or too small for a Decimal.")
    return fitted


def _parse_whole(target: str) -> Callable[[str, Rules], int]:
    def parse(written: str, rules: Rules) -> int:
        if not _WHOLE.fullmatch(written):
            raise ValueError(_NO_NUMBER)
        return in_range(int(written), target)

    return parse


_NO_NUMBER = "Input string was not in a correct format."


def _plain_number(written: str, culture: Culture) -> str:
    """A number's text without groups, its point as Python has it."""
    group, point = culture.group_separator, culture.decimal_separator
    for separator in {group, " ", *_SPACES} if group in {" ", *_SPACES} else {group}:
        written = written.replace(separator, "")
    if point != ".":
        written = written.replace(".", "x").replace(point, ".")
    return written.replace("_", "x")


def _parse_float(written: str, rules: Rules) -> float:
    try:
        return float(_plain_number(written.strip(), rules.culture))
    except ValueError:
        raise ValueError(_NO_NUMBER) from None


def _parse_decimal(written: str, rules: Rules) -> Decimal:
    try:
        value = Decimal(_plain_number(written.strip(), rules.culture))
    except InvalidOperation:
        raise ValueError(_NO_NUMBER) from None
    if not value.is_finite():
        raise ValueError(_NO_NUMBER)
    return fitted_decimal(value)


def _parse_boolean(written: str, rules: Rules) -> bool:
    found = {"true": True, "false": False, "1": True, "0": False}.get(written.strip().lower())
    if found is None:
        raise ValueError("String was not recognized as a valid Boolean.")
    return found


def _parse_time(written: str, rules: Rules) -> datetime:
    return _moment(written, rules.datetime_format, rules)


def _parse_aware_time(written: str, rules: Rules) -> datetime:
    return _moment(written, rules.offset_format, rules).replace(tzinfo=UTC)


def _moment(written: str, form: str, rules: Rules) -> datetime:
    try:
        instant = parse_exact(written.strip(), form, rules.culture) if form else _usual(written, rules)
        return _EPOCH + timedelta(microseconds=(instant.ticks - _EPOCH_TICKS) // 10)
    except NoDate:
        raise ValueError(f"The format '{form}' has no date, which would mean the day of the copy.") from None
    except (ValueError, OverflowError):
        exactly = f" in the format '{form}'" if form else ""
        raise ValueError(f"String was not recognized as a valid DateTime{exactly}.") from None


def _usual(written: str, rules: Rules) -> Instant:
    if rules.tag == DEFAULT_CULTURE or _ISO.fullmatch(written.strip()):
        return parse_instant(written, _no_time)
    for pattern in _patterns(rules.culture):
        try:
            return parse_exact(written.strip(), pattern, rules.culture)
        except ValueError:
            continue
    raise ValueError("no time")


def _patterns(culture: Culture) -> Iterator[str]:
    """The culture's ways to write a time, with one digit or two wherever a number stands."""
    for day in (culture.short_date, culture.long_date):
        for clock in (*_CLOCKS, f" {culture.short_time}", f" {culture.long_time}"):
            yield re.sub(r"\b(dd|MM|HH|hh|mm|ss)\b", lambda found: found[0][0], day + clock)


def _no_time() -> datetime:
    """A text without a date means the day of the copy in .NET; rows must not depend on that here."""
    raise ValueError("a date is missing")


def _parse_guid(written: str, rules: Rules) -> str:
    try:
        return str(uuid.UUID(written.strip()))
    except ValueError:
        raise ValueError(
            "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
        ) from None


def _parse_timespan(written: str, rules: Rules) -> str:
    """The period as .NET's constant format has it, which is how periods travel."""
    return timespan_text(parse_timespan(written, rules.timespan_format, rules.culture))


def _parse_bytes(written: str, rules: Rules) -> bytes:
    return base64.b64decode(written, validate=True)


_EPOCH_TICKS = Instant.at(1970, 1, 1, kind=Kind.UNSPECIFIED).ticks

PARSERS: dict[str, Callable[[str, Rules], Any]] = {
    "Boolean": _parse_boolean,
    "Byte[]": _parse_bytes,
    "DateTime": _parse_time,
    "DateTimeOffset": _parse_aware_time,
    "Decimal": _parse_decimal,
    "Double": _parse_float,
    "Guid": _parse_guid,
    "Single": _parse_float,
    "TimeSpan": _parse_timespan,
    **{name: _parse_whole(name) for name in ("Byte", "Int16", "Int32", "Int64", "SByte", "UInt16", "UInt32", "UInt64")},
}
