"""Rows on their way into a table, a transaction for each batch of them; rows that the table does not take go back."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.rows import Work
from emulators.datafactory.data.sql.column_types import ColumnType
from emulators.datafactory.data.sql.errors import FAILED, failures_at, operation_failed
from emulators.datafactory.data.sql.session import ConstraintViolated, Session
from emulators.datafactory.data.sql.sink_settings import SinkSettings
from emulators.datafactory.data.sql.writing_values import Unfit, for_sqlite
from emulators.datafactory.data.table import Rejected

HELD_BYTES = 64 << 20
"""Of rows that wait for their batch to be full; what is more is written, and committed with the rest."""

TIMED_OUT = "SqlBatchWriteTimeout"


class Batches:
    """Holds rows until there are enough for a transaction, so that the database is locked for a moment only."""

    def __init__(self, session: Session, settings: SinkSettings, work: Work) -> None:
        self.committed = 0
        """Rows that stay, whatever comes."""
        self._session = session
        self._settings = settings
        self._work = work
        self._insert = ""
        self._types: Sequence[ColumnType | None] = ()
        self._held: list[pa.RecordBatch] = []
        self._bytes = 0
        self._rows = 0
        """Rows of the batch so far, held or in the transaction."""
        self._in_transaction = False
        self._written = 0
        """Rows in the transaction."""

    def into(self, insert: str, types: Sequence[ColumnType | None]) -> None:
        """From now on rows have these columns, and are written by this statement."""
        self._put()
        self._insert, self._types = insert, types

    def add(self, rows: pa.RecordBatch) -> None:
        """Take rows, and commit wherever a batch is full."""
        while rows.num_rows:
            piece = rows.slice(0, self._settings.batch - self._rows)
            rows = rows.slice(piece.num_rows)
            self._held.append(piece)
            self._rows += piece.num_rows
            self._bytes += piece.nbytes
            if self._rows == self._settings.batch:
                self.commit()
            elif self._bytes > HELD_BYTES:
                self._put()

    def commit(self) -> None:
        """End the batch as it is; raises DataError."""
        self._put()
        if self._in_transaction:
            with failures_at("Sink", TIMED_OUT), self._session.watched(self._settings.limit, "COMMIT"):
                self._session.execute("COMMIT")
        self._in_transaction = False
        self.committed += self._written
        self._written = self._rows = 0

    def reject(self, row: Rejected) -> None:
        """Give a row back that does not fit."""
        self._work.reject(replace(row, side="Sink"))

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
                    self._session.execute("RELEASE drydock")
                self._written += len(rows)
            except ConstraintViolated:
                with self._session.watched(self._settings.limit, "ROLLBACK TO drydock"):
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
                self.reject(Rejected(tuple(row), FAILED, operation_failed(error)))

    def _encoded(self, batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
        """The batch's rows as SQLite takes them, without those that do not fit."""
        columns, unfit = [], dict[int, tuple[int, Unfit]]()
        for position, (column, kind) in enumerate(zip(batch.columns, self._types, strict=True)):
            values, bad = for_sqlite(column, kind)
            columns.append(values)
            for number, error in bad.items():
                unfit.setdefault(number, (position, error))
        for number, row in enumerate(zip(*columns, strict=True)):
            if number not in unfit:
                yield row
                continue
            position, error = unfit[number]
            kept = tuple(column[number].as_py() for column in batch.columns)
            told = f"{error.message} Column '{batch.schema.names[position]}', value '{kept[position]}'."
            self.reject(Rejected(kept, error.code, told))

    def _begin(self) -> None:
        if self._in_transaction:
            return
        # an interim table is nobody else's: no lock is needed before the merge
        statement = "BEGIN IMMEDIATE" if self._settings.keys is None else "BEGIN"
        with self._session.watched(self._settings.limit, statement):
            self._session.execute(statement)
        self._in_transaction = True
