"""The seam of a copy of rows: what it needs of a source and of a sink, whatever they are.

Files are one kind of both (`reading.py`, `file_sink.py`), tables of a database the other (`sql/`). Rows travel as
batches of Arrow; the documents of trees may travel whole where both ends take them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.table import Rejection, Table
from emulators.datafactory.data.translator import Translator


class Stream(Protocol):
    """Where rows come from while they are read."""

    consumed: int
    """Bytes fetched so far."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class OpenRows:
    """Rows being read as a table. `extra` names the columns that do not come from the content."""

    table: Table
    extra: Sequence[str]
    stream: Stream


@dataclass(frozen=True)
class Work:
    """What both ends are told of the copy that they serve."""

    translator: Translator
    counts: Counts
    reject: Rejection
    """For rows that only the sink finds not to fit."""
    check: Callable[[], None]
    """Called often; raises to stop."""


class Part(Protocol):
    """A piece of a source that is opened at a time: a file, a partition of a table."""

    @property
    def relative(self) -> str | None:
        """A file's path below its source; None for rows that come from no file."""
        ...

    @property
    def origin(self) -> str:
        """What errors call it."""
        ...

    def open(self, translator: Translator, rejection: Rejection) -> OpenRows: ...

    def documents(self) -> tuple[Iterator[Any], Stream]:
        """The part's documents; only of sources that have some."""
        ...


class RowsSource(Protocol):
    """Where rows come from."""

    @property
    def has_documents(self) -> bool:
        """Whether the rows are trees that may go on whole."""
        ...

    def parts(self, check: Callable[[], None]) -> Iterator[Part]:
        """The parts, as they are found; `check` is called often and raises to stop."""
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

    def outputs(self, parts: Iterator[Part], work: Work) -> Iterator[tuple[Output, Iterable[Part]]]:
        """Which parts go into what."""
        ...
