"""A source's files as tables: decompressed, parsed, with the columns that come from the activity and from the path."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.data.additional_columns import FILE_PATH, additional_columns, widened
from emulators.datafactory.data.compression import codec_of, expanded
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.formats import FORMATS, HIERARCHICAL
from emulators.datafactory.data.hierarchy import table
from emulators.datafactory.data.rows import OpenRows
from emulators.datafactory.data.selection import Selected, partition_root, partitions
from emulators.datafactory.data.settings import Settings, flag, section
from emulators.datafactory.data.store import Source
from emulators.datafactory.data.stream import FileStream
from emulators.datafactory.data.table import Rejection
from emulators.datafactory.data.translator import Translator


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
        self._additional = additional_columns(source)
        self._codec = codec_of(dataset.type, dataset.properties, "Source")
        self._partition_root = (
            partition_root(dataset.location, self._store) if flag(self._store, "enablePartitionDiscovery") else None
        )
        if dataset.type not in FORMATS and dataset.type not in HIERARCHICAL:
            raise InvalidSettings(f"A dataset of type {dataset.type} has no rows; this activity needs some.")

    def files(self) -> Iterator[Selected]:
        """The files to read, as they are listed."""
        return chosen(self._place, self.dataset.location, self._store)

    def parts(self, check: Callable[[], None]) -> Iterator["FilePart"]:
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
        return OpenRows(widened(found, extra), list(extra), stream)

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
