"""Rows into files: a file for each of the source's, or one for all, or several for one; in whatever format."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.compression import Compressor
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.formats import FORMATS, HIERARCHICAL
from emulators.datafactory.data.formats.json_text import Writer as JsonWriter
from emulators.datafactory.data.hierarchy import documents_of
from emulators.datafactory.data.naming import MERGE, Naming
from emulators.datafactory.data.rows import Output, Part, Work
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.store import WriteOptions
from emulators.datafactory.data.translator import Translator


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

    def outputs(self, parts: Iterator[Part], work: Work) -> Iterator[tuple[Output, Iterable[Part]]]:
        """A file for each part, or one for all where files are merged or rows of a table have a file to go to."""
        ahead = list(itertools.islice(parts, 2))
        if not ahead:
            return
        every = itertools.chain(ahead, parts)
        from_files = ahead[0].relative is not None
        if self.naming.behaviour == MERGE if from_files else self.naming.location.file:
            yield _Output(self.naming.merged(), self, work), every
            return
        only = len(ahead) == 1
        for part in every:
            path = self._made_up(only=only) if part.relative is None else self.naming.path(part.relative, only=only)
            yield _Output(path, self, work), [part]

    def _made_up(self, *, only: bool) -> str:
        """A path for rows that come from no file. Their pieces may have a prefix, partitions none (documented)."""
        return self.naming.made_up(text(self.settings, "fileNamePrefix") if self.most_rows and only else "")


class _Output:
    """The file being written, or the files that one source file is cut into."""

    def __init__(self, path: str, sink: SinkFiles, work: Work) -> None:
        self._path = path
        self._sink = sink
        self._translator = work.translator
        self._counts = work.counts
        self._schema: pa.Schema | None = None
        self._file: Any = None
        self._writer: Any = None
        self._packed: Compressor | None = None
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

    def abandon(self, error: BaseException) -> None:
        """What is not finished leaves no trace."""
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
            self._file = sink.store.writer(sink.dataset.location.container, path, sink.options)
            self._packed = Compressor(self._file, sink.codec, sink.level) if sink.codec else None
            self._writer = self._made(self._packed or self._file)
        return self._writer

    def _made(self, target: Any) -> Any:
        kind, properties, settings = self._sink.dataset.type, self._sink.dataset.properties, self._sink.settings
        if kind in HIERARCHICAL:
            return _AsDocuments(JsonWriter(target, properties, settings), self._translator)
        schema = self._schema if self._schema is not None else pa.schema([])
        return FORMATS[kind].writer(_as_file(target) if FORMATS[kind].seeks else target, schema, properties, settings)

    def _finish(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        if self._packed is not None:
            self._packed.close()
        self._file.commit()
        self._counts.files_written += 1
        self._counts.data_written += self._file.written
        self._writer = self._file = self._packed = None
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
