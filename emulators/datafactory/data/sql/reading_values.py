"""What SQLite keeps in a column, as the column's declared type: whole columns at once, else value by value.

SQLite takes any value into any column, so one that its declaration does not allow makes its row incompatible. Dates
must have the one form in which texts compare as times do (see `stand_in.py`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.conversion import Converted, value_text
from emulators.datafactory.data.interim_types import DECIMAL_SCALE
from emulators.datafactory.data.rules import Rules
from emulators.datafactory.data.sql.column_types import ColumnType, rounded
from emulators.datafactory.data.text_values import PARSERS, in_range

_TIME = r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?)?Z?"
_IS_TIME = re.compile(_TIME)
_RULES = Rules()


def as_column(values: Sequence[Any], kind: ColumnType) -> Converted:
    """The values as a column, null where one does not fit; the reasons tell why, by row."""
    try:
        return Converted(_AT_ONCE.get(kind.interim, _plain)(values, kind), {})
    except (pa.ArrowException, ArithmeticError, LookupError, TypeError, ValueError):
        return _one_by_one(values, kind)


def _one_by_one(values: Sequence[Any], kind: ColumnType) -> Converted:
    read: Callable[[Any, ColumnType], Any] = _ONE.get(kind.interim, _whole)
    found: list[Any] = []
    reasons: dict[int, str] = {}
    for row, value in enumerate(values):
        try:
            found.append(None if value is None else read(value, kind))
        except (ArithmeticError, TypeError, ValueError) as error:
            found.append(None)
            reasons[row] = str(error)
    return Converted(pa.array(found, kind.arrow), reasons)


def _plain(values: Sequence[Any], kind: ColumnType) -> pa.Array:
    return pa.array(values, kind.arrow)


def _booleans(values: Sequence[Any], kind: ColumnType) -> pa.Array:
    return pa.array([_BOOLEANS[value] for value in values], kind.arrow)


def _decimals(values: Sequence[Any], kind: ColumnType) -> pa.Array:
    return pa.array([None if value is None else _decimal(value, kind) for value in values], kind.arrow)


def _texts(values: Sequence[Any], kind: ColumnType) -> pa.Array:
    if any(isinstance(value, bytes) for value in values):
        raise TypeError("the library would take bytes for a text")
    return pa.array(values, kind.arrow)


def _times(values: Sequence[Any], kind: ColumnType) -> pa.Array:
    texts = pa.array(values, pa.string())
    if not pc.all(pc.match_substring_regex(texts, f"^({_TIME})$")).as_py() and texts.null_count < len(texts):
        raise ValueError("another form")
    return pc.replace_substring(texts, "Z", "").cast(kind.arrow)


def _boolean(value: Any, kind: ColumnType) -> bool:
    if value not in _BOOLEANS:
        raise ValueError("A Boolean is 0 or 1.")
    return bool(value)


def _bytes(value: Any, kind: ColumnType) -> bytes:
    if not isinstance(value, bytes | str):
        raise TypeError("A number is no sequence of bytes.")
    return value.encode() if isinstance(value, str) else value


def _decimal(value: Any, kind: ColumnType) -> Decimal:
    if isinstance(value, bytes):
        raise TypeError("Bytes are no Decimal.")
    precision, scale = kind.digits or (DECIMAL_SCALE + 20, DECIMAL_SCALE)
    fitted = rounded(Decimal(str(value)), scale)
    if abs(fitted) >= Decimal(10) ** (precision - scale):
        raise ValueError(f"The value has more digits than a Decimal({precision}, {scale}).")
    return fitted


def _float(value: Any, kind: ColumnType) -> float:
    if isinstance(value, str | bytes):
        raise TypeError("A text is no number.")
    return float(value)


def _text(value: Any, kind: ColumnType) -> str:
    if isinstance(value, bytes):
        raise TypeError("Bytes are no text.")
    return value_text(value)


def _time(value: Any, kind: ColumnType) -> Any:
    if not isinstance(value, str) or not _IS_TIME.fullmatch(value):
        raise ValueError(
            "Dates and times are compared as texts by the local stand-in, so it keeps them in one form, "
            "yyyy-MM-ddTHH:mm:ss: with a T, without an offset."
        )
    return PARSERS["DateTime"](value.removesuffix("Z"), _RULES)


def _offset(value: Any, kind: ColumnType) -> Any:
    return PARSERS["DateTimeOffset"](_text(value, kind), _RULES)


def _whole(value: Any, kind: ColumnType) -> int:
    if not isinstance(value, int):
        raise TypeError("The value is no whole number.")
    return in_range(value, kind.interim)


_BOOLEANS = {None: None, 0: False, 1: True}

_AT_ONCE: Mapping[str, Callable[[Sequence[Any], ColumnType], pa.Array]] = {
    "Boolean": _booleans,
    "DateTime": _times,
    "Decimal": _decimals,
    "Guid": _texts,
    "String": _texts,
    "TimeSpan": _texts,
}

_ONE: Mapping[str, Callable[[Any, ColumnType], Any]] = {
    "Boolean": _boolean,
    "Byte[]": _bytes,
    "DateTime": _time,
    "DateTimeOffset": _offset,
    "Decimal": _decimal,
    "Double": _float,
    "Guid": _text,
    "Single": _float,
    "String": _text,
    "TimeSpan": _text,
}
