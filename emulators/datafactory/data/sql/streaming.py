"""The rows of a query as they come out of SQLite: fetched a few at a time, made into batches of Arrow."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.sql.column_types import ColumnType, column_type, type_of_values
from emulators.datafactory.data.sql.errors import FAILED, failures_at
from emulators.datafactory.data.sql.query import Query
from emulators.datafactory.data.sql.reading_values import as_column
from emulators.datafactory.data.sql.session import Session, comparable, statements
from emulators.datafactory.data.table import BATCH_ROWS, Rejected, Rejection, Table

FETCHED = 256
"""Rows that are fetched at a time; a batch is made of as many of these as fit into BATCH_ROWS and BATCH_BYTES."""

BATCH_BYTES = 32 << 20


class Cursor:
    """The rows of a query. The time that SQLite itself takes is limited, not that of whoever takes the rows."""

    def __init__(self, opened: Session, limit: float) -> None:
        self._session = opened
        self._left = limit
        self._cursor: Any = None
        self._statement = ""
        self.types: dict[str, str] = {}
        """Column → declared type."""

    def run(self, query: Query, *, snapshot: bool) -> None:
        """Run the statements; the last one gives the rows (documented for procedures)."""
        *before, last = [*statements(query.text)] or [""]
        began = time.monotonic()
        self._session.run("".join(before), query.parameters, seconds=self._left, max_rows=0)
        types = self._session.result_types(last)
        self._left -= time.monotonic() - began
        self._statement = last
        if types is not None:
            last = comparable(last)
        if types is not None and snapshot:
            self._timed(lambda: self._session.execute(f"CREATE TEMP TABLE drydock_rows AS {last}", query.parameters))
            self._cursor = self._timed(lambda: self._session.execute("SELECT * FROM temp.drydock_rows"))
        else:
            self._cursor = self._timed(lambda: self._session.execute(last, query.parameters))
        if self._cursor.description is None:
            raise DataError(query.code, query.told)
        names = [column[0] for column in self._cursor.description]
        twice = next((name for name in names if names.count(name) > 1 or f"{name}:1" in names), None)
        if twice is not None:  # in a snapshot SQLite has renamed the second one
            raise DataError(FAILED, f"The column '{twice}' is there twice in {query.origin}; name them differently.")
        self.types = {name: (types or {}).get(name, "") for name in names}

    def fetch(self) -> list[tuple[Any, ...]]:
        """The rows of the next batch, none at the end."""
        found: list[tuple[Any, ...]] = []
        size = 0
        while len(found) < BATCH_ROWS and size < BATCH_BYTES:
            rows = self._timed(lambda: self._cursor.fetchmany(FETCHED))
            found += rows
            size += sum(len(value) for row in rows for value in row if isinstance(value, str | bytes))
            if len(rows) < FETCHED:
                break
        return found

    def _timed(self, work: Callable[[], Any]) -> Any:
        began = time.monotonic()
        with self._session.watched(self._left, self._statement):
            result = work()
        self._left -= time.monotonic() - began
        return result


class StreamedRows:
    """A query's rows as batches of Arrow; also the stream behind them."""

    def __init__(self, cursor: Cursor, rejection: Rejection) -> None:
        self.consumed = 0
        self.opened = ExitStack()
        """What to close at the end."""
        self._cursor = cursor
        self._rejection = rejection

    def close(self) -> None:
        self.opened.close()

    def table(self) -> Table:
        """The rows as a table; the first of them decide about the types of columns that are not declared."""
        first = self._cursor.fetch()
        kinds = {
            name: column_type(declared) or type_of_values([row[position] for row in first])
            for position, (name, declared) in enumerate(self._cursor.types.items())
        }
        schema = pa.schema([(name, kind.arrow) for name, kind in kinds.items()])
        return Table(schema, self._batches(first, list(kinds.values()), schema))

    def _batches(self, rows: list[tuple[Any, ...]], kinds: Sequence[ColumnType], schema: pa.Schema) -> Iterator[Any]:
        while rows:
            batch = self._batch(rows, kinds, schema)
            self.consumed += batch.nbytes
            yield batch
            with failures_at("Source"):
                rows = self._cursor.fetch()

    def _batch(self, rows: list[tuple[Any, ...]], kinds: Sequence[ColumnType], schema: pa.Schema) -> pa.RecordBatch:
        arrays, bad = [], dict[int, Rejected]()
        for position, (kind, values) in enumerate(zip(kinds, zip(*rows, strict=True), strict=True)):
            column = as_column(values, kind)
            arrays.append(column.column)
            for row, reason in column.reasons.items():
                bad.setdefault(row, _rejected(rows[row], schema.names[position], position, kind, reason))
        batch = pa.record_batch(arrays, schema=schema)
        for row in sorted(bad):
            self._rejection(bad[row])
        return batch.filter(pc.invert(pa.array([row in bad for row in range(len(rows))]))) if bad else batch


def _rejected(row: tuple[Any, ...], name: str, position: int, kind: ColumnType, reason: str) -> Rejected:
    return Rejected(
        row,
        "TypeConversionFailure",
        f"Exception occurred when converting value '{row[position]}' for column name '{name}' to type '{kind.interim}' "
        f"that the column is declared with, or that its first rows have. Additional info: {reason}",
    )
