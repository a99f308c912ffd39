"""A translator bound to the columns that a file really has: which columns to take, as what, under which names."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.conversion import TIMES, Converted, convert
from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.interim_types import ARROW, interim_type_of
from emulators.datafactory.data.rules import Rules
from emulators.datafactory.data.table import Rejected, Rejection
from emulators.datafactory.data.translator import Field, Pair, Translator


@dataclass(frozen=True)
class Step:
    """A conversion into an interim type."""

    type: str
    rules: Rules


@dataclass(frozen=True)
class Column:
    """A column of the sink: where it is in the source, and what it is converted into, one step after the other."""

    position: int
    name: str
    steps: tuple[Step, ...] = ()


class Mapping:
    """Turns batches of one file into batches of the sink."""

    def __init__(self, columns: Sequence[Column], source: pa.Schema, translator: Translator) -> None:
        self._columns = columns
        self._source = source
        self._translator = translator
        self.schema = pa.schema(
            [
                pa.field(
                    column.name, ARROW[column.steps[-1].type] if column.steps else source.field(column.position).type
                )
                for column in columns
            ]
        )
        """The batches' schema."""

    def apply(self, batch: pa.RecordBatch, rejection: Rejection) -> pa.RecordBatch:
        """The rows that fit; the others go to `rejection`, which may raise."""
        taken, bad = [], dict[int, Rejected]()
        for column in self._columns:
            values = batch.column(column.position)
            for step in column.steps:
                converted = self._converted(values, step)
                values = converted.column
                for row, reason in converted.reasons.items():
                    bad.setdefault(row, self._rejected(batch, row, column, step, reason))
            taken.append(values)
        mapped = pa.record_batch(taken, schema=self.schema)
        for row in sorted(bad):
            rejection(bad[row])
        if not bad:
            return mapped
        return mapped.filter(pc.invert(pa.array([row in bad for row in range(batch.num_rows)])))

    def _converted(self, values: pa.Array, step: Step) -> Converted:
        source = interim_type_of(values.type)
        if not self._translator.converts and source not in {"String", step.type}:
            # without type conversion only texts are read as what they are declared to be
            reason = f"'typeConversion' is off, and a value of type {source} is no {step.type}."
            return Converted(pa.nulls(len(values), ARROW[step.type]), dict.fromkeys(range(len(values)), reason))
        return convert(values, step.type, step.rules)

    def _rejected(self, batch: pa.RecordBatch, row: int, column: Column, step: Step, reason: str) -> Rejected:
        """The sentence is the one that the service shows (seen in public reports)."""
        values = tuple(array[row].as_py() for array in batch.columns)
        source = self._source.field(column.position)
        message = (
            f"Exception occurred when converting value '{values[column.position]}' for column name '{column.name}' "
            f"from type '{interim_type_of(source.type)}' (precision:, scale:) to type '{step.type}' "
            f"(precision:, scale:). Additional info: {reason}"
        )
        return Rejected(values, "TypeConversionFailure", message)


def bind(
    translator: Translator,
    source: pa.Schema,
    extra: Sequence[str],
    file: str,
    *,
    flattened: bool = False,
    into_text: bool = False,
) -> Mapping:
    """The mapping for a file's columns; raises DataError for a column that the file lacks.

    `extra` are the columns that stand after the file's own (additional columns, partitions). `flattened` says that
    the table was made of documents by the same translator, `into_text` that the sink has no other type than String.
    """
    if translator.pairs is None:
        steps = _into_text(translator, translator.rules) if into_text else ()
        return Mapping([Column(index, name, steps) for index, name in enumerate(source.names)], source, translator)
    if flattened:
        # in the order of the pairs
        positions = [
            len(translator.pairs) + extra.index(pair.source.name) if pair.source.name in extra else index
            for index, pair in enumerate(translator.pairs)
        ]
    else:
        positions = [_position(pair.source, source, file) for pair in translator.pairs]
    columns = [
        Column(position, pair.label, _steps(pair, translator, into_text=into_text))
        for position, pair in zip(positions, translator.pairs, strict=True)
    ]
    return Mapping(columns, source, translator)


def _steps(pair: Pair, translator: Translator, *, into_text: bool) -> tuple[Step, ...]:
    """What one mapping converts: the source's format says how its texts are read, the sink's how they are written, and
    one that stands alone says both (assumed).
    """
    source, sink = pair.source, pair.sink
    reading = source.rules or sink.rules or translator.rules
    writing = sink.rules or source.rules or translator.rules
    last = sink.type or source.type
    steps: tuple[Step, ...] = ()
    if last == "String" and source.type in TIMES and translator.converts and not _as_usual(reading, writing):
        steps = (Step(source.type, reading),)  # texts that are times are read and written anew
    if last is not None:
        steps += (Step(last, writing if last == "String" else reading),)
    return steps if last == "String" or not into_text else steps + _into_text(translator, writing)


def _into_text(translator: Translator, rules: Rules) -> tuple[Step, ...]:
    return () if _as_usual(rules) or not translator.converts else (Step("String", rules),)


def _as_usual(*rules: Rules) -> bool:
    return all(each.write_as_usual for each in rules)


def _position(field: Field, source: pa.Schema, file: str) -> int:
    if field.position is not None and not field.name:
        if field.position < len(source):
            return field.position
        wanted = f"number {field.position + 1}"
    elif field.path is not None:
        steps = "".join(f"[{step!r}]" for step in field.path)
        wanted = f"with the path {'$' if field.rooted else ''}{steps} (a path is for documents; use 'name')"
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
