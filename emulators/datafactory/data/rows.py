"""The seam of a copy of rows: what it needs of a source and of a sink, whatever they are.

Files are one kind of both (`reading.py`, `file_sink.py`), tables of a database another (`sql/`), REST resources a third
(`rest_source.py`, `rest_sink.py`). Rows travel as batches of Arrow; the documents of trees may travel whole where both
ends take them.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.session_log import CopyLog
from emulators.datafactory.data.store import File
from emulators.datafactory.data.table import Rejection, Table
from emulators.datafactory.data.translator import Translator


def _nothing() -> None:
    """Nobody stops the work."""


@dataclass(frozen=True)
class Progress:
    """Whom a source tells how far it is: bytes and files are counted and logged when they have been read."""

    check: Callable[[], None] = _nothing
    """Called often; raises to stop."""
    counts: Counts = field(default_factory=Counts)
    log: CopyLog = field(default_factory=CopyLog)


@dataclass(frozen=True)
class OpenRows:
    """Rows being read as a table. `extra` names the columns that do not come from the content."""

    table: Table
    extra: Sequence[str]


@dataclass(frozen=True)
class Work:
    """What a sink is told of the copy that it serves."""

    translator: Translator
    counts: Counts
    reject: Rejection
    """For rows that only the sink finds not to fit."""
    check: Callable[[], None]
    """Called often; raises to stop."""


class Part(Protocol):
    """A piece of a source that is read at a time: a file, a file inside of an archive, a partition of a table, a
    resource."""

    @property
    def relative(self) -> str | None:
        """A file's path below its source; None for rows that come from no file."""
        ...

    @property
    def origin(self) -> str:
        """What errors call it."""
        ...

    @property
    def file(self) -> File | None:
        """The stored file that it comes from, for logs."""
        ...

    def is_only(self) -> bool:
        """Whether its source has no other part."""
        ...

    def open(self, translator: Translator, rejection: Rejection) -> OpenRows: ...

    def documents(self) -> Iterator[Any]:
        """The part's documents; only of sources that are hierarchical."""
        ...


class RowsSource(Protocol):
    """Where rows come from."""

    @property
    def is_hierarchical(self) -> bool:
        """Whether the rows are made of trees."""
        ...

    @property
    def has_documents(self) -> bool:
        """Whether the trees may go on whole: nothing is added to them."""
        ...

    def parts(self, progress: Progress) -> Generator[Part, None, None]:
        """The parts, each to be read before the next one is asked for. To be closed where it is not read to its end."""
        ...


class Output(Protocol):
    """Takes the rows of one part or of several, one after the other."""

    def expect(self, schema: pa.Schema) -> None:
        """The next batches have this schema; raises DataError where the sink cannot take such rows."""
        ...

    def write(self, batch: pa.RecordBatch) -> None: ...

    def write_documents(self, documents: list[Any]) -> None: ...

    def close(self) -> None:
        """All has been written."""
        ...

    def abandon(self, error: BaseException) -> None:
        """Writing has failed: give up what is not finished. May raise an error that tells more than `error`."""
        ...


class RowsSink(Protocol):
    """Where rows go to."""

    @property
    def takes_documents(self) -> bool: ...

    @property
    def takes_text(self) -> bool:
        """Whether values of every type are written as text."""
        ...

    def outputs(self, parts: Iterator[Part], work: Work) -> Iterator[tuple[Output, Iterable[Part]]]:
        """Which parts go into what; the parts of an output are read before the next output is asked for."""
        ...
