"""Columns that a source adds to what it reads: a text, a file's path, another column once more."""

from collections.abc import Iterator, Mapping

import pyarrow as pa

from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.table import Table

FILE_PATH, OTHER_COLUMN = "$$FILEPATH", "$$COLUMN:"


def additional_columns(source: Settings) -> dict[str, str]:
    """Name → value of a source's `additionalColumns`; raises InvalidSettings."""
    written = source.get("additionalColumns")
    if not written:
        return {}
    if not isinstance(written, list):
        raise InvalidSettings("'additionalColumns' is an array of objects with 'name' and 'value'.")
    return {text(column, "name"): text(column, "value") for column in written}


def widened(found: Table, extra: Mapping[str, str]) -> Table:
    """The table with columns of the same text in each row, or that repeat one of its own."""
    if not extra:
        return found
    positions = {}
    for name, value in extra.items():
        if value.startswith(OTHER_COLUMN):
            position = found.schema.get_field_index(value.removeprefix(OTHER_COLUMN))
            if position < 0:
                raise InvalidSettings(f"The additional column '{name}' repeats a column that there is not: '{value}'.")
            positions[name] = position
    schema = found.schema
    for name in extra:
        schema = schema.append(
            pa.field(name, found.schema.field(positions[name]).type if name in positions else pa.string())
        )

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in found.batches:
            added = [
                batch.column(positions[name])
                if name in positions
                else pa.repeat(pa.scalar(value, pa.string()), batch.num_rows)
                for name, value in extra.items()
            ]
            yield pa.record_batch([*batch.columns, *added], schema=schema)

    return Table(schema, batches())
