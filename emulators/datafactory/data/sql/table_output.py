"""The rows of a copy as a table takes them: its columns found by name, rows converted to their types, then written."""

from contextlib import ExitStack
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.mapping import Column, Mapping, Step
from emulators.datafactory.data.rows import Work
from emulators.datafactory.data.sql.batches import TIMED_OUT, Batches
from emulators.datafactory.data.sql.column_types import declaration
from emulators.datafactory.data.sql.errors import FAILED, failures_at, operation_failed
from emulators.datafactory.data.sql.session import Session, quoted, session
from emulators.datafactory.data.sql.sink_settings import SinkSettings
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.data.sql.tables import TableColumn, TableName, columns_of
from emulators.datafactory.data.sql.upsert import INTERIM, keys_of, merge, prepare
from emulators.datafactory.data.translator import Translator


class TableOutput:
    """The table being written. `dataset` is what errors call the dataset that names it."""

    def __init__(self, stand_in: StandIn, name: TableName, dataset: str, settings: SinkSettings, work: Work) -> None:
        self._stand_in = stand_in
        self._name = name
        self._dataset = dataset
        self._settings = settings
        self._work = work
        self._table = name.in_sqlite(stand_in)
        self._stack = ExitStack()
        self._opened: tuple[Session, Batches] | None = None
        self._fit: Mapping | None = None
        self._merged: tuple[list[str], list[str]] | None = None
        """Of an upsert: all columns, and those to match by."""

    def expect(self, schema: pa.Schema) -> None:
        """Find the columns for these rows; raises DataError where the table has no such columns."""
        if not schema.names:
            return  # a file without a byte has nothing to say
        with failures_at("Sink"):
            opened, batches = self._open()
            columns = {column.name: column for column in self._columns(opened, schema)}
            types = [self._column(columns, name).type for name in schema.names]
            into = self._table if self._settings.keys is None else self._interim(opened, schema, [*columns.values()])
        marks = ", ".join("?" for _ in types)
        names = ", ".join(map(quoted, schema.names))
        batches.into(f"INSERT INTO {into} ({names}) VALUES ({marks})", types)  # noqa: S608  quoted
        rules = self._work.translator.rules
        fitted = [
            Column(place, name, (Step(kind.interim, rules),) if kind else ())
            for place, (name, kind) in enumerate(zip(schema.names, types, strict=True))
        ]
        # a database converts what it is given, whatever the translator says of conversions (assumed)
        self._fit = Mapping(fitted, schema, Translator(converts=True, rules=rules))

    def write(self, batch: pa.RecordBatch) -> None:
        """Convert a batch's rows and write them; raises DataError."""
        assert self._fit is not None  # noqa: S101  rows come after `expect`
        _, batches = self._open()
        before = batches.committed
        batches.add(self._fit.apply(batch, batches.reject))
        self._count(batches.committed - before)

    def write_documents(self, documents: list[Any]) -> None:
        raise AssertionError("a table takes no documents")

    def close(self) -> None:
        """Commit the rest; merge, where rows are merged."""
        if self._opened is not None:
            opened, batches = self._opened
            before = batches.committed
            batches.commit()
            self._count(batches.committed - before)
            if self._merged is not None:
                self._merge(opened, *self._merged)
                self._work.counts.rows_copied += batches.committed
        self._stack.close()

    def abandon(self, error: BaseException) -> None:
        """Roll the open batch back. Raises the error anew with how many rows stay, where some do."""
        self._stack.close()
        stay = self._opened[1].committed if self._opened and self._merged is None else 0
        if stay and isinstance(error, DataError):
            told = f"{error.message} {stay} rows had been committed to '{self._name}' before and stay."
            raise DataError(error.code, told, error.side) from error

    def _count(self, committed: int) -> None:
        if self._merged is None:
            self._work.counts.rows_copied += committed

    def _open(self) -> tuple[Session, Batches]:
        if self._opened is None:
            opened = self._stack.enter_context(session(self._stand_in, self._work.check))
            self._opened = opened, Batches(opened, self._settings, self._work)
        return self._opened

    def _columns(self, opened: Session, schema: pa.Schema) -> list[TableColumn]:
        """The table's columns; the table is made first where there is none and one is asked for."""
        found = columns_of(opened, self._stand_in, self._name)
        if found:
            return found
        if not self._settings.creates:
            told = f"Cannot find the object \"{self._name}\" in the local stand-in '{self._stand_in.linked_service}'."
            raise DataError(FAILED, operation_failed(told), "Sink")
        declared = ", ".join(f"{quoted(field.name)} {declaration(field.name, field.type)}" for field in schema)
        # another copy may be making it at the same moment
        statement = f"CREATE TABLE IF NOT EXISTS {self._table} ({declared})"
        with opened.watched(self._settings.limit, statement):
            opened.execute(statement)
        return columns_of(opened, self._stand_in, self._name)

    def _column(self, columns: dict[str, TableColumn], name: str) -> TableColumn:
        if name in columns:
            return columns[name]
        similar = next((known for known in columns if known.lower() == name.lower()), None)
        if similar is not None:
            raise DataError(
                "SqlColumnNameMismatchByCaseSensitive",
                f"Column '{name}' in DataSet '{self._dataset}' cannot be found in physical SQL Database. Column "
                f"matching is case-sensitive. Column '{similar}' appears similar. Check the DataSet(s) configuration "
                "to proceed further.",
                "Sink",
            )
        # the sentence is seen in public reports; that it lists what there is, is ours
        raise DataError(
            "UserErrorInvalidColumnName",
            f"The column {name} is not found in target side. The table '{self._name}' has {', '.join(columns)}.",
            "Sink",
        )

    def _interim(self, opened: Session, schema: pa.Schema, columns: list[TableColumn]) -> str:
        """The interim table of an upsert, made where there is none yet."""
        given = list(schema.names)
        if self._merged is None:
            keys = keys_of(self._name, self._settings.keys or (), columns, given)
            with opened.watched(self._settings.limit):
                prepare(opened, self._table, given)
            self._merged = given, keys
        elif set(self._merged[0]) != set(given):
            raise InvalidSettings(
                f"Files with different columns cannot be merged into a table: {self._merged[0]} and {given}.", "Sink"
            )
        return INTERIM

    def _merge(self, opened: Session, given: list[str], keys: list[str]) -> None:
        statement = f"MERGE INTO {self._table}"
        with failures_at("Sink", TIMED_OUT), opened.watched(self._settings.limit, statement):
            opened.execute("BEGIN IMMEDIATE")
            merge(opened, self._table, given, keys)
            opened.execute("COMMIT")
