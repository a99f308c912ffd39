"""DelimitedText: read by pyarrow's streaming CSV reader.

Every column is text, null where a field equals `nullValue`. Rows with more fields than the first row are rejected
(documented: DelimitedTextMoreColumnsThanDefined); shorter rows end in nulls (assumed: there is no error for them).
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv

from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.formats.dialect import Dialect
from emulators.datafactory.data.formats.row_ends import restored, swap, utf8
from emulators.datafactory.data.settings import Settings, number
from emulators.datafactory.data.table import Rejected, Rejection, Table

BLOCK = 4 << 20


def read(stream: BinaryIO, name: str, properties: Settings, settings: Settings, rejection: Rejection) -> Table:
    """The table in a file; its columns are named by the header, else `Prop_0`, `Prop_1`, … (observed).

    A file without a byte is a table without columns (assumed).
    """
    dialect = Dialect.read(properties)
    reader = io.BufferedReader(utf8(stream, dialect), BLOCK)
    for _ in range(number(settings, "skipLineCount") or 0):
        _skip_line(reader)
    head = reader.read(BLOCK)
    names = _first_row(head, dialect, name)
    if not names:
        return Table(pa.schema([]), iter(()))
    if dialect.header:
        _check_header(names)
    else:
        names = [f"Prop_{position}" for position in range(len(names))]
    return Table(
        pa.schema([(column, pa.string()) for column in names]),
        _Rows(dialect, name, names, rejection)(_Joined(head, reader)),
    )


class _Rows:
    """The rows of one file. The parser sets rows of a wrong length aside; here they are put back into their places."""

    def __init__(self, dialect: Dialect, name: str, names: list[str], rejection: Rejection) -> None:
        self._dialect = dialect
        self._name = name
        self.schema = pa.schema([(column, pa.string()) for column in names])
        self._rejection = rejection
        self._aside: deque[pa.csv.InvalidRow] = deque()
        self._next = 1 + dialect.header
        """Number of the row, header included, that comes next."""

    def __call__(self, reader: "_Joined") -> Iterator[pa.RecordBatch]:
        try:
            with pa.csv.open_csv(reader, *self._options()) as parsed:
                for batch in parsed:
                    yield from self._completed(self._as_text(batch))
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error):
                message = f"Bad data is found in source {self._name}. {error}"
                raise DataError("DelimitedTextBadDataDetected", message) from error
        yield from self._completed(_empty(self.schema))

    def _as_text(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch under our own names, which the parser may read with other spaces around them."""
        columns = [restored(column.cast(pa.string()), self._dialect) for column in batch.columns]
        return pa.record_batch(columns, schema=self.schema)

    def _options(self) -> tuple[Any, Any, Any]:
        dialect, names = self._dialect, self.schema.names
        return (
            pa.csv.ReadOptions(
                use_threads=False,  # rows have numbers only when they are read one block after the other
                block_size=BLOCK,
                column_names=None if dialect.header else names,
            ),
            pa.csv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char=dialect.quote or False,
                double_quote=dialect.doubled,
                escape_char=False if dialect.doubled else dialect.escape or False,
                newlines_in_values=bool(dialect.quote),
                invalid_row_handler=self._set_aside,
            ),
            pa.csv.ConvertOptions(
                column_types=self.schema,
                null_values=[dialect.null.translate(swap(dialect))],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )

    def _set_aside(self, row: pa.csv.InvalidRow) -> str:
        self._aside.append(row)
        return "skip"

    def _completed(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The batch with the rows of other lengths that belong before, into and right after it."""
        if not self._aside:
            self._next += batch.num_rows
            yield batch
            return
        done = 0
        pieces: list[pa.RecordBatch] = []
        while self._aside and self._aside[0].number - self._next <= batch.num_rows - done:
            row = self._aside.popleft()
            count = row.number - self._next
            pieces.append(batch.slice(done, count))
            done += count
            self._next = row.number + 1
            if row.actual_columns > row.expected_columns:
                yield pa.concat_batches(pieces)  # the rows before it come first
                pieces = []
                self._reject(row)
            else:
                pieces.append(self._filled(row))
        pieces.append(batch.slice(done))
        self._next += batch.num_rows - done
        yield pa.concat_batches(pieces)

    def _reject(self, row: pa.csv.InvalidRow) -> None:
        message = (
            f"Error found when processing 'Csv/Tsv Format Text' source '{self._name}' with row number "
            f"{row.number}: found more columns than expected column count {row.expected_columns}."
        )
        values = tuple(_fields(row.text, self._dialect))
        self._rejection(Rejected(values, "DelimitedTextMoreColumnsThanDefined", message))

    def _filled(self, row: pa.csv.InvalidRow) -> pa.RecordBatch:
        """A row that is too short, with nulls at its end."""
        values = [None if field == self._dialect.null else field for field in _fields(row.text, self._dialect)]
        values += [None] * (row.expected_columns - len(values))
        return pa.record_batch([pa.array([value], pa.string()) for value in values], schema=self.schema)


class _Joined(io.RawIOBase):
    """The beginning, read already, and the rest."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._head.read(size) or self._rest.read(-1 if size is None else size)


def _skip_line(reader: io.BufferedReader) -> None:
    """Skip to the end of the next line that is not empty: only such lines count (documented)."""
    while line := reader.readline():
        if line.strip(b"\r\n"):
            return


def _first_row(head: bytes, dialect: Dialect, name: str) -> list[str]:
    """The fields of the first row; none in an empty file."""
    try:
        lines = io.StringIO(head.decode("utf-8-sig", "ignore"), newline="")
        return _plain(next((row for row in csv.reader(lines, **dialect.for_csv()) if row), []), dialect)
    except csv.Error as error:
        raise DataError("DelimitedTextBadDataDetected", f"Bad data is found in source {name}: {error}") from error


def _fields(line: str, dialect: Dialect) -> list[str]:
    return _plain(next(csv.reader(io.StringIO(line, newline=""), **dialect.for_csv()), []), dialect)


def _plain(fields: list[str], dialect: Dialect) -> list[str]:
    return restored(pa.array(fields, pa.string()), dialect).to_pylist() if dialect.row_end else fields


def _check_header(names: list[str]) -> None:
    for index, name in enumerate(names):
        if not name:
            raise DataError(
                "DelimitedTextColumnNameNotAllowNull",
                f"The name of column index {index} is empty. Make sure column name is properly specified in the header "
                "row.",
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        # the code is assumed; several sinks of the service document that they refuse such sources
        raise DataError("UserErrorDuplicateColumnName", f"The header row has the name '{twice[0]}' more than once.")


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([pa.array([], field.type) for field in schema], schema=schema)
