"""Avro's types and Arrow's: what a column of a file is read as, and which Avro type a column is written as.

A column may be of a primitive type, with or without one of the logical types, or a union of one such type with null,
which is how Avro says that a column may be empty. Everything else is complex, and complex types are not supported by
copies (documented: records, enums, arrays, maps, unions and fixed). Logical types are not documented: that they are
read as what they mean is assumed.
"""

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.settings import Settings, text

RECORD_NAME = "topLevelRecord"
"""The record's name where the activity gives none (assumed; Avro demands one)."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

_PRIMITIVES: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "bytes": pa.binary(),
    "double": pa.float64(),
    "float": pa.float32(),
    "int": pa.int32(),
    "long": pa.int64(),
    "null": pa.string(),
    "string": pa.string(),
}

_LOGICAL: Mapping[tuple[str, str], pa.DataType] = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "local-timestamp-micros"): pa.timestamp("us"),
    ("long", "local-timestamp-millis"): pa.timestamp("ms"),
    ("long", "time-micros"): pa.time64("us"),
    ("long", "timestamp-micros"): pa.timestamp("us", tz="UTC"),
    ("long", "timestamp-millis"): pa.timestamp("ms", tz="UTC"),
}
"""A logical type that is not listed counts as what carries it, as Avro's specification has it; a uuid is a text."""

_WRITTEN: Mapping[pa.DataType, str] = {
    pa.bool_(): "boolean",
    pa.float16(): "float",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.int8(): "int",
    pa.int16(): "int",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.uint8(): "int",
    pa.uint16(): "int",
    pa.uint32(): "long",
}


def columns_of(schema: Any, file: str) -> pa.Schema:
    """The columns of a file's Avro schema; raises DataError naming the column that no copy can take."""
    if not isinstance(schema, Mapping) or schema.get("type") != "record":
        raise DataError("AvroNotSupportedType", f"The file '{file}' holds no records: its Avro schema is {schema}.")
    return pa.schema([(field["name"], _read_as(field["type"], field["name"], file)) for field in schema["fields"]])


def _read_as(kind: Any, column: str, file: str) -> pa.DataType:
    if isinstance(kind, list):
        rest = [member for member in kind if member != "null"]
        if len(rest) < 2:
            return _read_as(rest[0] if rest else "null", column, file)
    name = kind.get("type") if isinstance(kind, Mapping) else kind
    if isinstance(name, Mapping):
        return _read_as(name, column, file)
    if not isinstance(name, str) or name not in _PRIMITIVES:
        raise DataError(
            "AvroNotSupportedType",
            f"The column '{column}' of the file '{file}' has the complex Avro type {_shown(kind)}. Records, enums, "
            "arrays, maps, fixed and unions of more than one type and null are not supported by the copy activity.",
        )
    logical = str(kind.get("logicalType", "")) if isinstance(kind, Mapping) else ""
    if (name, logical) == ("bytes", "decimal"):
        return _decimal(kind)
    return _LOGICAL.get((name, logical), _PRIMITIVES[name])


def _decimal(kind: Mapping[str, Any]) -> pa.DataType:
    precision, scale = int(kind["precision"]), int(kind.get("scale", 0))
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)


def _shown(kind: Any) -> str:
    if isinstance(kind, list):
        return f"union of {', '.join(_shown(member) for member in kind)}"
    return str(kind.get("type") if isinstance(kind, Mapping) else kind)


def schema_for(columns: pa.Schema, settings: Settings) -> dict[str, Any]:
    """The Avro schema to write columns with, each of which may be null; raises DataError for names that Avro has not.

    The columns must have been through `written_as`.
    """
    name = text(settings, "recordName") or RECORD_NAME
    namespace = text(settings, "recordNamespace")
    for setting, parts in (("recordName", [name]), ("recordNamespace", namespace.split(".") if namespace else [])):
        if not all(_NAME.fullmatch(part) for part in parts):
            raise InvalidSettings(f"'{setting}' is no name in Avro: '{'.'.join(parts)}'. {_RULE}", "Sink")
    for column in columns.names:
        if not _NAME.fullmatch(column):
            # that white space is refused is documented, the rest is Avro's own rule; the code is assumed
            raise DataError("AvroInvalidColumnName", f"The column name '{column}' is no name in Avro. {_RULE}", "Sink")
    fields = [
        {"name": field.name, "type": ["null", _avro_type(field.type, field.name)], "default": None} for field in columns
    ]
    return {"type": "record", "name": name, **({"namespace": namespace} if namespace else {}), "fields": fields}


_RULE = "A name consists of the letters A to Z, digits and '_', and does not begin with a digit; map it to another."


def written_as(kind: pa.DataType) -> pa.DataType:
    """The Arrow type to cast a column to before it is written, so that its values are those that Avro has."""
    if pa.types.is_uint64(kind):
        return pa.decimal128(20)
    if pa.types.is_time(kind):
        return pa.time64("us")
    if pa.types.is_date(kind):
        return pa.date32()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if pa.types.is_fixed_size_binary(kind) or pa.types.is_large_binary(kind):
        return pa.binary()
    if kind in _WRITTEN or pa.types.is_decimal(kind) or pa.types.is_binary(kind) or pa.types.is_nested(kind):
        return kind
    return pa.string()


def _avro_type(kind: pa.DataType, column: str) -> Any:
    if kind in _WRITTEN:
        return _WRITTEN[kind]
    if pa.types.is_decimal(kind):
        return {"type": "bytes", "logicalType": "decimal", "precision": kind.precision, "scale": kind.scale}
    if pa.types.is_nested(kind):
        raise DataError(
            "AvroNotSupportedType", f"The column '{column}' of type {kind} cannot be written as Avro.", "Sink"
        )
    for (carrier, logical), known in _LOGICAL.items():
        if kind == known:
            return {"type": carrier, "logicalType": logical}
    return "bytes" if pa.types.is_binary(kind) else "string"
