"""Rows into a table of a database: a transaction for each batch, or a merge of them all.

A copy that fails or is cancelled leaves the batches that were committed before, as the real service does; a failure
says how many rows these are.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.mapping import Column, Mapping
from emulators.datafactory.data.rows import Output, Part, Work
from emulators.datafactory.data.settings import Settings
from emulators.datafactory.data.sql.column_types import ColumnType, declaration
from emulators.datafactory.data.sql.errors import FAILED, failures_at, operation_failed
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.data.sql.session import ConstraintViolated, Session, quoted, session
from emulators.datafactory.data.sql.sink_settings import SinkSettings
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.data.sql.tables import TableColumn, TableName, columns_of
from emulators.datafactory.data.sql.upsert import INTERIM, keys_of, merge, prepare
from emulators.datafactory.data.sql.writing_values import first_unfit, for_sqlite
from emulators.datafactory.data.table import Rejected
from emulators.datafactory.data.translator import Translator

HELD_BYTES = 64 << 20
"""Of rows that wait for their batch to be full; what is more is written, and committed with the rest."""

TIMED_OUT = "SqlBatchWriteTimeout"


@dataclass(frozen=True)
class SqlTable:
    """The table that a dataset and the `sink` of a copy describe."""

    stand_in: StandIn
    name: TableName
    dataset: str
    settings: SinkSettings

    @classmethod
    def read(cls, stand_in: StandIn, dataset: Dataset, settings: Settings) -> "SqlTable":
        """Read the settings; raises InvalidSettings, Unsupported."""
        kind = TABLES[dataset.type]
        if not kind.sinks:
            raise InvalidSettings(f"A database of type {kind.linked_service} is no sink (documented).", "Sink")
        name = TableName.read(dataset, "Sink")
        if name is None:
            raise InvalidSettings(f"The dataset '{dataset.name}' names no table to copy into.", "Sink")
        return cls(stand_in, name, dataset.name, SinkSettings.read(kind, stand_in, settings))

    @property
    def takes_documents(self) -> bool:
        return False

    def outputs(self, parts: Iterator[Part], work: Work) -> Iterator[tuple[Output, Iterable[Part]]]:
        """All parts go into the one table, behind what the script does that runs before (documented: once)."""
        if self.settings.script:
            with failures_at("Sink"), session(self.stand_in, work.check) as opened:
                opened.run(self.settings.script, {}, seconds=self.settings.limit, max_rows=0)
        yield _Rows(self, work), parts


class _Rows:
    """The table being written."""

    def __init__(self, sink: SqlTable, work: Work) -> None:
        self._sink = sink
        self._settings = sink.settings
        self._work = work
        self._table = sink.name.in_sqlite(sink.stand_in)
        self._stack = ExitStack()
        self._opened: Session | None = None
        self._fit: Mapping | None = None
        self._types: list[ColumnType | None] = []
        self._keys: list[str] | None = None
        self._insert = ""
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        """Rows of the batch so far, held or in the transaction."""
        self._bytes = 0
        self._in_transaction = False
        self._written = 0
        """Rows that SQLite took since the last commit."""
        self._committed = 0

    def expect(self, schema: pa.Schema) -> None:
        """Find the columns for these rows; raises DataError where the table has no such columns."""
        if not schema.names:
            return  # a file without a byte has nothing to say
        self._put()
        with failures_at("Sink"):
            columns = {column.name: column for column in self._columns(schema)}
            types = [self._column(columns, name).type for name in schema.names]
            self._types = types
            self._bind(schema, list(columns.values()))
        fitted = [Column(place, name, kind.interim if kind else None)
                  for place, (name, kind) in enumerate(zip(schema.names, types, strict=True))]  # fmt: skip
        # a database converts what it is given, whatever the translator says of conversions (assumed)
        self._fit = Mapping(fitted, schema, Translator(converts=True, rules=self._work.translator.rules))

    def write(self, batch: pa.RecordBatch) -> None:
        """Take a batch's rows, and commit wherever a batch of the sink is full."""
        assert self._fit is not None  # noqa: S101  rows come after `expect`
        rest = self._fit.apply(batch, self._reject)
        while rest.num_rows:
            piece = rest.slice(0, self._settings.batch - self._rows)
            rest = rest.slice(piece.num_rows)
            self._held.append(piece)
            self._rows += piece.num_rows
            self._bytes += piece.nbytes
            if self._rows == self._settings.batch:
                self._commit()
            elif self._bytes > HELD_BYTES:
                self._put()

    def write_documents(self, documents: list[Any]) -> None:
        raise AssertionError("a table takes no documents")

    def close(self) -> None:
        """Commit the rest; merge, where rows are merged."""
        if self._opened is not None:
            self._commit()
            if self._keys is not None:
                self._merge(self._opened)
        self._stack.close()

    def abandon(self, error: BaseException) -> None:
        """Roll the open batch back. Raises the error anew with how many rows stay, where some do."""
        self._stack.close()
        if self._committed and self._keys is None and isinstance(error, DataError):
            stay = f"{error.message} {self._committed} rows had been committed to '{self._sink.name}' before and stay."
            raise DataError(error.code, stay, error.side) from error

    @property
    def _session(self) -> Session:
        if self._opened is None:
            self._opened = self._stack.enter_context(session(self._sink.stand_in, self._work.check))
        return self._opened

    def _columns(self, schema: pa.Schema) -> list[TableColumn]:
        """The table's columns; the table is made first where there is none and one is asked for."""
        sink = self._sink
        found = columns_of(self._session, sink.stand_in, sink.name)
        if found:
            return found
        if not self._settings.creates:
            told = f"Cannot find the object \"{sink.name}\" in the local stand-in '{sink.stand_in.linked_service}'."
            raise DataError(FAILED, operation_failed(told), "Sink")
        declared = ", ".join(f"{quoted(field.name)} {declaration(field.name, field.type)}" for field in schema)
        statement = f"CREATE TABLE {self._table} ({declared})"
        with self._session.watched(self._settings.limit, statement):
            self._session.execute(statement)
        return columns_of(self._session, sink.stand_in, sink.name)

    def _column(self, columns: dict[str, TableColumn], name: str) -> TableColumn:
        if name in columns:
            return columns[name]
        similar = next((known for known in columns if known.lower() == name.lower()), None)
        if similar is not None:
            raise DataError(
                "SqlColumnNameMismatchByCaseSensitive",
                f"Column '{name}' in DataSet '{self._sink.dataset}' cannot be found in physical SQL Database. Column "
                f"matching is case-sensitive. Column '{similar}' appears similar. Check the DataSet(s) configuration "
                "to proceed further.",
                "Sink",
            )
        # the sentence is seen in public reports; that it lists what there is, is ours
        raise DataError(
            "UserErrorInvalidColumnName",
            f"The column {name} is not found in target side. The table '{self._sink.name}' has {', '.join(columns)}.",
            "Sink",
        )

    def _bind(self, schema: pa.Schema, columns: list[TableColumn]) -> None:
        """Decide where the rows go: into the table, or into the interim table of an upsert."""
        given = schema.names
        into = self._table
        if self._settings.keys is not None:
            if self._keys is None:
                self._keys = keys_of(self._sink.name, self._settings.keys, columns, given)
                self._given = given
                with self._session.watched(self._settings.limit):
                    prepare(self._session, self._table, given)
            elif set(self._given) != set(given):
                raise InvalidSettings(
                    f"Files with different columns cannot be merged into a table: {self._given} and {given}.", "Sink"
                )
            into = INTERIM
        marks = ", ".join("?" for _ in given)
        self._insert = f"INSERT INTO {into} ({', '.join(map(quoted, given))}) VALUES ({marks})"  # noqa: S608

    def _commit(self) -> None:
        """The end of a batch."""
        self._put()
        if self._in_transaction:
            self._end()
        self._rows = 0

    def _put(self) -> None:
        """Write what is held, into a transaction that stays open."""
        held, self._held, self._bytes = self._held, [], 0
        rows = [row for batch in held for row in self._encoded(batch)]
        if not rows:
            return
        with failures_at("Sink", TIMED_OUT):
            self._begin()
            try:
                with self._session.watched(self._settings.limit, self._insert):
                    self._session.execute("SAVEPOINT drydock")
                    self._session.execute_many(self._insert, rows)
                self._written += len(rows)
            except ConstraintViolated:
                self._session.execute("ROLLBACK TO drydock")
                self._put_singly(rows)
        self._work.counts.data_written += sum(batch.nbytes for batch in held)

    def _put_singly(self, rows: Sequence[Sequence[Any]]) -> None:
        """Row by row, to find those that the table does not take."""
        for row in rows:
            try:
                with self._session.watched(self._settings.limit, self._insert):
                    self._session.execute(self._insert, row)
                self._written += 1
            except ConstraintViolated as error:
                self._work.check()
                self._reject(Rejected(tuple(row), FAILED, operation_failed(error)))

    def _encoded(self, batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
        """The batch's rows as SQLite takes them, without those that do not fit."""
        columns = [for_sqlite(column, kind) for column, kind in zip(batch.columns, self._types, strict=True)]
        for number, row in enumerate(zip(*columns, strict=True)):
            position = first_unfit(row)
            if position is None:
                yield row
                continue
            values = tuple(column[number].as_py() for column in batch.columns)
            told = f"{row[position].message} Column '{batch.schema.names[position]}', value '{values[position]}'."
            self._reject(Rejected(values, row[position].code, told))

    def _begin(self) -> None:
        if self._in_transaction:
            return
        # an interim table is nobody else's: no lock is needed before the merge
        statement = "BEGIN" if self._keys is not None else "BEGIN IMMEDIATE"
        with self._session.watched(self._settings.limit, statement):
            self._session.execute(statement)
        self._in_transaction = True

    def _end(self) -> None:
        with failures_at("Sink", TIMED_OUT), self._session.watched(self._settings.limit, "COMMIT"):
            self._session.execute("COMMIT")
        self._in_transaction = False
        self._committed += self._written
        if self._keys is None:
            self._work.counts.rows_copied += self._written
        self._written = 0

    def _merge(self, opened: Session) -> None:
        assert self._keys is not None  # noqa: S101  the caller has looked
        with failures_at("Sink", TIMED_OUT), opened.watched(self._settings.limit, f"MERGE INTO {self._table}"):
            opened.execute("BEGIN IMMEDIATE")
            merge(opened, self._table, self._given, self._keys)
            opened.execute("COMMIT")
        self._work.counts.rows_copied += self._committed

    def _reject(self, row: Rejected) -> None:
        self._work.reject(replace(row, side="Sink"))
