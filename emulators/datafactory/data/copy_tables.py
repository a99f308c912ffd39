"""Copies of rows: read in batches, mapped and converted, written in batches, whatever the two formats are.

Rows that do not fit end the copy, or are skipped and logged with fault tolerance. Json to Json without a mapping goes
through document by document, so that nothing of the trees is lost (documented).
"""

import itertools
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats import FORMATS, HIERARCHICAL
from emulators.datafactory.data.formats.json_text import Writer as JsonWriter
from emulators.datafactory.data.hierarchy import documents_of
from emulators.datafactory.data.mapping import bind
from emulators.datafactory.data.naming import MERGE, Naming
from emulators.datafactory.data.packing import packed
from emulators.datafactory.data.reading import SourceReading
from emulators.datafactory.data.selection import Selected
from emulators.datafactory.data.session_log import CopyLog
from emulators.datafactory.data.settings import Settings
from emulators.datafactory.data.source_file import Content
from emulators.datafactory.data.store import File, WriteOptions
from emulators.datafactory.data.table import Rejected, Rejection
from emulators.datafactory.data.translator import Translator

DOCUMENTS = 1000
"""Documents that are written at a time."""


@dataclass(frozen=True)
class SinkFiles:
    """Where and how files are written. `most_rows` cuts the rows of one source file into several files."""

    store: Any
    dataset: Dataset
    settings: Settings
    naming: Naming
    options: WriteOptions
    codec: str = ""
    level: str = ""
    most_rows: int | None = None

    @property
    def takes_documents(self) -> bool:
        return self.dataset.type in HIERARCHICAL

    @property
    def takes_text(self) -> bool:
        return self.dataset.type == "DelimitedText"

    def output(self, path: str, translator: Translator, counts: Counts) -> "Output":
        return _Files(path, self, translator, counts)


class Output(Protocol):
    """Takes batches of rows, or documents, until it is closed; `abandon` drops what is not written for good."""

    def expect(self, schema: pa.Schema) -> None: ...

    def write(self, batch: pa.RecordBatch) -> None: ...

    def write_documents(self, documents: list[Any]) -> None: ...

    def close(self) -> None: ...

    def abandon(self) -> None: ...


class Sink(Protocol):
    """Where a copy writes."""

    @property
    def naming(self) -> Naming: ...

    @property
    def takes_documents(self) -> bool: ...

    @property
    def takes_text(self) -> bool:
        """Whether values of every type are written as text."""
        ...

    def output(self, path: str, translator: Translator, counts: Counts) -> Output: ...


@dataclass(frozen=True)
class TableCopy:
    """One copy. `skip` None means that a row that does not fit ends it; else `skip` is told of each such row."""

    reading: SourceReading
    sink: Sink
    translator: Translator
    check: Callable[[], None]
    counts: Counts
    skip: Rejection | None = None
    log: CopyLog = field(default_factory=CopyLog)
    verify: bool = False

    def run(self) -> None:
        """Copy; raises DataError, with `verify` also where rows were lost (documented; the code is assumed)."""
        self._copy()
        counts = self.counts
        if self.verify and counts.rows_read != counts.rows_copied + counts.rows_skipped:
            raise DataError(
                "DataConsistencyVerificationFailed",
                f"{counts.rows_read} rows were read, {counts.rows_copied} copied and {counts.rows_skipped} skipped.",
                "Sink",
            )

    def _copy(self) -> None:
        files = self.reading.files()
        ahead = list(itertools.islice(files, 2))
        every = itertools.chain(ahead, files)
        if self.sink.naming.behaviour == MERGE:
            self._copy_merged(every)
            return
        for selected in every:
            only = len(ahead) == 1 and (not self.sink.naming.location.file or self.reading.is_one(selected))
            with closing(self._contents([selected])) as contents:
                for content in contents:
                    path = self.sink.naming.path(content.relative, only=only)
                    self._copy_into(path, [content])

    def _copy_merged(self, files: Iterable[Selected]) -> None:
        """All files as one; without any there is no result either."""
        with closing(self._contents(files)) as contents:
            first = list(itertools.islice(contents, 1))
            if first:
                self._copy_into(self.sink.naming.merged(), itertools.chain(first, contents))

    def _contents(self, files: Iterable[Selected]) -> Generator[Content, None, None]:
        """What is in the files, each counted once it is read."""
        for selected in files:
            self.check()
            self.log.reading(selected.file)
            with closing(self.reading.source_file(selected)) as source_file:
                yield from source_file.contents()
                self.counts.data_read += source_file.consumed
                self.counts.files_read += 1
            self.log.read(selected.file)

    def _copy_into(self, path: str, contents: Iterable[Content]) -> None:
        """Copy contents into one file; what is begun is finished or leaves no trace."""
        output = self.sink.output(path, self.translator, self.counts)
        copy = self._copy_documents if self._passes_documents_through else self._copy_rows
        files: dict[File, None] = {}
        try:
            for content in contents:
                self.check()
                files[content.selected.file] = None
                self.log.writing(content.selected.file)
                copy(content, output)
            output.close()
        except BaseException:
            output.abandon()
            raise
        for file in files:
            self.log.written(file)

    def _copy_documents(self, content: Content, output: Output) -> None:
        found = self.reading.documents(content)
        while documents := list(itertools.islice(found, DOCUMENTS)):
            self.check()
            self.counts.rows_read += len(documents)
            output.write_documents(documents)

    def _copy_rows(self, content: Content, output: Output) -> None:
        opened = self.reading.open(content, self.translator, self._reject)
        mapping = bind(
            self.translator,
            opened.table.schema,
            opened.extra,
            content.name,
            flattened=self.reading.is_hierarchical,
            into_text=self.sink.takes_text,
        )
        output.expect(mapping.schema)
        for batch in opened.table.batches:
            self.check()
            self.counts.rows_read += batch.num_rows
            output.write(mapping.apply(batch, self._skip_converted))

    @property
    def _passes_documents_through(self) -> bool:
        trees = self.reading.is_hierarchical and self.sink.takes_documents
        return trees and self.translator.is_plain and not self.reading.adds_columns

    def _reject(self, row: Rejected) -> None:
        """A row that is not even in a batch."""
        self.counts.rows_read += 1
        self._skip_converted(row)

    def _skip_converted(self, row: Rejected) -> None:
        if self.skip is None:
            raise DataError(row.code, row.message)
        self.counts.rows_skipped += 1
        self.skip(row)


