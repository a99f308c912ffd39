"""A source's files as tables: decompressed, parsed, with the columns that come from the activity and from the path."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.compression import codec_of, expanded
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.formats import FORMATS, HIERARCHICAL
from emulators.datafactory.data.hierarchy import table
from emulators.datafactory.data.rows import OpenRows
from emulators.datafactory.data.selection import Selected, partition_root, partitions
from emulators.datafactory.data.settings import Settings, flag, section, text
from emulators.datafactory.data.store import Source
from emulators.datafactory.data.stream import FileStream
from emulators.datafactory.data.table import Rejection, Table
from emulators.datafactory.data.translator import Translator

FILE_PATH, OTHER_COLUMN = "$$FILEPATH", "$$COLUMN:"


class Reading:
    """Reads what a dataset and the `source` of a copy or lookup describe: files as the parts of a RowsSource."""

    def __init__(self, place: Source, dataset: Dataset, source: Settings) -> None:
        """Raises InvalidSettings or Unsupported where the two do not fit together."""
        self._place = place
        self.dataset = dataset
        self._store = section(source, "storeSettings")
        self._format = section(source, "formatSettings")
        if section(self._format, "compressionProperties"):
            raise Unsupported("'compressionProperties'", "archives of tables in data/reading.py.")
        self._additional = _additional(source.get("additionalColumns"))
        self._codec = codec_of(dataset.type, dataset.properties, "Source")
        self._partition_root = (
            partition_root(dataset.location, self._store) if flag(self._store, "enablePartitionDiscovery") else None
        )
        if dataset.type not in FORMATS and dataset.type not in HIERARCHICAL:
            raise InvalidSettings(f"A dataset of type {dataset.type} has no rows; this activity needs some.")

    def files(self) -> Iterator[Selected]:
        """The files to read, as they are listed."""
        return chosen(self._place, self.dataset.location, self._store)

    def parts(self) -> Iterator["FilePart"]:
        """The files as parts of a source of rows."""
        return (FilePart(self, selected) for selected in self.files())

    @property
    def has_documents(self) -> bool:
        """Whether documents may go on whole: nothing is added to them."""
        return self.is_hierarchical and not self.adds_columns

    def documents(self, selected: Selected) -> tuple[Iterator[Any], FileStream]:
        """The documents of a file; only for hierarchical formats."""
        stream = FileStream(self._place, selected.file)
        read = HIERARCHICAL[self.dataset.type]
        content = expanded(stream, self._codec)
        return read(content, selected.file.path, self.dataset.properties, self._format), stream

    @property
    def is_hierarchical(self) -> bool:
        return self.dataset.type in HIERARCHICAL

    @property
    def adds_columns(self) -> bool:
        return bool(self._additional) or self._partition_root is not None

    def open(self, selected: Selected, translator: Translator, rejection: Rejection) -> OpenRows:
        """The table in a file."""
        if self.is_hierarchical:
            documents, stream = self.documents(selected)
            found = table(documents, translator, rejection)
        else:
            stream = FileStream(self._place, selected.file)
            reader = FORMATS[self.dataset.type]
            found = reader.read(
                expanded(stream, self._codec), selected.file.path, self.dataset.properties, self._format, rejection
            )
        extra = self._extra(selected)
        return OpenRows(_widened(found, extra), list(extra), stream)

    def _extra(self, selected: Selected) -> dict[str, str]:
        """Name → value, or a reference to another column, of the columns to add."""
        found = {name: selected.relative if value == FILE_PATH else value for name, value in self._additional.items()}
        if self._partition_root is not None:
            found |= partitions(selected.file.path, self._partition_root)
        return found


@dataclass(frozen=True)
class FilePart:
    """One file of a reading."""

    reading: Reading
    selected: Selected

    @property
    def relative(self) -> str:
        return self.selected.relative

    @property
    def origin(self) -> str:
        return self.selected.file.path

    def open(self, translator: Translator, rejection: Rejection) -> OpenRows:
        return self.reading.open(self.selected, translator, rejection)

    def documents(self) -> tuple[Iterator[Any], FileStream]:
        return self.reading.documents(self.selected)


def _additional(written: Any) -> dict[str, str]:
    if not written:
        return {}
    if not isinstance(written, list):
        raise InvalidSettings("'additionalColumns' is an array of objects with 'name' and 'value'.")
    return {text(column, "name"): text(column, "value") for column in written}


def _widened(found: Table, extra: dict[str, str]) -> Table:
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
