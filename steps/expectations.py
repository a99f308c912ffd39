"""What the sentences expect, checked on the cloud's own data: blobs, runs and metrics."""

import hashlib
from dataclasses import dataclass
from fractions import Fraction

from steps.cloud import Cloud
from steps.ingestion import Outcome, output_blob, records, training
from steps.story import File

Record = dict[str, str]


@dataclass(frozen=True)
class Kept:
    """The records that a run has kept."""

    training: list[Record]
    testing: list[Record]

    @property
    def all(self) -> list[Record]:
        return self.training + self.testing


def kept(cloud: Cloud, outcome: Outcome) -> Kept:
    """Read what the run wrote for training and for testing."""
    return Kept(
        records(output_blob(cloud, cloud.names.training_container, outcome)),
        records(output_blob(cloud, cloud.names.testing_container, outcome)),
    )


def assert_accepted(outcome: Outcome) -> None:
    assert outcome.run.status == "Succeeded", outcome.explain()
    assert outcome.verdict["status"] == "accepted", outcome.verdict


def assert_every_record_kept(kept_records: Kept, file: File) -> None:
    """No record of the file is missing, none is there twice, none came from elsewhere."""
    expected = {record["id"] for record in records(without_unfit(file))}
    found = [record["id"] for record in kept_records.all]
    assert len(found) == len(set(found)), "some records are kept twice"
    assert set(found) == expected


def without_unfit(file: File) -> bytes:
    """The file's content without its unfit record."""
    if file.unfit_record is None:
        return file.content
    return file.content.replace(file.unfit_record, b"", 1)


def assert_training_share(kept_records: Kept, expected: float) -> None:
    """The share of training records, up to the rounding within each class."""
    share = len(kept_records.training) / len(kept_records.all)
    tolerance = 2 / len(kept_records.all)
    assert abs(share - expected) <= tolerance, f"{share:.4f} of the records are for training, {expected} expected"


def assert_similar_share_of_claims(kept_records: Kept) -> None:
    """Stratified: the shares differ by no more than one record of the smaller part."""
    difference = abs(_claims(kept_records.training) - _claims(kept_records.testing))
    assert difference <= Fraction(1, len(kept_records.testing)), (
        f"the shares of claims differ by {float(difference):.4f}"
    )


def _claims(part: list[Record]) -> Fraction:
    return Fraction(sum(record["target"] == "1" for record in part), len(part))


def assert_same_columns(kept_records: Kept, file: File) -> None:
    """The columns of the file in its order, nothing added (no index) and nothing lost."""
    expected = list(records(file.content)[0])
    for part in (kept_records.training, kept_records.testing):
        assert list(part[0]) == expected


def assert_trained_on_own_records(cloud: Cloud, outcome: Outcome) -> None:
    """One training run was asked for and has finished, and what it read is byte for byte what this run wrote."""
    asked = [activity for activity in outcome.activities if activity.activity_name == "TrainModel"]
    assert len(asked) == 1, outcome.explain()
    run = training(cloud, outcome)
    assert run.status == "Finished", run
    assert run.parameters["caller_run_id"] == outcome.run_id
    written = output_blob(cloud, cloud.names.training_container, outcome)
    assert written is not None, f"run {outcome.run_id} has written no training records"
    assert run.properties["data_file_sha256"] == hashlib.sha256(written).hexdigest()
