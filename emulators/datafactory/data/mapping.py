"""A translator bound to the columns that a file really has: which columns to take, as what, under which names."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.conversion import Converted, convert
from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.interim_types import ARROW, interim_type_of
from emulators.datafactory.data.table import Rejected, Rejection
from emulators.datafactory.data.translator import Field, Translator


@dataclass(frozen=True)
class Column:
    """A column of the sink: where it is in the source, and the interim type it gets, None to keep its own."""

    position: int
    name: str
    type: str | None


class Mapping:
    """Turns batches of one file into batches of the sink."""

    def __init__(self, columns: Sequence[Column], source: pa.Schema, translator: Translator) -> None:
        self._columns = columns
        self._source = source
        self._translator = translator
        self.schema = pa.schema(
            [
                pa.field(column.name, ARROW[column.type] if column.type else source.field(column.position).type)
                for column in columns
            ]
        )
        """The batches' schema."""

    def apply(self, batch: pa.RecordBatch, rejection: Rejection) -> pa.RecordBatch:
        """The rows that fit; the others go to `rejection`, which may raise."""
        taken, bad = [], dict[int, Rejected]()
        for column in self._columns:
            values = batch.column(column.position)
            if column.type is None:
                taken.append(values)
                continue
            converted = self._converted(values, column)
            taken.append(converted.column)
            for row, reason in converted.reasons.items():
                bad.setdefault(row, self._rejected(batch, row, column, reason))
        mapped = pa.record_batch(taken, schema=self.schema)
        for row in sorted(bad):
            rejection(bad[row])
        if not bad:
            return mapped
        return mapped.filter(pc.invert(pa.array([row in bad for row in range(batch.num_rows)])))

    def _converted(self, values: pa.Array, column: Column) -> Converted:
        source = interim_type_of(values.type)
        if not self._translator.converts and source not in {"String", column.type}:
            # without type conversion only texts are read as what they are declared to be
            reason = f"'typeConversion' is off, and a value of type {source} is no {column.type}."
            return Converted(pa.nulls(len(values), ARROW[str(column.type)]), dict.fromkeys(range(len(values)), reason))
        return convert(values, str(column.type), self._translator.rules)

    def _rejected(self, batch: pa.RecordBatch, row: int, column: Column, reason: str) -> Rejected:
        """The sentence is the one that the service shows (seen in public reports)."""
        values = tuple(array[row].as_py() for array in batch.columns)
        source = self._source.field(column.position)
        message = (
            f"Exception occurred when converting value '{values[column.position]}' for column name '{column.name}' "
            f"from type '{interim_type_of(source.type)}' (precision:, scale:) to type '{column.type}' "
            f"(precision:, scale:). Additional info: {reason}"
        )
        return Rejected(values, "TypeConversionFailure", message)


def bind(translator: Translator, source: pa.Schema, extra: Sequence[str], file: str) -> Mapping:
    """The mapping for a file's columns; raises DataError for a column that the file lacks.

    `extra` are the columns that stand after the file's own (additional columns, partitions).
    """
    if translator.pairs is None:
        return Mapping([Column(index, name, None) for index, name in enumerate(source.names)], source, translator)
    if translator.collection is not None or any(pair.source.path is not None for pair in translator.pairs):
        # the hierarchy was flattened in the order of the pairs
        positions = [
            len(translator.pairs) + extra.index(pair.source.name) if pair.source.name in extra else index
            for index, pair in enumerate(translator.pairs)
        ]
    else:
        positions = [_position(pair.source, source, file) for pair in translator.pairs]
    columns = [
        Column(position, pair.label, pair.sink.type or pair.source.type)
        for position, pair in zip(positions, translator.pairs, strict=True)
    ]
    return Mapping(columns, source, translator)


def _position(field: Field, source: pa.Schema, file: str) -> int:
    if field.position is not None and not field.name:
        if field.position < len(source):
            return field.position
        wanted = f"number {field.position + 1}"
    else:
        # names are matched by case (documented)
        position = int(source.get_field_index(field.name))
        if position >= 0:
            return position
        wanted = f"'{field.name}'"
    raise DataError(
        "MappingColumnNameNotFoundInSourceFile",
        f"Column {wanted} specified in column mapping cannot be found in '{file}' source file.",
    )
