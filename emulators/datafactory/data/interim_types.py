"""Data Factory's interim types and the Arrow types that carry them. GUID and Timespan travel as text."""

import pyarrow as pa

from emulators.datafactory.data.errors import InvalidSettings

DECIMAL_PRECISION, DECIMAL_SCALE = 38, 18
"""What a decimal without declared precision gets (documented for the conversion to Decimal)."""

ARROW: dict[str, pa.DataType] = {
    "Boolean": pa.bool_(),
    "Byte": pa.uint8(),
    "Byte[]": pa.binary(),
    "DateTime": pa.timestamp("us"),
    "DateTimeOffset": pa.timestamp("us", tz="UTC"),
    "Decimal": pa.decimal128(DECIMAL_PRECISION, DECIMAL_SCALE),
    "Double": pa.float64(),
    "Guid": pa.string(),
    "Int16": pa.int16(),
    "Int32": pa.int32(),
    "Int64": pa.int64(),
    "SByte": pa.int8(),
    "Single": pa.float32(),
    "String": pa.string(),
    "TimeSpan": pa.string(),
    "UInt16": pa.uint16(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
}

_AS_TEXT = frozenset({"Guid", "TimeSpan"})

_SPELLINGS = {name.lower(): name for name in ARROW} | {
    "binary": "Byte[]",
    "bool": "Boolean",
    "float": "Double",
    "int": "Int32",
    "integer": "Int32",
    "long": "Int64",
}


def interim_type(written: str) -> str:
    """The interim type's name, whatever its case; raises InvalidSettings for none."""
    found = _SPELLINGS.get(written.lower())
    if found is None:
        raise InvalidSettings(f"'{written}' is no interim data type.")
    return found


def interim_type_of(arrow: pa.DataType) -> str:
    """The interim type that a column of this Arrow type has."""
    for name, known in ARROW.items():
        if arrow == known and name not in _AS_TEXT:
            return name
    if pa.types.is_timestamp(arrow):
        return "DateTime" if arrow.tz is None else "DateTimeOffset"
    if pa.types.is_date(arrow):
        return "DateTime"
    if pa.types.is_time(arrow) or pa.types.is_duration(arrow):
        return "TimeSpan"
    if pa.types.is_decimal(arrow):
        return "Decimal"
    if pa.types.is_large_string(arrow) or pa.types.is_dictionary(arrow) or pa.types.is_null(arrow):
        return "String"
    if pa.types.is_large_binary(arrow) or pa.types.is_fixed_size_binary(arrow):
        return "Byte[]"
    return "Complex"
