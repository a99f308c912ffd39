"""Parameters of SQL activities: JSON values made into what the declared type means, for binding by name.

They are bound, never written into the text, so a value cannot become SQL.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from emulators.datafactory.data.errors import InvalidSettings

Bound = dict[str, Any]
"""Name without `@` → value, as SQLite binds it."""


def bound(name: str, declared: Any, value: Any, asked_by: str) -> Any:
    """The value to bind for a parameter of a declared type (all documented types are known, in whatever case).

    Dates and identifiers stay text in their usual form, which SQLite compares rightly. Raises InvalidSettings.
    """
    if value is None:
        return None
    kind = str(declared or "String")
    convert = _CONVERSIONS.get(kind.lower())
    if convert is None:
        raise InvalidSettings(f"The parameter '{name}' of {asked_by} has the unknown type '{kind}'.")
    try:
        return convert(value)
    except (TypeError, ValueError, InvalidOperation):
        raise InvalidSettings(f"The value of parameter '{name}' of {asked_by} is no '{kind}': {value!r}") from None


def of_procedure(written: Any, name: str) -> Bound:
    """The `storedProcedureParameters` of a procedure: names with values and types. Raises InvalidSettings."""
    if not written:
        return {}
    if not isinstance(written, Mapping) or not all(isinstance(item, Mapping) for item in written.values()):
        raise InvalidSettings(f"'storedProcedureParameters' of '{name}' maps names to values and types.")
    return {
        plain_name(key): bound(key, item.get("type"), item.get("value"), f"procedure '{name}'")
        for key, item in written.items()
    }


def plain_name(written: Any) -> str:
    """A parameter's name without the `@` that SQL Server writes before it."""
    return str(written).removeprefix("@")


def _whole(bits: int) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError(value)
        number = int(value)
        if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise ValueError(value)
        return number

    return convert


def _real(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(value)


def _decimal(value: Any) -> str:
    """Exact, as text: SQLite's NUMERIC columns make numbers of it where nothing is lost."""
    if isinstance(value, bool):
        raise TypeError(value)
    return format(Decimal(str(value)), "f")


def _boolean(value: Any) -> int:
    known = {True: 1, False: 0, "true": 1, "false": 0, "1": 1, "0": 0}
    found = known.get(value.lower() if isinstance(value, str) else value)
    if found is None:
        raise ValueError(value)
    return found


def _moment(value: Any) -> str:
    text = str(value)
    datetime.fromisoformat(text)
    return text


def _guid(value: Any) -> str:
    return str(UUID(str(value)))


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list):
        raise TypeError(value)
    return str(value)


_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "date": _moment,
    "datetime": _moment,
    "datetimeoffset": _moment,
    "decimal": _decimal,
    "double": _real,
    "guid": _guid,
    "int": _whole(32),
    "int16": _whole(16),
    "int32": _whole(32),
    "int64": _whole(64),
    "single": _real,
    "string": _text,
    "timespan": _text,
}
