"""The types that a table's columns are declared with, and the interim types they mean, by the connectors' tables.

SQLite keeps whatever a declaration says; the names are the real databases'. Where they differ the wider one counts:
`real` is a Double as SQLite's own, `timestamp` a time as everywhere but in SQL Server, a decimal without digits has as
many as there are (assumed, so that nothing is lost). A name that is not known has the type of SQLite's affinity.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.interim_types import ARROW, DECIMAL_PRECISION, interim_type_of

_WRITTEN = re.compile(r"\s*(?P<name>[^()]*?)\s*(?:\(\s*(?P<first>\w+)\s*(?:,\s*(?P<second>\d+)\s*)?\)\s*(?P<rest>.*))?")

_LONGEST = 76
"""Digits that are enough to round any Decimal."""

_MEANINGS: Mapping[str, tuple[str, ...]] = {
    "Boolean": ("bit", "bool", "boolean"),
    "Byte": ("tinyint",),
    "Byte[]": ("binary", "blob", "bytea", "image", "longblob", "raw", "rowversion", "varbinary"),
    "DateTime": ("date", "datetime", "datetime2", "smalldatetime", "timestamp", "timestamp_ntz"),
    "DateTimeOffset": ("datetimeoffset", "timestamp with time zone", "timestamp_ltz", "timestamp_tz", "timestamptz"),
    "Decimal": ("dec", "decimal", "money", "number", "numeric", "smallmoney"),
    "Double": ("double", "double precision", "float", "float8", "real"),
    "Guid": ("uniqueidentifier", "uuid"),
    "Int16": ("int2", "smallint"),
    "Int32": ("int", "int4", "integer", "mediumint"),
    "Int64": ("bigint", "int8"),
    "Single": ("float4",),
    "String": ("json", "jsonb", "string", "xml"),
    "TimeSpan": ("time",),
}
_NAMES = {name: interim for interim, names in _MEANINGS.items() for name in names}

_AFFINITIES = (
    ("int", "Int64"),
    ("char", "String"),
    ("clob", "String"),
    ("text", "String"),
    ("blob", "Byte[]"),
    ("real", "Double"),
    ("floa", "Double"),
    ("doub", "Double"),
)
"""SQLite's rules of affinity for all other names, in their order; most names of texts come under them."""

_MONEY = {"money": (19, 4), "smallmoney": (10, 4)}


@dataclass(frozen=True)
class ColumnType:
    """`interim` is the interim type and `arrow` what carries it; `length` is the most characters or bytes, None for
    any number; `is_day` says that a DateTime has no time.
    """

    interim: str
    arrow: pa.DataType
    length: int | None = None
    is_day: bool = False
    digits: tuple[int, int] | None = None
    """Precision and scale of a Decimal that is declared with them."""


def column_type(declared: str) -> ColumnType | None:
    """The type behind a declaration, None for one that says nothing."""
    written = _WRITTEN.fullmatch(declared.lower())
    if written is None:
        return None
    name = " ".join(f"{written['name']} {written['rest'] or ''}".split())
    interim = _NAMES.get(name) or next((meant for part, meant in _AFFINITIES if part in name), None)
    if interim is None:
        return None
    first = int(written["first"]) if (written["first"] or "").isdecimal() else None
    if interim == "Decimal":
        digits = _MONEY.get(name) or ((first, int(written["second"] or 0)) if first is not None else None)
        if digits is not None and 0 <= digits[1] <= digits[0] <= DECIMAL_PRECISION and digits[0]:
            return ColumnType(interim, pa.decimal128(*digits), digits=digits)
    length = first if interim in {"String", "Byte[]"} else None
    return ColumnType(interim, ARROW[interim], length, is_day=name == "date")


def rounded(value: Decimal, scale: int) -> Decimal:
    """The number with so many digits after the point, halves away from zero as SQL Server does."""
    with localcontext() as context:
        context.prec = _LONGEST
        return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


def type_of_values(values: Sequence[Any]) -> ColumnType:
    """The type of a column without declaration, by the values of its first rows; text where they are mixed."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int}:
        interim = "Int64"
    elif kinds and kinds <= {int, float}:
        interim = "Double"
    else:
        interim = "Byte[]" if kinds == {bytes} else "String"
    return ColumnType(interim, ARROW[interim])


_CREATED: Mapping[str, str] = {
    "Boolean": "bit",
    "Byte": "tinyint",
    "Byte[]": "varbinary",
    "DateTime": "datetime2",
    "DateTimeOffset": "datetimeoffset",
    "Double": "float",
    "Int16": "smallint",
    "Int32": "int",
    "Int64": "bigint",
    "SByte": "smallint",
    "Single": "float4",
    "String": "nvarchar",
    "TimeSpan": "time",
    "UInt16": "int",
    "UInt32": "bigint",
    "UInt64": "decimal(20, 0)",
}


def declaration(column: str, arrow: pa.DataType) -> str:
    """What a column is declared as in a table that a copy creates (the documented tables, read the other way; SQLite
    knows no `(max)`).

    Raises DataError SqlAutoCreateTableTypeMapFailed (documented) for a type that no column has.
    """
    interim = interim_type_of(arrow)
    if interim == "Decimal":
        return f"decimal({arrow.precision}, {arrow.scale})"
    if interim not in _CREATED:
        raise DataError(
            "SqlAutoCreateTableTypeMapFailed",
            f"Type '{arrow}' in source side cannot be mapped to a type that supported by sink side(column "
            f"name:'{column}') in autocreate table.",
            "Sink",
        )
    return _CREATED[interim]
