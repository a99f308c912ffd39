"""Lookup: the first rows of a source as JSON values, at most 5,000; what lies behind is not read (documented)."""

import itertools
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from emulators.datafactory.data.conversion import value_text
from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.rows import Part, Progress, RowsSource
from emulators.datafactory.data.table import Rejected
from emulators.datafactory.data.translator import Translator

MOST_ROWS = 5000


def look_up(
    source: RowsSource, progress: Progress, *, first_only: bool, decimals_as_text: bool = False
) -> list[dict[str, Any]]:
    """The rows: text for all of DelimitedText, whole documents for Json, typed values for other formats and tables."""
    with closing(source.parts(progress)) as parts:
        rows = itertools.chain.from_iterable(_rows(source, part, decimals_as_text) for part in parts)
        return list(itertools.islice(rows, 1 if first_only else MOST_ROWS))


def _rows(source: RowsSource, part: Part, decimals_as_text: bool) -> Iterator[dict[str, Any]]:
    if source.has_documents:
        yield from part.documents()
        return
    for batch in part.open(Translator(), _refuse).table.batches:
        for row in batch.to_pylist():
            yield {name: _json(value, name, decimals_as_text) for name, value in row.items()}


def _refuse(row: Rejected) -> None:
    raise DataError(row.code, row.message)


def _json(value: Any, name: str, decimals_as_text: bool) -> Any:
    if isinstance(value, bytes):
        raise DataError("UserErrorUnsupportedByteArray", f"A lookup cannot return the bytes of the column '{name}'.")
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return moment.isoformat() + "Z"
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, Decimal):
        if decimals_as_text:
            return format(value, "f")
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, str | int | float | dict | list) else value_text(value)
