"""The order of things when a file has arrived: read, count, ask the ledger, write, enter.

It ends in one of three ways. *accepted*: training and testing data are written, and rows that could not be
used are set aside with their reasons. *rejected*: the file as a whole cannot be used; it is set aside with
its reason. *duplicate*: the same rows have been ingested before, and nothing is written. Whatever happens,
no row is lost: rows in = training + testing + rejected.
"""

import json
from dataclasses import asdict, dataclass
from functools import partial

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the customary name

from dataprep import layout
from dataprep.concurrency import at_once
from dataprep.counting import Tally, count_ids, tally
from dataprep.layout import Blob
from dataprep.ledger import Entry, Ledger
from dataprep.parsing import HEAD_SIZE, FileRejected, Header, explained, to_rows, without_repeats
from dataprep.schema import HEADER
from dataprep.splitting import SEED, find_cuts, split
from dataprep.storage import Storage

ACCEPTED = "accepted"
DUPLICATE = "duplicate"
REJECTED = "rejected"

REJECTED_HEADER = "reason,line"


class RowsLost(Exception):
    """Rows in are not training + testing + rejected: a mistake in this package, never in the data."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: the notebook's answer, which Data Factory reads."""

    status: str
    file: str
    reason: str | None = None
    training_file: str | None = None
    rows_in: int = 0
    rows_training: int = 0
    rows_testing: int = 0
    rows_rejected: int = 0
    fingerprint: str | None = None
    duplicate_of: str | None = None

    def as_json(self) -> str:
        """The outcome as a JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)


def ingest(blob: Blob, run_id: str, storage: Storage, ledger: Ledger) -> Outcome:
    """Prepare one dropped file for the run of that id. A second try of the same run replaces what the first one left.

    Raises what the storage raises if the file is not there or cannot be read: that is no fault of the data.
    """
    _clear(run_id, storage)
    try:
        _demand_readable_name(blob.name)
        header = Header.read(storage.head(blob, HEAD_SIZE))
        with _Kept(to_rows(storage.lines(blob), header)) as rows:
            return _ingest_rows(rows, header, blob, run_id, storage, ledger)
    except FileRejected as refusal:
        return _set_aside(blob, run_id, refusal, storage)


def _clear(run_id: str, storage: Storage) -> None:
    for container in (layout.TRAINING, layout.TESTING, layout.REJECTED):
        storage.remove(Blob(container, run_id))


def _demand_readable_name(name: str) -> None:
    """Spark, as Hadoop before it, takes such files for hidden and reads nothing from them, without a word."""
    if name.startswith(("_", ".")):
        raise FileRejected(f"The file cannot be used: its name begins with '{name[0]}', which marks it as hidden.")


def _ingest_rows(rows: DataFrame, header: Header, blob: Blob, run_id: str, storage: Storage, ledger: Ledger) -> Outcome:
    counted = tally(rows, SEED)
    if not counted.sound:
        raise _nothing_usable(rows, header, counted)
    ledger.prepare()
    holder, ids = at_once(
        rows.sparkSession, lambda: ledger.holder(counted.fingerprint, run_id), lambda: count_ids(rows)
    )
    if holder:
        return _duplicate(blob, counted, holder)
    if ids < counted.sound:
        with _Kept(without_repeats(rows)) as unique:
            written = _write(unique, tally(unique, SEED), header, blob.name, run_id, storage)
    else:
        written = _write(rows, counted, header, blob.name, run_id, storage)
    entry = Entry(counted.fingerprint, run_id, blob.name, counted.rows, *written)
    standing = ledger.enter(entry)
    if standing.run_id != run_id:
        _clear(run_id, storage)
        return _duplicate(blob, counted, standing)
    return _accepted(entry)


def _nothing_usable(rows: DataFrame, header: Header, counted: Tally) -> FileRejected:
    first = explained(rows, header).orderBy("position").first()
    if first is None:
        return FileRejected("The file cannot be used: it has no records.")
    return FileRejected(
        f"The file cannot be used: it has no record that can be used. Of the first one: {first['reason']}."
    )


def _write(
    rows: DataFrame, counted: Tally, header: Header, file_name: str, run_id: str, storage: Storage
) -> tuple[int, int, int]:
    """Write the outputs of one run; the numbers of rows in them: training, testing, rejected."""
    training, testing = split(rows, find_cuts(rows, counted.buckets, SEED), SEED)
    outputs = {layout.TRAINING: (HEADER, training), layout.TESTING: (HEADER, testing)}
    if counted.unsound:
        lines = explained(rows, header).select("position", _quoted("reason", "line").alias("line"))
        outputs[layout.REJECTED] = (REJECTED_HEADER, lines)

    def write(container: str) -> int:
        return storage.write_lines(layout.output(container, run_id, file_name), *outputs[container])

    writes = [partial(write, container) for container in outputs]
    written = dict(zip(outputs, at_once(rows.sparkSession, *writes), strict=True))
    if sum(written.values()) != counted.rows:
        raise RowsLost(f"{counted.rows} rows came in, but {' + '.join(map(str, written.values()))} went out.")
    return written[layout.TRAINING], written[layout.TESTING], written.get(layout.REJECTED, 0)


def _quoted(*columns: str) -> Column:
    """The columns as one line of CSV. Done on bytes as they are, so that a line that is no text keeps its bytes."""
    fields = [F.concat(F.lit('"'), F.replace(F.col(name), F.lit('"'), F.lit('""')), F.lit('"')) for name in columns]
    return F.concat_ws(",", *fields)


def _accepted(entry: Entry) -> Outcome:
    return Outcome(
        ACCEPTED,
        entry.file,
        training_file=layout.output(layout.TRAINING, entry.run_id, entry.file).path,
        rows_in=entry.rows_in,
        rows_training=entry.rows_training,
        rows_testing=entry.rows_testing,
        rows_rejected=entry.rows_rejected,
        fingerprint=entry.fingerprint,
    )


def _duplicate(blob: Blob, counted: Tally, holder: Entry) -> Outcome:
    return Outcome(
        DUPLICATE,
        blob.name,
        reason=f"The same records came before, as '{holder.file}' in run {holder.run_id}.",
        rows_in=counted.rows,
        fingerprint=counted.fingerprint,
        duplicate_of=holder.run_id,
    )


def _set_aside(blob: Blob, run_id: str, refusal: FileRejected, storage: Storage) -> Outcome:
    """Keep a file that cannot be used, whole, and beside it the reason."""
    kept = layout.output(layout.REJECTED, run_id, blob.name)
    storage.copy(blob, kept)
    storage.write_text(kept.beside(f"{blob.name}.reason.txt"), refusal.reason + "\n")
    return Outcome(REJECTED, blob.name, reason=refusal.reason)


class _Kept:
    """Rows that are asked several times: computed once, kept in memory or, as far as they do not fit, on disk."""

    def __init__(self, rows: DataFrame) -> None:
        self._rows = rows

    def __enter__(self) -> DataFrame:
        return self._rows.persist(StorageLevel.MEMORY_AND_DISK)

    def __exit__(self, *_: object) -> None:
        self._rows.unpersist()
