"""Copies of rows: read in batches, mapped and converted, written in batches, whatever the two ends are.

Rows that do not fit end the copy, or are skipped and logged with fault tolerance. Json to Json without a mapping goes
through document by document, so that nothing of the trees is lost (documented).
"""

import itertools
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field

from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.mapping import bind
from emulators.datafactory.data.rows import Output, Part, Progress, RowsSink, RowsSource, Work
from emulators.datafactory.data.session_log import CopyLog
from emulators.datafactory.data.store import File
from emulators.datafactory.data.table import Rejected, Rejection
from emulators.datafactory.data.translator import Translator

DOCUMENTS = 1000
"""Documents that are written at a time."""


@dataclass(frozen=True)
class TableCopy:
    """One copy. `skip` None means that a row that does not fit ends it; else `skip` is told of each such row."""

    source: RowsSource
    sink: RowsSink
    translator: Translator
    check: Callable[[], None]
    counts: Counts
    skip: Rejection | None = None
    log: CopyLog = field(default_factory=CopyLog)
    verify: bool = False

    def run(self) -> None:
        """Copy; raises DataError, with `verify` also where rows were lost (documented; the code is assumed)."""
        work = Work(self.translator, self.counts, self._skip_converted, self.check)
        with closing(self.source.parts(Progress(self.check, self.counts, self.log))) as parts:
            for output, some in self.sink.outputs(parts, work):
                self._copy_into(output, some)
        counts = self.counts
        if self.verify and counts.rows_read != counts.rows_copied + counts.rows_skipped:
            raise DataError(
                "DataConsistencyVerificationFailed",
                f"{counts.rows_read} rows were read, {counts.rows_copied} copied and {counts.rows_skipped} skipped.",
                "Sink",
            )

    def _copy_into(self, output: Output, parts: Iterable[Part]) -> None:
        """Copy parts into one output; what is begun is finished or given up."""
        copy = self._copy_documents if self._passes_documents_through else self._copy_rows
        files: dict[File, None] = {}
        try:
            for part in parts:
                self.check()
                if part.file is not None:
                    files[part.file] = None
                    self.log.writing(part.file)
                copy(part, output)
            output.close()
        except BaseException as error:
            output.abandon(error)
            raise
        for file in files:
            self.log.written(file)

    def _copy_documents(self, part: Part, output: Output) -> None:
        found = part.documents()
        while documents := list(itertools.islice(found, DOCUMENTS)):
            self.check()
            self.counts.rows_read += len(documents)
            output.write_documents(documents)

    def _copy_rows(self, part: Part, output: Output) -> None:
        opened = part.open(self.translator, self._reject)
        mapping = bind(
            self.translator,
            opened.table.schema,
            opened.extra,
            part.origin,
            flattened=self.source.is_hierarchical,
            into_text=self.sink.takes_text,
        )
        output.expect(mapping.schema)
        for batch in opened.table.batches:
            self.check()
            self.counts.rows_read += batch.num_rows
            output.write(mapping.apply(batch, self._skip_converted))

    @property
    def _passes_documents_through(self) -> bool:
        return self.source.has_documents and self.sink.takes_documents and self.translator.is_plain

    def _reject(self, row: Rejected) -> None:
        """A row that is not even in a batch."""
        self.counts.rows_read += 1
        self._skip_converted(row)

    def _skip_converted(self, row: Rejected) -> None:
        if self.skip is None:
            raise DataError(row.code, row.message, row.side)
        self.counts.rows_skipped += 1
        self.skip(row)
