"""Avro: read and written by fastavro, block by block.

Codecs are none and deflate. Snappy is among those that a dataset may name, but copies neither read nor write it
(documented), so it is refused on both sides.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO
from uuid import UUID

import fastavro
import pyarrow as pa
from fastavro.schema import SchemaParseException, UnknownType
from fastavro.write import Writer as RecordWriter

from emulators.datafactory.data.conversion import as_text
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats.avro_schema import columns_of, schema_for, written_as
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.store import Target
from emulators.datafactory.data.table import BATCH_ROWS, Rejection, Table

LARGEST_BLOCK = 256 << 20
"""Bytes of one block in a file, which is in memory as a whole; writers make them of some ten kilobytes."""

WRITTEN_BLOCK = 256 << 10
"""Bytes after which a block is written."""

_CODECS = {"": "null", "none": "null", "deflate": "deflate"}
_NO_SNAPPY = "The copy activity neither reads nor writes Avro files that are compressed with snappy; use deflate"
_DAMAGED = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    SchemaParseException,
    TypeError,
    UnknownType,
    ValueError,
    pa.ArrowException,
    struct.error,
    zlib.error,
)
"""Whatever the library says of content that is none of Avro."""


def read(stream: BinaryIO, name: str, properties: Settings, settings: Settings, rejection: Rejection) -> Table:
    """The table in a file; raises DataError AvroInvalidFile (code assumed, as for Parquet) for what is no Avro."""
    watched: Any = _Watched(stream)
    try:
        blocks = fastavro.block_reader(watched)
        codec, schema = blocks.codec, blocks.writer_schema
    except _DAMAGED as error:
        raise _invalid(name, error) from error
    if codec == "snappy":
        raise DataError("AvroUnsupportedCodec", f"{_NO_SNAPPY}. The file is '{name}'.")
    if codec not in _CODECS.values():
        raise DataError("AvroUnsupportedCodec", f"The file '{name}' has the codec '{codec}', which is not supported.")
    columns = columns_of(schema, name)
    return Table(columns, _batches(blocks, columns, watched, name))


def _batches(blocks: Any, columns: pa.Schema, watched: "_Watched", name: str) -> Iterator[pa.RecordBatch]:
    end = watched.tell()
    rows: list[Any] = []
    try:
        for block in blocks:
            end = watched.tell()
            for row in block:
                rows.append(row)
                if len(rows) == BATCH_ROWS:
                    yield _batch(rows, columns)
                    rows = []
        if watched.tell() != end:
            # the library takes a file that ends within the length of a block for one that ends before it
            raise EOFError("it ends in the middle of a block")
        if rows:
            yield _batch(rows, columns)
    except _DAMAGED as error:
        raise _invalid(name, error) from error


def _batch(rows: list[Any], columns: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch(
        [pa.array([_plain(row[field.name]) for row in rows], field.type) for field in columns], schema=columns
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _invalid(name: str, error: BaseException) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError("AvroInvalidFile", f"The file '{name}' is not a valid Avro file: {reason}.")


class _Watched:
    """Keeps the library from asking for more than a block may have, and knows where its last read ended."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._position = 0

    def tell(self) -> int:
        return self._position

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST_BLOCK:
            raise ValueError(f"a block of {size} bytes is larger than {LARGEST_BLOCK} bytes")
        content = self._stream.read(size)
        self._position += len(content)
        return content


class Writer:
    """Writes batches; not compressed unless the dataset says otherwise (documented default)."""

    def __init__(self, target: Target, schema: pa.Schema, properties: Settings, settings: Settings) -> None:
        codec = text(properties, "avroCompressionCodec").lower()
        if codec == "snappy":
            raise InvalidSettings(f"{_NO_SNAPPY}.", "Sink")
        if codec not in _CODECS:
            raise InvalidSettings(f"'{codec}' is no codec of Avro.", "Sink")
        self._columns = pa.schema([(field.name, written_as(field.type)) for field in schema])
        made = schema_for(self._columns, settings)
        forward: Any = _Forward(target)
        self._writer = RecordWriter(forward, made, _CODECS[codec], sync_interval=WRITTEN_BLOCK)

    def write(self, batch: pa.RecordBatch) -> None:
        names = self._columns.names
        columns = [_values(column, field.type) for column, field in zip(batch.columns, self._columns, strict=True)]
        for row in zip(*columns, strict=True):
            self._writer.write(dict(zip(names, row, strict=True)))

    def close(self) -> None:
        self._writer.flush()


def _values(column: pa.Array, kind: pa.DataType) -> list[Any]:
    """A column's values, times as the numbers that Avro has for them: the library would read those without a zone as
    times of this machine's.
    """
    if pa.types.is_string(kind):
        return as_text(column).to_pylist()  # type: ignore[no-any-return]
    cast = column.cast(kind, safe=False) if pa.types.is_timestamp(kind) else column.cast(kind)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        cast = cast.cast(pa.int64())
    return cast.to_pylist()  # type: ignore[no-any-return]


class _Forward:
    """What the library asks of a file."""

    def __init__(self, target: Target) -> None:
        self.write = target.write

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        """Blocks go when they are full."""
