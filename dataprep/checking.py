"""The contracts of one ingestion, looked at again from what lies in the storage.

The check believes nothing that the preparation said but the number of rows that came in (the ledger's): it
reads the outputs of exactly one run id and counts for itself. Broken contracts are named all together.
"""

import json
from dataclasses import asdict, dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the customary name

from dataprep import layout
from dataprep.ingestion import REJECTED_HEADER
from dataprep.layout import Blob
from dataprep.ledger import Entry, Ledger
from dataprep.parsing import HEAD_SIZE, Header, to_rows
from dataprep.schema import HEADER
from dataprep.splitting import share_for_testing
from dataprep.storage import Storage


class ContractBroken(Exception):
    """The outputs of a run break at least one contract; the message lists every one."""


@dataclass(frozen=True)
class Found:
    """What the outputs hold: rows by target, lines that are no rows, and ids that occur more than once."""

    training: dict[int, int]
    testing: dict[int, int]
    rejected: int
    unsound: int
    repeated_ids: int


@dataclass(frozen=True)
class Checked:
    """The counts of a run whose outputs keep all contracts: the notebook's answer."""

    run_id: str
    file: str
    rows_in: int
    rows_training: int
    rows_testing: int
    rows_rejected: int
    claims_training: int
    claims_testing: int

    def as_json(self) -> str:
        """The counts as a JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)


def check(run_id: str, file_name: str, storage: Storage, ledger: Ledger) -> Checked:
    """Check a run's outputs and confirm its content in the ledger.

    ContractBroken if they are not as agreed; ledger.Superseded if another run has ingested the content instead.
    """
    entry = ledger.of_run(run_id)
    faults = _layout_faults(run_id, file_name, entry, storage)
    if not faults:
        found = count_outputs(run_id, file_name, entry, storage)
        faults = content_faults(found, entry)
    if faults:
        raise ContractBroken(f"The outputs of run {run_id} are not as agreed: " + "; ".join(faults) + ".")
    ledger.confirm(run_id)
    return Checked(
        run_id,
        file_name,
        entry.rows_in,
        sum(found.training.values()),
        sum(found.testing.values()),
        found.rejected,
        found.training.get(1, 0),
        found.testing.get(1, 0),
    )


def _layout_faults(run_id: str, file_name: str, entry: Entry, storage: Storage) -> list[str]:
    """Whether each container holds, for this run, the one blob it should hold, with the agreed header."""
    headers = {layout.TRAINING: HEADER, layout.TESTING: HEADER}
    if entry.rows_rejected:
        headers[layout.REJECTED] = REJECTED_HEADER
    faults = []
    for container in (layout.TRAINING, layout.TESTING, layout.REJECTED):
        names = storage.names(Blob(container, run_id))
        expected = [file_name] if container in headers else []
        if names != expected:
            faults.append(f"{container} holds {names}, expected {expected}")
        elif names and not _has_header(storage, layout.output(container, run_id, file_name), headers[container]):
            faults.append(f"the columns of {container} are not those agreed")
    return faults


def _has_header(storage: Storage, blob: Blob, header: str) -> bool:
    return storage.head(blob, HEAD_SIZE).startswith(f"{header}\n".encode())


def count_outputs(run_id: str, file_name: str, entry: Entry, storage: Storage) -> Found:
    """Count what a run wrote, in one pass over training and testing and one over the rejected rows."""
    parts = [
        to_rows(storage.lines(layout.output(container, run_id, file_name)), Header.read(HEADER.encode()))
        .withColumn("training", F.lit(container == layout.TRAINING))
        .select("training", "sound", "id", "target")
        for container in (layout.TRAINING, layout.TESTING)
    ]
    counts = _counts(reduce(DataFrame.unionByName, parts))
    rejected = 0
    if entry.rows_rejected:
        rejected = storage.lines(layout.output(layout.REJECTED, run_id, file_name)).count() - 1
    return Found(
        {target: counts[f"training_{target}"] for target in (0, 1)},
        {target: counts[f"testing_{target}"] for target in (0, 1)},
        rejected,
        counts["unsound"],
        counts["repeated"],
    )


def _counts(rows: DataFrame) -> dict[str, int]:
    """Counts over both outputs: first for each id, then of the ids, so that one reading tells both."""
    kinds = {
        f"{name}_{target}": F.col("sound") & (F.col("training") == is_training) & (F.col("target") == target)
        for name, is_training in (("training", True), ("testing", False))
        for target in (0, 1)
    }
    kinds["unsound"] = ~F.col("sound")
    by_id = rows.groupBy("id").agg(
        F.count("*").alias("times"), *(F.count_if(kind).alias(name) for name, kind in kinds.items())
    )
    repeated = F.count_if(F.col("id").isNotNull() & (F.col("times") > 1)).alias("repeated")
    row = by_id.agg(repeated, *(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in kinds)).first()
    return row.asDict() if row else {}


def content_faults(found: Found, entry: Entry) -> list[str]:
    """The contracts that the counts break, in plain words; none if all is well."""
    faults = []
    out = sum(found.training.values()) + sum(found.testing.values()) + found.rejected
    if found.unsound:
        faults.append(f"{found.unsound} lines of training and testing are not rows of the table")
    if found.repeated_ids:
        faults.append(f"{found.repeated_ids} ids occur more than once in training and testing")
    if out + found.unsound != entry.rows_in:
        faults.append(f"{entry.rows_in} rows came in, but {out + found.unsound} are in training, testing and rejected")
    for target in (0, 1):
        both = found.training[target] + found.testing[target]
        share = share_for_testing(both)
        if found.testing[target] != share:
            faults.append(f"of {both} rows with target {target}, {found.testing[target]} are for testing, not {share}")
    return faults