class _Files:
    """The file being written, or the files that one source file is cut into."""

    def __init__(self, path: str, sink: SinkFiles, translator: Translator, counts: Counts) -> None:
        self._path = path
        self._sink = sink
        self._translator = translator
        self._counts = counts
        self._schema: pa.Schema | None = None
        self._file: Any = None
        self._writer: Any = None
        self._part = 0
        self._rows = 0

    def expect(self, schema: pa.Schema) -> None:
        """The next batches have this schema; files that are merged must have the same columns."""
        if not schema.names:
            return  # a file without a byte has nothing to say
        if self._schema is not None and self._schema.names != schema.names and self._writer is not None:
            raise InvalidSettings(
                f"Files with different columns cannot be merged: {self._schema.names} and {schema.names}.", "Sink"
            )
        if self._writer is None:
            self._schema = schema

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a batch, over the edge of one file into the next where that is due."""
        most = self._sink.most_rows
        while most is not None and self._rows + batch.num_rows > most:
            room = most - self._rows
            self._write(batch.slice(0, room))
            batch = batch.slice(room)
            self._finish()
            self._part += 1
        self._write(batch)

    def write_documents(self, documents: list[Any]) -> None:
        self._opened().write(documents)
        self._counts.rows_copied += len(documents)

    def close(self) -> None:
        """Finish the last file; a source without rows makes a file without rows."""
        if self._writer is None and (self._rows or not self._part):
            self._opened()
        self._finish()

    def abandon(self) -> None:
        if self._file is not None:
            self._file.abandon()

    def _write(self, batch: pa.RecordBatch) -> None:
        if not batch.num_rows:
            return
        if self._schema is not None and batch.schema != self._schema:
            try:
                batch = batch.cast(self._schema)
            except pa.ArrowInvalid as error:
                raise InvalidSettings(f"Files with different types cannot be merged: {error}", "Sink") from error
        self._opened().write(batch)
        self._rows += batch.num_rows
        self._counts.rows_copied += batch.num_rows

    def _opened(self) -> Any:
        if self._writer is None:
            sink = self._sink
            path = sink.naming.part(self._path, self._part) if sink.most_rows else self._path
            plain = sink.store.writer(sink.dataset.location.container, path, sink.options)
            self._file = packed(plain, sink.codec, sink.level, path)
            self._writer = self._made(self._file)
        return self._writer

    def _made(self, target: Any) -> Any:
        kind, properties, settings = self._sink.dataset.type, self._sink.dataset.properties, self._sink.settings
        if kind in HIERARCHICAL:
            return _AsDocuments(JsonWriter(target, properties, settings), self._translator)
        schema = self._schema if self._schema is not None else pa.schema([])
        sink = FORMATS[kind]
        assert sink.writer is not None  # noqa: S101 - the activity refuses sinks that are READ_ONLY
        return sink.writer(_as_file(target) if sink.seeks else target, schema, properties, settings)

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._file.commit()
        self._counts.files_written += 1
        self._counts.data_written += self._file.written
        self._writer = self._file = None
        self._rows = 0


class _AsDocuments:
    """Writes batches and documents as Json."""

    def __init__(self, writer: JsonWriter, translator: Translator) -> None:
        self._writer = writer
        self._translator = translator

    def write(self, found: Any) -> None:
        self._writer.write(found if isinstance(found, list) else documents_of(found, self._translator.pairs))

    def close(self) -> None:
        self._writer.close()


def _as_file(target: Any) -> pa.PythonFile:
    """A file that pyarrow writes to; it asks for no more than these."""
    return pa.PythonFile(_Forward(target), mode="w")


class _Forward:
    closed = False

    def __init__(self, target: Any) -> None:
        self._target = target
        self._position = 0

    def write(self, content: Any) -> int:
        plain = bytes(content)
        self._position += len(plain)
        self._target.write(plain)
        return len(plain)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Blocks go when they are full."""

    def close(self) -> None:
        """The file is ended by who opened it."""
