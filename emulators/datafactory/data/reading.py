"""A source's files as tables: decompressed, parsed, with the columns that come from the activity and from the path."""

import posixpath
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.archives import keeps_folder
from emulators.datafactory.data.compression import codec_of
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, MissingFile
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.formats import FORMATS, HIERARCHICAL
from emulators.datafactory.data.hierarchy import table
from emulators.datafactory.data.selection import Selected, partition_root, partitions
from emulators.datafactory.data.settings import Settings, flag, section, text
from emulators.datafactory.data.source_file import Content, SourceFile, is_one
from emulators.datafactory.data.store import File, Source
from emulators.datafactory.data.table import Rejection, Table
from emulators.datafactory.data.translator import Translator

LARGEST_BESIDE = 16 << 20
"""Bytes of a file that another one refers to, such as a schema."""

FILE_PATH, OTHER_COLUMN = "$$FILEPATH", "$$COLUMN:"


@dataclass(frozen=True)
class OpenFile:
    """A file being read as a table. `extra` names the columns that do not come from its content."""

    table: Table
    extra: Sequence[str]


class OpenSource(Protocol):
    """A source being read: a stored file, a resource. To be closed. `consumed` counts the bytes that were fetched."""

    @property
    def consumed(self) -> int: ...

    def contents(self) -> Iterator[Content]:
        """Each is to be read before the next one is asked for."""
        ...

    def close(self) -> None: ...


class SourceReading(Protocol):
    """What copies and lookups read: files one by one, or a resource that is like one."""

    dataset: Dataset

    @property
    def is_hierarchical(self) -> bool: ...

    @property
    def adds_columns(self) -> bool: ...

    def files(self) -> Iterator[Selected]: ...

    def is_one(self, selected: Selected) -> bool:
        """Whether a file stands for one only, and is no archive of several."""
        ...

    def source_file(self, selected: Selected) -> OpenSource: ...

    def contents(self) -> Generator[Content, None, None]:
        """What is in all the files, one after the other. To be closed where it is not read to its end."""
        ...

    def documents(self, content: Content) -> Iterator[Any]:
        """The documents of a content; only for hierarchical formats."""
        ...

    def open(self, content: Content, translator: Translator, rejection: Rejection) -> OpenFile: ...


class Reading:
    """Reads what a dataset and the `source` of a copy or lookup describe."""

    def __init__(self, place: Source, dataset: Dataset, source: Settings) -> None:
        """Raises InvalidSettings or Unsupported where the two do not fit together."""
        self._place = place
        self.dataset = dataset
        self._store = section(source, "storeSettings")
        self._format = section(source, "formatSettings")
        self._additional = additional(source.get("additionalColumns"))
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

    def source_file(self, selected: Selected) -> OpenSource:
        """A file to be read, and to be closed."""
        return SourceFile(self._place, selected, self._codec, keep_folder=self._keep_folder)

    def is_one(self, selected: Selected) -> bool:
        """Whether a file stands for one only, and is no archive of several."""
        return is_one(self._place, selected, self._codec)

    def contents(self) -> Generator[Content, None, None]:
        """What is in all the files, one after the other. To be closed where it is not read to its end."""
        for selected in self.files():
            with closing(self.source_file(selected)) as source_file:
                yield from source_file.contents()

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
    def adds_columns(self) -> bool:
        return bool(self._additional) or self._partition_root is not None

    def open(self, content: Content, translator: Translator, rejection: Rejection) -> OpenFile:
        """The table in a file."""
        if self.is_hierarchical:
            found = table(self.documents(content), translator, rejection)
        else:
            read = FORMATS[self.dataset.type].read
            found = read(content.stream, content.name, self.dataset.properties, self._format, rejection)
        extra = self._extra(content)
        return OpenFile(widened(_with_nulls(found, self.dataset.nulls), extra), list(extra))

    def _extra(self, content: Content) -> dict[str, str]:
        """Name → value, or a reference to another column, of the columns to add."""
        found = {name: content.relative if value == FILE_PATH else value for name, value in self._additional.items()}
        if self._partition_root is not None:
            found |= partitions(content.selected.file.path, self._partition_root)
        return found


def additional(written: Any) -> dict[str, str]:
    """`additionalColumns` as name → value; raises InvalidSettings."""
    if not written:
        return {}
    if not isinstance(written, list):
        raise InvalidSettings("'additionalColumns' is an array of objects with 'name' and 'value'.")
    return {text(column, "name"): text(column, "value") for column in written}


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


def widened(found: Table, extra: dict[str, str]) -> Table:
    """The table with columns that all rows share; a value may name another column."""
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
