"""Texts as values of the interim types, read as .NET does in the culture en-US.

Each parser raises ValueError with the sentence that .NET has for it; the sentences stand in a row's error.
"""

import base64
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.interim_types import ARROW, DECIMAL_SCALE
from emulators.datafactory.expressions.datetimes.instant import Instant, Kind
from emulators.datafactory.expressions.datetimes.parsing import parse_instant

_EPOCH = datetime(1970, 1, 1)
_WHOLE = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_TIMESPAN = re.compile(r"-?(\d+\.)?\d{1,2}:\d{2}(:\d{2}(\.\d{1,7})?)?", re.ASCII)


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


def _parse_whole(target: str) -> Callable[[str], int]:
    def parse(written: str) -> int:
        if not _WHOLE.fullmatch(written):
            raise ValueError("Input string was not in a correct format.")
        return in_range(int(written), target)

    return parse


def _parse_float(written: str) -> float:
    try:
        return float(written.replace(",", "").replace("_", "x"))
    except ValueError:
        raise ValueError("Input string was not in a correct format.") from None


def _parse_decimal(written: str) -> Decimal:
    try:
        value = Decimal(written.strip().replace(",", "").replace("_", "x"))
    except InvalidOperation:
        raise ValueError("Input string was not in a correct format.") from None
    if not value.is_finite():
        raise ValueError("Input string was not in a correct format.")
    return fitted_decimal(value)


def _parse_boolean(written: str) -> bool:
    found = {"true": True, "false": False, "1": True, "0": False}.get(written.strip().lower())
    if found is None:
        raise ValueError("String was not recognized as a valid Boolean.")
    return found


def _parse_time(written: str) -> datetime:
    return _EPOCH + timedelta(microseconds=(_instant(written).ticks - _EPOCH_TICKS) // 10)


def _parse_aware_time(written: str) -> datetime:
    return _parse_time(written).replace(tzinfo=UTC)


def _instant(written: str) -> Instant:
    try:
        return parse_instant(written, _no_time)
    except (ValueError, OverflowError):
        raise ValueError("String was not recognized as a valid DateTime.") from None


def _no_time() -> datetime:
    """A text without a date means the day of the copy in .NET; rows must not depend on that here."""
    raise ValueError("a date is missing")


def _parse_guid(written: str) -> str:
    try:
        return str(uuid.UUID(written.strip()))
    except ValueError:
        raise ValueError(
            "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
        ) from None


def _parse_timespan(written: str) -> str:
    if not _TIMESPAN.fullmatch(written.strip()):
        raise ValueError("String was not recognized as a valid TimeSpan.")
    return written.strip()


def _parse_bytes(written: str) -> bytes:
    return base64.b64decode(written, validate=True)


_EPOCH_TICKS = Instant.at(1970, 1, 1, kind=Kind.UNSPECIFIED).ticks

PARSERS: dict[str, Callable[[str], Any]] = {
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
