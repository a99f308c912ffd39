"""DelimitedText: read by pyarrow's streaming CSV reader, written column by column with its vectorised functions.

Every column is text, null where a field equals `nullValue`. Rows with more fields than the first row are rejected
(documented: DelimitedTextMoreColumnsThanDefined); shorter rows end in nulls (assumed: there is no error for them).
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from emulators.datafactory.data.conversion import as_text
from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.settings import Settings, flag, number, text
from emulators.datafactory.data.table import Rejected, Rejection, Table

BLOCK = 4 << 20
LINE_ENDS = frozenset({"\n", "\r", "\r\n", "\r,\n"})


@dataclass(frozen=True)
class Dialect:
    """How a dataset writes its fields. `quote` and `escape` may be ""."""

    delimiter: str
    quote: str
    escape: str
    header: bool
    null: str
    encoding: str
    line_end: str

    @classmethod
    def read(cls, properties: Settings) -> "Dialect":
        """Read a dataset's properties; raises InvalidSettings, Unsupported."""
        delimiter = text(properties, "columnDelimiter", ",")
        quote, escape = text(properties, "quoteChar", '"'), text(properties, "escapeChar", "\\")
        if len(delimiter) != 1:
            raise InvalidSettings(f"The column delimiter must be a single character in a copy, not {delimiter!r}.")
        if len(quote) > 1 or len(escape) > 1 or (quote and not escape):
            raise InvalidSettings(f"The quote character {quote!r} and the escape character {escape!r} do not fit.")
        line_end = text(properties, "rowDelimiter", "\r\n") or "\r\n"
        if line_end not in LINE_ENDS:
            raise Unsupported(f"The row delimiter {line_end!r}", "a reader of it in data/formats/delimited.py.")
        return cls(
            delimiter,
            quote,
            escape,
            flag(properties, "firstRowAsHeader"),
            text(properties, "nullValue"),
            _encoding(text(properties, "encodingName", "UTF-8")),
            "\r\n" if "," in line_end else line_end,
        )

    @property
    def doubled(self) -> bool:
        """Whether a quote in a field is written twice."""
        return self.quote != "" and self.quote == self.escape


def read(stream: BinaryIO, name: str, properties: Settings, settings: Settings, rejection: Rejection) -> Table:
    """The table in a file; its columns are named by the header, else `Prop_0`, `Prop_1`, … (observed).

    A file without a byte is a table without columns (assumed).
    """
    dialect = Dialect.read(properties)
    reader = io.BufferedReader(_utf8(stream, dialect.encoding), BLOCK)
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
        return pa.record_batch([column.cast(pa.string()) for column in batch.columns], schema=self.schema)

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
                null_values=[dialect.null],
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


class Target(Protocol):
    """Takes what is written."""

    def write(self, content: bytes, /) -> int: ...


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
        special = f"[{_in_class(dialect.delimiter)}{_in_class(dialect.quote)}\r\n]"
        needed = pc.match_substring_regex(column, special)
        # an empty text must not be taken for the null that an empty field stands for
        needed = pc.or_(needed, pc.equal(column, dialect.null))
        return pc.if_else(needed, quoted, column)

    def _escaped(self, column: pa.Array, character: str) -> pa.Array:
        return pc.replace_substring(column, character, self._dialect.escape + character)


class _Utf8(io.RawIOBase):
    """Another encoding's bytes as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._stream.read(1 << 20)
            try:
                self._ready = self._decoder.decode(piece, final=not piece).encode()
            except UnicodeDecodeError as error:
                message = f"Bad data is found: {error.reason} for the encoding {self._encoding}."
                raise DataError("DelimitedTextBadDataDetected", message) from error
            if not piece:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


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


def _utf8(stream: Any, encoding: str) -> Any:
    return stream if encoding in {"utf-8", "utf-8-sig"} else _Utf8(stream, encoding)


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup({"utf-7": "utf-7", "default": "utf-8"}.get(name.lower(), name)).name
    except LookupError:
        raise InvalidSettings(f"'{name}' is no name of an encoding.") from None
    return found


def _skip_line(reader: io.BufferedReader) -> None:
    """Skip to the end of the next line that is not empty: only such lines count (documented)."""
    while line := reader.readline():
        if line.strip(b"\r\n"):
            return


def _first_row(head: bytes, dialect: Dialect, name: str) -> list[str]:
    """The fields of the first row; none in an empty file."""
    try:
        lines = io.StringIO(head.decode("utf-8-sig", "ignore"), newline="")
        return next((row for row in csv.reader(lines, **_csv(dialect)) if row), [])
    except csv.Error as error:
        raise DataError("DelimitedTextBadDataDetected", f"Bad data is found in source {name}: {error}") from error


def _fields(line: str, dialect: Dialect) -> list[str]:
    return next(csv.reader(io.StringIO(line, newline=""), **_csv(dialect)), [])


def _csv(dialect: Dialect) -> dict[str, Any]:
    return {
        "delimiter": dialect.delimiter,
        "quotechar": dialect.quote or None,
        "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        "doublequote": dialect.doubled,
        "escapechar": None if dialect.doubled else dialect.escape or None,
    }


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


def _in_class(character: str) -> str:
    return "\\" + character if character in "\\]^-" else character


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([pa.array([], field.type) for field in schema], schema=schema)
