"""Orc: read and written by pyarrow, stripe by stripe."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.orc

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.table import Rejection, Table

_CODECS = {"": "zlib", "none": "uncompressed", "zlib": "zlib", "snappy": "snappy"}


def read(stream: Any, name: str, properties: Settings, settings: Settings, rejection: Rejection) -> Table:
    """The table in a file; raises DataError for what is no Orc (code assumed, as for Parquet)."""
    try:
        parsed = pyarrow.orc.ORCFile(stream)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError("OrcInvalidFile", f"File is not a valid Orc file. {error}") from error
    nested = [field for field in parsed.schema if pa.types.is_nested(field.type)]
    if nested:
        raise DataError("OrcNotSupportedType", f"Unsupported Orc type: {nested[0].type} of column '{nested[0].name}'.")
    return Table(parsed.schema.remove_metadata(), _stripes(parsed))


def _stripes(parsed: Any) -> Iterator[pa.RecordBatch]:
    for stripe in range(parsed.nstripes):
        yield parsed.read_stripe(stripe).replace_schema_metadata(None)


class Writer:
    """Writes batches; zlib unless the dataset says otherwise."""

    def __init__(self, target: Any, schema: pa.Schema, properties: Settings, settings: Settings) -> None:
        codec = text(properties, "orcCompressionCodec").lower()
        if codec not in _CODECS:
            raise InvalidSettings(f"'{codec}' is no codec of Orc that this emulator writes.", "Sink")
        self._writer = pyarrow.orc.ORCWriter(target, compression=_CODECS[codec])
        self._schema = schema
        self._begun = False

    def write(self, batch: pa.RecordBatch) -> None:
        self._begun = True
        self._writer.write(pa.Table.from_batches([batch]))

    def close(self) -> None:
        if not self._begun:
            self._writer.write(self._schema.empty_table())
        self._writer.close()
