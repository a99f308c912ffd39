"""The ledger of ingested contents: what was ingested once is not ingested again, whatever its name.

A Delta table with one row for each content. A run enters its content after its outputs are written, with one
MERGE: of two runs with the same content at the same time exactly one gets in, and the other one withdraws.
Nothing is reserved beforehand, so a run that is killed while it works leaves no trace here. What is entered
is `prepared`; the check makes it `checked`, and that is final. A run that dies between the two keeps others
out only for the time of its lease: after that the next run with this content takes its place.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the customary name

PREPARED = "prepared"
CHECKED = "checked"

LEASE = timedelta(minutes=30)
"""How long a prepared content waits for its check before another run may take its place."""

_ENTRY = (
    "fingerprint string, run_id string, file string, "
    "rows_in bigint, rows_training bigint, rows_testing bigint, rows_rejected bigint"
)
_COLUMNS = f"{_ENTRY}, state string, prepared_at timestamp"
_TRIES = 12

# the names of the errors with which Delta refuses the later of two commits (its page on concurrency control)
# the last: a table that two runs make at the same moment may be there for the one before it is for the other
_CONFLICT = re.compile(r"\[DELTA_(CONCURRENT_|PROTOCOL_CHANGED|METADATA_CHANGED|TABLE_NOT_FOUND)")


@dataclass(frozen=True)
class Entry:
    """One ingested content and the run that ingested it."""

    fingerprint: str
    run_id: str
    file: str
    rows_in: int
    rows_training: int
    rows_testing: int
    rows_rejected: int


class Superseded(Exception):
    """Another run has ingested the same content in this run's place."""


class Ledger:
    """The table at `address` (any address that Spark can write)."""

    def __init__(self, spark: SparkSession, address: str, lease: timedelta = LEASE) -> None:
        self._spark = spark
        self._table = f"delta.`{address}`"
        self._lease = lease

    def prepare(self) -> None:
        """Make the table if it is not there yet."""
        self._insistently(f"CREATE TABLE IF NOT EXISTS {self._table} ({_COLUMNS}) USING delta")

    def holder(self, fingerprint: str, run_id: str) -> Entry | None:
        """The entry that keeps this run from ingesting the content; None if it may go on.

        It may if nobody entered the content, if the run itself did (it is a retry), or if the lease has run out.
        """
        known = self._entries().where((F.col("fingerprint") == fingerprint) & (F.col("run_id") != run_id))
        return _entry(known.where((F.col("state") == CHECKED) | ~self._lapsed()))

    def enter(self, entry: Entry) -> Entry:
        """Enter a prepared content; the entry that stands afterwards is this one, or that of the run that was first."""
        values = asdict(entry)
        given = ", ".join(f":{name} AS {name}" for name in values)
        self._insistently(
            f"""MERGE INTO {self._table} AS known
            USING (SELECT {given}, '{PREPARED}' AS state, current_timestamp() AS prepared_at) AS fresh
            ON known.fingerprint = fresh.fingerprint
            WHEN MATCHED AND known.state = '{PREPARED}'
                AND (known.run_id = fresh.run_id OR known.prepared_at <= fresh.prepared_at - {self._lease_in_sql})
                THEN UPDATE SET *
            WHEN NOT MATCHED THEN INSERT *""",
            values,
        )
        standing = _entry(self._entries().where(F.col("fingerprint") == entry.fingerprint))
        if standing is None:
            raise Superseded(f"The ledger lost the entry of run {entry.run_id}.")
        return standing

    def of_run(self, run_id: str) -> Entry:
        """The content that a run entered. Superseded if it entered none, or another run has taken its place."""
        found = _entry(self._entries().where(F.col("run_id") == run_id))
        if found is None:
            raise Superseded(f"The ledger holds no content of run {run_id}.")
        return found

    def confirm(self, run_id: str) -> None:
        """Mark a run's content as checked, for good. Superseded if another run has taken its place."""
        update = f"UPDATE {self._table} SET state = '{CHECKED}' WHERE run_id = :run_id"  # noqa: S608 - values are bound
        changed = self._insistently(update, {"run_id": run_id})
        if changed.first() == (0,):
            raise Superseded(f"The ledger holds no content of run {run_id}.")

    def _entries(self) -> DataFrame:
        return self._insistently(f"SELECT * FROM {self._table}")  # noqa: S608 - the address is ours

    def _lapsed(self) -> Any:
        return F.col("prepared_at") <= F.current_timestamp() - F.expr(self._lease_in_sql)

    @property
    def _lease_in_sql(self) -> str:
        return f"INTERVAL {int(self._lease.total_seconds())} SECONDS"

    def _insistently(self, statement: str, values: Mapping[str, Any] | None = None) -> DataFrame:
        return _insist(lambda: self._spark.sql(statement, dict(values or {})))


def _entry(found: DataFrame) -> Entry | None:
    row = found.orderBy("prepared_at").select(*Entry.__dataclass_fields__).first()
    return Entry(**row.asDict()) if row else None


def _insist(commit: Callable[[], DataFrame]) -> DataFrame:
    """Commit; where Delta refuses because another writer was faster, retry, as its documentation advises."""
    for attempt in range(1, _TRIES + 1):
        try:
            return commit()
        except Exception as error:  # PySpark passes some of Delta's errors on as its own, others as Java's
            if attempt == _TRIES or not _CONFLICT.search(str(error)):
                raise
            time.sleep(0.1 * attempt)
    raise AssertionError("the last try returns or raises")
