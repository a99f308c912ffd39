"""A source's files as tables: decompressed, parsed, with the columns that come from the activity and from the path."""

import itertools
import posixpath
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.additional_columns import FILE_PATH, additional_columns, widened
from emulators.datafactory.data.archives import keeps_folder
from emulators.datafactory.data.compression import codec_of
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, MissingFile
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.formats import FORMATS, HIERARCHICAL
from emulators.datafactory.data.hierarchy import table
from emulators.datafactory.data.rows import OpenRows, Progress
from emulators.datafactory.data.selection import Selected, partition_root, partitions
from emulators.datafactory.data.settings import Settings, flag, section
from emulators.datafactory.data.source_file import Content, SourceFile, is_one
from emulators.datafactory.data.store import File, Source
from emulators.datafactory.data.table import Rejection, Table
from emulators.datafactory.data.translator import Translator

LARGEST_BESIDE = 16 << 20
"""Bytes of a file that another one refers to, such as a schema."""


class Reading:
    """Reads what a dataset and the `source` of a copy or lookup describe: files as the parts of a source of rows."""

    def __init__(self, place: Source, dataset: Dataset, source: Settings) -> None:
        """Raises InvalidSettings or Unsupported where the two do not fit together."""
        self._place = place
        self.dataset = dataset
        self._store = section(source, "storeSettings")
        self._format = section(source, "formatSettings")
        self._additional = additional_columns(source)
        self._codec = codec_of(dataset.type, dataset.properties, "Source")
        self._keep_folder = keeps_folder(self._codec, self._format)
        self._partition_root = (
            partition_root(dataset.location, self._store) if flag(self._store, "enablePartitionDiscovery") else None
        )
        if dataset.type not in FORMATS and dataset.type not in HIERARCHICAL:
            raise InvalidSettings(f"A dataset of type {dataset.type} has no rows; this activity needs some.")

    def files(self) -> Iterator[Selected]:
        """The files to read, as they are listed."""
        return chosen(self._place, self.dataset.location, self._store)

    def parts(self, progress: Progress) -> Generator["FilePart", None, None]:
        """What is in the files, each counted and logged once it is read."""
        files = self.files()
        ahead = list(itertools.islice(files, 2))
        for selected in itertools.chain(ahead, files):
            progress.check()
            progress.log.reading(selected.file)
            source_file = SourceFile(self._place, selected, self._codec, keep_folder=self._keep_folder)
            with closing(source_file):
                for content in source_file.contents():
                    yield FilePart(self, content, from_only_file=len(ahead) == 1)
                progress.counts.data_read += source_file.consumed
                progress.counts.files_read += 1
            progress.log.read(selected.file)

    def is_one(self, selected: Selected) -> bool:
        """Whether a file stands for one only, and is no archive of several."""
        return is_one(self._place, selected, self._codec)

    def documents(self, content: Content) -> Iterator[Any]:
        """The documents of a file; only for hierarchical formats."""
        read = HIERARCHICAL[self.dataset.type]
        beside = partial(self._beside, content.selected.file)
        return read(content.stream, content.name, self.dataset.properties, self._format, beside)

    def _beside(self, file: File, relative: str) -> bytes:
        """A small file by its path relative to another's folder, out of the same container."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), relative))
        found = None if path.startswith("..") else self._place.find(file.container, path)
        if found is None:
            raise MissingFile(self._place.place(file.container), path, self._place.side)
        if found.size > LARGEST_BESIDE:
            raise InvalidSettings(
                f"The file '{path}' that '{file.path}' refers to is larger than {LARGEST_BESIDE} bytes."
            )
        return self._place.read(found, 0, found.size) if found.size else b""

    @property
    def is_hierarchical(self) -> bool:
        return self.dataset.type in HIERARCHICAL

    @property
    def has_documents(self) -> bool:
        return self.is_hierarchical and not self._additional and self._partition_root is None

    def open(self, content: Content, translator: Translator, rejection: Rejection) -> OpenRows:
        """The table in a file."""
        if self.is_hierarchical:
            found = table(self.documents(content), translator, rejection)
        else:
            read = FORMATS[self.dataset.type].read
            found = read(content.stream, content.name, self.dataset.properties, self._format, rejection)
        extra = self._extra(content)
        return OpenRows(widened(_with_nulls(found, self.dataset.nulls), extra), list(extra))

    def _extra(self, content: Content) -> dict[str, str]:
        """Name → value, or a reference to another column, of the columns to add."""
        found = {name: content.relative if value == FILE_PATH else value for name, value in self._additional.items()}
        if self._partition_root is not None:
            found |= partitions(content.selected.file.path, self._partition_root)
        return found


@dataclass(frozen=True)
class FilePart:
    """A file of a reading, or one inside of an archive."""

    reading: Reading
    content: Content
    from_only_file: bool

    @property
    def relative(self) -> str:
        return self.content.relative

    @property
    def origin(self) -> str:
        return self.content.name

    @property
    def file(self) -> File:
        return self.content.selected.file

    def is_only(self) -> bool:
        """Whether there is no other file, stored or in its archive."""
        return self.from_only_file and self.reading.is_one(self.content.selected)

    def open(self, translator: Translator, rejection: Rejection) -> OpenRows:
        return self.reading.open(self.content, translator, rejection)

    def documents(self) -> Iterator[Any]:
        return self.reading.documents(self.content)


def _with_nulls(found: Table, nulls: tuple[str, ...]) -> Table:
    """The table with null in place of these texts, where there are any."""
    if not nulls:
        return found
    meant, null = pa.array(nulls, pa.string()), pa.scalar(None, pa.string())

    def replaced(column: pa.Array) -> pa.Array:
        return pc.if_else(pc.is_in(column, value_set=meant), null, column) if column.type == pa.string() else column

    batches = (
        pa.record_batch([replaced(column) for column in batch.columns], schema=found.schema) for batch in found.batches
    )
    return Table(found.schema, batches)
