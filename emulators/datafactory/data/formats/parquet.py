"""Parquet: read and written by pyarrow, a row group's worth of batches at a time."""

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.table import BATCH_ROWS, Rejection, Table

GROUP_BYTES = 32 << 20
"""Size in memory of the rows of one row group."""

_FORBIDDEN = re.compile(r"[ ,;{}()\n\t=]")
_CODECS = {"": "snappy", "none": "none", "gzip": "gzip", "snappy": "snappy"}


def read(stream: Any, name: str, properties: Settings, settings: Settings, rejection: Rejection) -> Table:
    """The table in a file; raises DataError ParquetInvalidFile (documented) for what is no Parquet."""
    try:
        parsed = pq.ParquetFile(stream)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise _invalid(error) from error
    for field in parsed.schema_arrow:
        if pa.types.is_nested(field.type):
            raise DataError(
                "ParquetNotSupportedType",
                f"Unsupported Parquet type. PrimitiveType: {field.type}; OriginalType: {field.name}.",
            )
    return Table(parsed.schema_arrow.remove_metadata(), _batches(parsed))


def _batches(parsed: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    schema = parsed.schema_arrow.remove_metadata()
    try:
        for batch in parsed.iter_batches(BATCH_ROWS):
            yield batch.replace_schema_metadata(None).cast(schema)
    except (pa.ArrowInvalid, OSError) as error:
        raise _invalid(error) from error


def _invalid(error: Exception) -> DataError:
    return DataError("ParquetInvalidFile", f"File is not a valid Parquet file. {error}")


class Writer:
    """Writes batches; snappy unless the dataset says otherwise (documented default)."""

    def __init__(self, target: Any, schema: pa.Schema, properties: Settings, settings: Settings) -> None:
        codec = text(properties, "compressionCodec").lower()
        if codec == "lzo":
            raise Unsupported("Parquet with the codec lzo", "nothing: pyarrow cannot write it; use snappy or gzip.")
        if codec not in _CODECS:
            raise InvalidSettings(f"'{codec}' is no codec of Parquet.", "Sink")
        for column in schema.names:
            if _FORBIDDEN.search(column):
                raise DataError(
                    "ParquetInvalidColumnName",
                    f"The column name '{column}' is invalid. Column name cannot contain these character: "
                    "[,;{}()\\n\\t=]",
                    "Sink",
                )
        self._writer = pq.ParquetWriter(target, schema, compression=_CODECS[codec])
        self._held: list[pa.RecordBatch] = []
        self._size = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Rows are held back until there are enough for a row group."""
        self._held.append(batch)
        self._size += batch.nbytes
        if self._size >= GROUP_BYTES:
            self._write_group()

    def close(self) -> None:
        self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held))
        self._held, self._size = [], 0
