"""File formats: one module per format, one table of them. A format reads a stream as a table and writes batches.

Json and Xml are streams of documents; `hierarchy.py` makes tables of them and documents of tables.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from emulators.datafactory.data.formats import (
    avro,
    delimited,
    delimited_writing,
    excel,
    json_text,
    orc,
    parquet,
    xml_text,
)
from emulators.datafactory.data.formats.xml_validation import Beside
from emulators.datafactory.data.settings import Settings
from emulators.datafactory.data.table import Rejection, Table


class TableWriter(Protocol):
    """Writes a table into one file."""

    def write(self, batch: pa.RecordBatch) -> None: ...

    def close(self) -> None:
        """Write what is held back; the file itself stays open."""
        ...


@dataclass(frozen=True)
class Format:
    """`read(stream, name, dataset properties, format settings, rejection)` gives the table in a file;
    `writer(target, schema, dataset properties, format settings)` writes one. `suffix` is the usual end of names.
    """

    suffix: str
    read: Callable[[Any, str, Settings, Settings, Rejection], Table]
    writer: Callable[[Any, pa.Schema, Settings, Settings], TableWriter] | None = None
    seeks: bool = False
    """Whether reading jumps in the file, so that compression around it is impossible."""


FORMATS: Mapping[str, Format] = {
    "Avro": Format(".avro", avro.read, avro.Writer),
    "DelimitedText": Format(".csv", delimited.read, delimited_writing.Writer),
    "Excel": Format(".xlsx", excel.read),
    "Orc": Format(".orc", orc.read, orc.Writer, seeks=True),
    "Parquet": Format(".parquet", parquet.read, parquet.Writer, seeks=True),
}
"""Dataset type → format, for the formats that are tables."""

HIERARCHICAL: Mapping[str, Callable[[Any, str, Settings, Settings, Beside], Iterator[Any]]] = {
    "Json": json_text.documents,
    "Xml": xml_text.documents,
}
"""Dataset type → reader of documents (stream, name, dataset properties, format settings, fetcher of files beside), for
formats that are trees. Json can be written too."""

READ_ONLY = frozenset({"Excel", "Xml"})
"""Dataset types that are sources only (documented)."""

__all__ = ["FORMATS", "HIERARCHICAL", "READ_ONLY", "Format", "TableWriter"]
