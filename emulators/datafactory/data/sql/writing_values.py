"""Columns on their way into a table of the stand-in: each value in the form that SQLite keeps.

SQLite would take everything: what a column's declaration does not allow is found here. Numbers that it would change
are refused too, for it keeps fractions as binary ones with fifteen digits.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.conversion import as_text
from emulators.datafactory.data.interim_types import interim_type_of
from emulators.datafactory.data.sql.column_types import ColumnType, rounded

TOO_LONG = "SqlBulkCopyInvalidColumnLength"
FAILED = "SqlOperationFailed"


class Unfit(Exception):
    """A value that its column does not take; `code` and `message` as the service documents them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def for_sqlite(column: pa.Array, kind: ColumnType | None) -> tuple[list[Any], dict[int, Unfit]]:
    """The values as SQLite takes them, and by row why the column `kind` does not take one."""
    interim = interim_type_of(column.type)
    if interim in {"Complex", "TimeSpan"}:
        column, interim = as_text(column), "String"
    values = column.to_pylist()
    write = _WRITE.get(interim)
    if write is None or (write is _limited and (kind is None or kind.length is None)):
        return values, {}
    unfit: dict[int, Unfit] = {}
    for row, value in enumerate(values):
        if value is not None:
            try:
                values[row] = write(value, kind)
            except Unfit as error:
                unfit[row] = error
    return values, unfit


def _limited(value: Any, kind: ColumnType | None) -> Any:
    if kind is not None and kind.length is not None and len(value) > kind.length:
        raise Unfit(
            TOO_LONG,
            "SQL Bulk Copy failed due to receive an invalid column length from the bcp client. The column takes "
            f"{kind.length}, the value has {len(value)}.",
        )
    return value


def _decimal(value: Decimal, kind: ColumnType | None) -> Any:
    if kind is not None and kind.digits is not None:
        precision, scale = kind.digits
        value = rounded(value, scale)
        if abs(value) >= Decimal(10) ** (precision - scale):
            raise Unfit(FAILED, f"Arithmetic overflow: '{value}' has more digits than decimal({precision}, {scale}).")
    whole = value == value.to_integral_value()
    if whole and -(2**63) <= value < 2**63:
        return int(value)
    near = float(value)
    if Decimal(str(near)) != value:
        raise Unfit(
            FAILED,
            f"The local stand-in is a SQLite database and keeps fifteen digits of a number; '{value:f}' has more.",
        )
    return near


def _float(value: float, kind: ColumnType | None) -> float:
    if not math.isfinite(value):
        raise Unfit(FAILED, f"The supplied value is not a valid instance of data type float: {value}.")
    return value


def _time(value: Any, kind: ColumnType | None) -> str:
    """In the form that texts of Data Factory have, so that both compare rightly; see `stand_in.py`."""
    if kind is not None and kind.is_day:
        return str(value.strftime("%Y-%m-%d"))
    written = str(value.isoformat())
    return written.rstrip("0") if value.microsecond and value.tzinfo is None else written


_WRITE: Mapping[str, Callable[[Any, ColumnType | None], Any]] = {
    "Boolean": lambda value, kind: int(value),
    "Byte[]": _limited,
    "DateTime": _time,
    "DateTimeOffset": _time,
    "Decimal": _decimal,
    "Double": _float,
    "Single": _float,
    "String": _limited,
}
