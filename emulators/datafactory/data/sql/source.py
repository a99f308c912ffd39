"""Rows from a database: a whole table, a query or a procedure, in one part or in partitions, streamed in batches.

A copy reads from a snapshot: a temporary table on disk that its query fills at once. So the source is free again while
its rows travel, a table may be larger than the memory, and a copy may write into the database that it reads.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.data.additional_columns import FILE_PATH, additional_columns, widened
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.rows import OpenRows, Progress
from emulators.datafactory.data.settings import Settings, seconds, section, text
from emulators.datafactory.data.sql.errors import failures_at
from emulators.datafactory.data.sql.partitions import EVERYTHING, conditions, has_placeholder, with_condition
from emulators.datafactory.data.sql.query import PROCEDURE, QUERY, Query, query_of
from emulators.datafactory.data.sql.session import Session, quoted, session
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.data.sql.streaming import Cursor, StreamedRows
from emulators.datafactory.data.sql.tables import TableName, columns_of, primary_key
from emulators.datafactory.data.table import Rejection
from emulators.datafactory.data.translator import Translator

DEFAULT_TIMEOUT = "02:00:00"
"""Of a query (documented)."""

NONE, PHYSICAL, DYNAMIC = "none", "physicalpartitionsoftable", "dynamicrange"
ISOLATION_LEVELS = frozenset({"", "readcommitted", "readuncommitted", "repeatableread", "serializable", "snapshot"})


@dataclass(frozen=True)
class SqlRows:
    """The rows that a dataset and the `source` of a copy or lookup describe.

    `pieces` is how many partitions a dynamic range makes; without `snapshot` the rows come straight from their query,
    for those who want the first ones only.
    """

    stand_in: StandIn
    query: Query
    extra: dict[str, str]
    seconds: float
    partition: "Partition | None" = None
    snapshot: bool = True

    @classmethod
    def read(cls, stand_in: StandIn, dataset: Dataset, source: Settings, pieces: int, *, snapshot: bool) -> "SqlRows":
        """Read the settings; raises InvalidSettings, Unsupported, DataError for a procedure that there is not."""
        level = text(source, "isolationLevel").lower()
        if level not in ISOLATION_LEVELS:
            raise InvalidSettings(f"'{source['isolationLevel']}' is no isolation level of a source.")
        extra = additional_columns(source)
        if FILE_PATH in extra.values():
            raise InvalidSettings(f"The rows of a database come from no file: '{FILE_PATH}' has no value here.")
        table = TableName.read(dataset)
        query = query_of(stand_in, dataset, table, source)
        partition = Partition.read(table, query, source, pieces)
        return cls(stand_in, query, extra, seconds(source, "queryTimeout", DEFAULT_TIMEOUT), partition, snapshot)

    is_hierarchical = False
    has_documents = False

    def parts(self, progress: Progress) -> Generator["SqlPart", None, None]:
        """One part, or one for each range of the partition column."""
        queries = [self.query] if self.partition is None else self.partition.queries(self, progress.check)
        for query in queries:
            with closing(SqlPart(self, query, progress.check, only=self.partition is None)) as part:
                yield part
                progress.counts.data_read += part.consumed


@dataclass(frozen=True)
class Partition:
    """A dynamic range: `column` "" means that of the table's primary key; bounds None are those of the rows."""

    table: TableName | None
    query: Query
    pieces: int
    column: str = ""
    low: Any = None
    high: Any = None

    @classmethod
    def read(cls, table: TableName | None, query: Query, source: Settings, pieces: int) -> "Partition | None":
        """None where the source is to be read in one part. Raises InvalidSettings for a query without placeholder."""
        option = text(source, "partitionOption", NONE).lower()
        if option in {NONE, PHYSICAL}:
            return None
        if option != DYNAMIC:
            raise InvalidSettings(f"'{source['partitionOption']}' is no partition option of a source.")
        settings = section(source, "partitionSettings")
        column = text(settings, "partitionColumnName")
        if query.form == PROCEDURE:
            raise InvalidSettings("A dynamic range needs a table or a query, not a procedure.")
        if query.form == QUERY:
            if not has_placeholder(query.text):
                raise InvalidSettings(
                    "A query that is read by a dynamic range says where its condition belongs: "
                    "'… WHERE ?AdfDynamicRangePartitionCondition'."
                )
            if not column:
                raise InvalidSettings("A dynamic range of a query needs a 'partitionColumnName'.")
        bounds = settings.get("partitionLowerBound"), settings.get("partitionUpperBound")
        return cls(table, query, pieces, column, *bounds)

    def queries(self, rows: SqlRows, check: Callable[[], None]) -> list[Query]:
        """One query for each range."""
        with failures_at("Source"), session(rows.stand_in, check) as opened:
            column = self.column or self._key(opened, rows.stand_in)
            low, high = self.low, self.high
            if low is None or high is None:
                with opened.watched(rows.seconds, self.query.text):
                    first, last = opened.execute(
                        f"SELECT MIN({quoted(column)}), MAX({quoted(column)}) FROM ({self._where(EVERYTHING)})"  # noqa: S608
                    ).fetchone()
                low, high = first if low is None else low, last if high is None else high
        found = conditions(column, low, high, self.pieces)
        return [Query(self._where(condition), {}, self.query.origin) for condition in found]

    def _where(self, condition: str) -> str:
        if has_placeholder(self.query.text):
            return with_condition(self.query.text, condition).rstrip("; \t\r\n")
        return f"{self.query.text} WHERE {condition}"

    def _key(self, opened: Session, stand_in: StandIn) -> str:
        table = self.table or TableName("", "")
        key = primary_key(columns_of(opened, stand_in, table))
        if not key:
            raise DataError(
                "SqlParallelFailedToDetectPartitionColumn",
                f"Failed to detect the partition column with command 'PRAGMA table_info', the table '{table}' has no "
                "primary key; name a 'partitionColumnName'.",
            )
        return key[0]


class SqlPart:
    """One query whose rows are read at a time; its connection is open until it is closed."""

    relative = None
    file = None

    def __init__(self, source: SqlRows, query: Query, check: Callable[[], None], *, only: bool) -> None:
        self.origin = query.origin
        self._source = source
        self._query = query
        self._check = check
        self._only = only
        self._rows: StreamedRows | None = None

    @property
    def consumed(self) -> int:
        """Bytes of the rows that were read."""
        return 0 if self._rows is None else self._rows.consumed

    def is_only(self) -> bool:
        return self._only

    def documents(self) -> Iterator[Any]:
        raise AssertionError("rows of a database are no documents")

    def open(self, translator: Translator, rejection: Rejection) -> OpenRows:
        """Run the query and read its first rows."""
        with ExitStack() as stack, failures_at("Source"):
            cursor = Cursor(stack.enter_context(session(self._source.stand_in, self._check)), self._source.seconds)
            cursor.run(self._query, snapshot=self._source.snapshot)
            rows = StreamedRows(cursor, rejection)
            table = widened(rows.table(), self._source.extra)
            rows.opened = stack.pop_all()
            self._rows = rows
            return OpenRows(table, list(self._source.extra))

    def close(self) -> None:
        if self._rows is not None:
            self._rows.close()
