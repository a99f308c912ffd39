"""Trees and tables: documents become rows by the paths of a mapping (or by their top level), rows become documents.

Columns without a declared type get theirs from the first batch of documents: whole numbers Int64, other numbers
Double, booleans, texts; mixed ones String. That, and that fields which appear only later are left out, is assumed.
"""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.conversion import value_text
from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.interim_types import interim_type_of
from emulators.datafactory.data.jsonpath import at, put
from emulators.datafactory.data.table import Rejected, Rejection, Table
from emulators.datafactory.data.translator import Pair, Translator

ROWS = 2000
"""Documents of a batch; the first batch decides about columns and types."""

Take = Callable[[Any, Any], Any]
"""(the document, the element that is the row) → a value."""


def table(documents: Iterator[Any], translator: Translator, rejection: Rejection) -> Table:
    """The documents as a table; raises DataError for documents that are no objects."""
    rows = _rows(documents, translator)
    first = list(itertools.islice(rows, ROWS))
    names, takes = _columns(translator, first)
    if not names:
        return Table(pa.schema([]), iter(()))
    columns = [[take(document, row) for document, row in first] for take in takes]
    schema = pa.schema([(name, _type(values)) for name, values in zip(names, columns, strict=True)])
    builder = _Builder(schema, takes, translator.complex_as_text, rejection)
    return Table(schema, builder.batches(itertools.chain([first], _chunks(rows))))


class _Builder:
    def __init__(self, schema: pa.Schema, takes: Sequence[Take], complex_as_text: bool, rejection: Rejection) -> None:
        self._schema = schema
        self._takes = takes
        self._complex_as_text = complex_as_text
        self._rejection = rejection

    def batches(self, chunks: Iterable[list[tuple[Any, Any]]]) -> Iterator[pa.RecordBatch]:
        for chunk in chunks:
            columns: list[list[Any]] = [[] for _ in self._schema]
            for document, row in chunk:
                values = [take(document, row) for take in self._takes]
                taken = self._fitting(values)
                if taken is not None:
                    for column, value in zip(columns, taken, strict=True):
                        column.append(value)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]
            yield pa.record_batch(arrays, schema=self._schema)

    def _fitting(self, values: list[Any]) -> list[Any] | None:
        """The row as the schema has it, None when it is rejected."""
        taken = []
        for field, value in zip(self._schema, values, strict=True):
            if isinstance(value, dict | list) and not self._complex_as_text:
                self._rejection(Rejected(tuple(values), *_complex(field.name, value)))
                return None
            try:
                taken.append(_as(field.type, value))
            except (ValueError, OverflowError) as error:
                message = (
                    f"Exception occurred when converting value '{value}' for column name '{field.name}' to type "
                    f"'{interim_type_of(field.type)}'. Additional info: {error}"
                )
                self._rejection(Rejected(tuple(values), "TypeConversionFailure", message))
                return None
        return taken


def documents_of(batch: pa.RecordBatch, pairs: Sequence[Pair] | None) -> list[dict[str, Any]]:
    """A batch's rows as documents, nested where the mapping's sink has paths. Nulls are left in."""
    rows: list[dict[str, Any]] = batch.to_pylist()
    if pairs is None or all(pair.sink.path is None for pair in pairs):
        return rows
    found = []
    for row in rows:
        document: dict[str, Any] = {}
        for pair in pairs:
            put(document, pair.sink.path or (pair.sink.name,), row[pair.label])
        found.append(document)
    return found


def _rows(documents: Iterator[Any], translator: Translator) -> Iterator[tuple[Any, Any]]:
    for document in documents:
        if not isinstance(document, dict):
            raise DataError(
                "JsonInvalidDataFormat",
                f"Error occurred when deserializing source JSON: {json.dumps(document)[:100]} is no object.",
            )
        if translator.collection is None:
            yield document, document
            continue
        elements = at(document, translator.collection)
        # an element that stands alone in Xml is no array, and means one row all the same
        for element in [elements] if isinstance(elements, dict) else elements if isinstance(elements, list) else []:
            yield document, element


def _chunks(rows: Iterator[tuple[Any, Any]]) -> Iterator[list[tuple[Any, Any]]]:
    while chunk := list(itertools.islice(rows, ROWS)):
        yield chunk


def _columns(translator: Translator, first: list[tuple[Any, Any]]) -> tuple[list[str], list[Take]]:
    if translator.pairs is not None:
        return [pair.label for pair in translator.pairs], [_taker(pair) for pair in translator.pairs]
    names = list(dict.fromkeys(name for _, row in first if isinstance(row, dict) for name in row))
    return names, [_by_name(name) for name in names]


def _taker(pair: Pair) -> Take:
    path, rooted = pair.source.path or pair.source.inner, pair.source.rooted
    if path is None:
        return _by_name(pair.source.name)
    return lambda document, row: at(document if rooted else row, path)


def _by_name(name: str) -> Take:
    return lambda document, row: row.get(name) if isinstance(row, dict) else None


def _type(values: list[Any]) -> pa.DataType:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in values if value is not None):
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()


def _as(kind: pa.DataType, value: Any) -> Any:
    if value is None:
        return None
    if pa.types.is_string(kind):
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return value if isinstance(value, str) else value_text(value)
    if isinstance(value, bool) != pa.types.is_boolean(kind) or isinstance(value, str):
        raise ValueError("The first documents have another type here.")
    if pa.types.is_integer(kind) and (isinstance(value, float) or not -(2**63) <= value < 2**63):
        raise ValueError("Value was either too large or too small for an Int64.")
    return float(value) if pa.types.is_floating(kind) else value


def _complex(name: str, value: Any) -> tuple[str, str]:
    kind = "JArray" if isinstance(value, list) else "JObject"
    shown = json.dumps(value, ensure_ascii=False)[:200]
    message = (
        f"The retrieved type of data {kind} with value {shown} is not supported yet. Please either remove the targeted "
        f"column '{name}' or enable skip incompatible row to skip the issue rows."
    )
    return "JsonUnsupportedHierarchicalComplexValue", message
