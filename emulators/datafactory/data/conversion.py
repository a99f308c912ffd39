"""From one interim type to another: whole columns at once where the library can, else value by value.

A value that cannot be converted makes its row incompatible; the others go on. Which pairs of types convert is
documented for the copy activity's schema mapping; texts are read and written as .NET does, by the conversion's rules.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.interim_types import ARROW, interim_type_of
from emulators.datafactory.data.rules import Rules
from emulators.datafactory.data.text_values import PARSERS, fitted_decimal, in_range
from emulators.datafactory.data.timespans import ticks_of, timespan_text
from emulators.datafactory.expressions.datetimes.formatting import format_instant
from emulators.datafactory.expressions.datetimes.instant import Instant, Kind
from emulators.datafactory.expressions.text import float_text

NUMBERS = frozenset(
    {"Boolean", "Byte", "Decimal", "Double", "Int16", "Int32", "Int64", "SByte", "Single", "UInt16", "UInt32", "UInt64"}
)
TIMES = frozenset({"DateTime", "DateTimeOffset"})
_USUAL = Rules()


@dataclass(frozen=True)
class Converted:
    """The column after conversion, null where a value could not be converted; `reasons` tells why, by row."""

    column: pa.Array
    reasons: dict[int, str]


def convert(column: pa.Array, target: str, rules: Rules) -> Converted:
    """The column as the interim type `target`."""
    source = interim_type_of(column.type)
    if source == target:
        return _same(column, target, rules)
    if target == "String":
        return Converted(as_text(column, rules), {})
    whole = _at_once(column, source, target, rules)
    return whole if whole is not None else _one_by_one(column, source, target, rules)


def as_text(column: pa.Array, rules: Rules = _USUAL) -> pa.Array:
    """A column as text, the way .NET writes its values; nulls stay."""
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_boolean(kind):
        yes, no = ("1", "0") if rules.booleans_as_numbers else ("True", "False")
        return pc.if_else(column, yes, no)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _with_point(_numbers(column), rules.culture.decimal_separator)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _moments(column, rules)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _each(column, lambda value: base64.b64encode(value).decode())
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        return _each(column, lambda value: timespan_text(ticks_of(value), rules.timespan_format, rules.culture))
    if pa.types.is_nested(kind):
        raise DataError("UserErrorUnsupportedType", f"Values of type {kind} cannot be written as text.", "Sink")
    return column.cast(pa.string())


def _numbers(column: pa.Array) -> pa.Array:
    written = column.cast(pa.string())
    # the library's and .NET's texts differ where an exponent is due, and for what is no number
    odd = pa.types.is_floating(column.type) and pc.any(pc.match_substring_regex(written, "[a-zA-Z]")).as_py()
    return _each(column, float_text) if odd else written


def _with_point(written: pa.Array, point: str) -> pa.Array:
    return written if point == "." else pc.replace_substring(written, ".", point)


def _moments(column: pa.Array, rules: Rules) -> pa.Array:
    zone = "UTC" if getattr(column.type, "tz", None) else None
    form = rules.offset_format if zone else rules.datetime_format
    moments = column.cast(pa.timestamp("us", tz=zone), safe=False)  # 100 ns are the service's smallest unit
    if form:
        kind = Kind.LOCAL if zone else Kind.UNSPECIFIED
        try:
            return _each(moments, lambda value: format_instant(_instant(value, kind), form, rules.culture))
        except OverflowError:
            message = f"A time outside of the years 1 to 9999 cannot be written in the format '{form}'."
            raise DataError("TypeConversionFailure", message) from None
    # as in copied files (observed): yyyy-MM-dd HH:mm:ss.fffffff, then +00:00 where there is an offset
    ending = "0 +00:00" if zone else "0"
    return pc.binary_join_element_wise(pc.strftime(moments, "%Y-%m-%d %H:%M:%S"), ending, "")


def _instant(value: datetime, kind: Kind) -> Instant:
    day = Instant.at(value.year, value.month, value.day, value.hour, value.minute, value.second, kind=kind)
    return day.plus(value.microsecond * 10)


def value_text(value: Any) -> str:
    """One value as a log shows it."""
    return "" if value is None else str(as_text(pa.array([value]))[0].as_py())


def _same(column: pa.Array, target: str, rules: Rules) -> Converted:
    """One interim type has several Arrow types: other units of time, other decimals."""
    if column.type == ARROW[target]:
        return Converted(column, {})
    if target == "TimeSpan":
        return Converted(as_text(column), {})  # the constant format, in which periods travel
    if target == "Decimal":
        # the library's own rescaling overflows in silence where the new scale leaves too few digits
        return _one_by_one(column, target, target, rules)
    return Converted(column.cast(ARROW[target], safe=target not in TIMES), {})


def _each(column: pa.Array, write: Callable[[Any], str]) -> pa.Array:
    return pa.array([None if value is None else write(value) for value in column.to_pylist()], pa.string())


def _at_once(column: pa.Array, source: str, target: str, rules: Rules) -> Converted | None:
    """The whole column by the library, where its rules and .NET's agree and every value is good; else None."""
    numeric = target in NUMBERS - {"Boolean"}
    foreign = target in {"Double", "Single"} and rules.culture.decimal_separator != "."
    if source == "String" and numeric and target != "Decimal" and not foreign:
        column = pc.utf8_trim_whitespace(column)
    elif not (numeric and source in NUMBERS - {"Boolean"}) or source in {"Double", "Single", "Decimal"}:
        return None
    try:
        return Converted(column.cast(ARROW[target]), {})
    except pa.ArrowInvalid:
        return None


def _one_by_one(column: pa.Array, source: str, target: str, rules: Rules) -> Converted:
    values: list[Any] = []
    reasons: dict[int, str] = {}
    for row, value in enumerate(column.to_pylist()):
        try:
            values.append(None if value is None else _converted(value, source, target, rules))
        except (ValueError, OverflowError, InvalidOperation) as error:
            values.append(None)
            reasons[row] = str(error)
    return Converted(pa.array(values, ARROW[target]), reasons)


def _converted(value: Any, source: str, target: str, rules: Rules) -> Any:
    if source == "String":
        return PARSERS[target](value, rules)
    if source in NUMBERS and target in NUMBERS:
        return _number(value, target, rules)
    if source in TIMES and target in TIMES:
        if source == "DateTimeOffset" and not rules.truncate:
            raise ValueError("The offset would be truncated.")
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware if target == "DateTimeOffset" else aware.astimezone(UTC).replace(tzinfo=None)
    raise ValueError(f"There is no conversion from {source} to {target}.")


def _number(value: Any, target: str, rules: Rules) -> Any:
    if target == "Boolean":
        return bool(value)
    if target == "Decimal":
        return fitted_decimal(Decimal(int(value) if isinstance(value, bool) else str(value)))
    if target in {"Double", "Single"}:
        return float(value)
    whole = int(value)
    if whole != value and not rules.truncate:
        raise ValueError("The value would be truncated.")
    return in_range(whole, target)
