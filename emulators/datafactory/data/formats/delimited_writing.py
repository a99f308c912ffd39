"""DelimitedText, written: whole columns at a time, with pyarrow's vectorised functions.

Nulls are written as `nullValue`; an empty text is quoted so that it is not read as one (assumed).
"""

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.conversion import as_text
from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.formats.dialect import Dialect
from emulators.datafactory.data.settings import Settings, flag
from emulators.datafactory.data.store import Target


class Writer:
    """Writes batches as text; quotes a field only where it must, or all with `quoteAllText`."""

    def __init__(self, target: Target, schema: pa.Schema, properties: Settings, settings: Settings) -> None:
        self._target = target
        self._dialect = Dialect.read(properties)
        self._quote_all = flag(settings, "quoteAllText")
        if self._quote_all and not self._dialect.quote:
            raise InvalidSettings("'quoteAllText' needs a quote character.", "Sink")
        if self._dialect.header and len(schema):
            self._write([pa.array([name], pa.string()) for name in schema.names])

    def write(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows and batch.num_columns:
            self._write([as_text(column) for column in batch.columns])

    def close(self) -> None:
        """Nothing is held back."""

    def _write(self, columns: list[pa.Array]) -> None:
        dialect = self._dialect
        fields = [self._field(column) for column in columns]
        lines = pc.binary_join_element_wise(
            *fields, dialect.delimiter, null_handling="replace", null_replacement=dialect.null
        )
        joined = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), dialect.line_end)
        self._target.write((joined[0].as_py() + dialect.line_end).encode(dialect.encoding))

    def _field(self, column: pa.Array) -> pa.Array:
        dialect = self._dialect
        if not dialect.quote:
            return self._escaped(column, dialect.delimiter) if dialect.escape else column
        quoted = pc.binary_join_element_wise(dialect.quote, self._escaped(column, dialect.quote), dialect.quote, "")
        if self._quote_all:
            return quoted
        special = f"[{_in_class(dialect.delimiter)}{_in_class(dialect.quote)}{_in_class(dialect.row_end)}\r\n]"
        needed = pc.match_substring_regex(column, special)
        # an empty text must not be taken for the null that an empty field stands for
        needed = pc.or_(needed, pc.equal(column, dialect.null))
        return pc.if_else(needed, quoted, column)

    def _escaped(self, column: pa.Array, character: str) -> pa.Array:
        return pc.replace_substring(column, character, self._dialect.escape + character)


def _in_class(character: str) -> str:
    return "\\" + character if character and character in "\\[]^-" else character
