"""The check reads the outputs of one run again and names every contract that they break."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dataprep.checking import ContractBroken, check
from dataprep.ingestion import ingest
from dataprep.layout import Blob
from dataprep.ledger import Ledger, Superseded
from dataprep.sample import write_sample
from dataprep.storage import Storage

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]

FILE = "run-1/drivers.csv"


@pytest.fixture(scope="module")
def prepared_once(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Containers in which 200 rows, 3 of them bad, have been prepared by run-1."""
    root = tmp_path_factory.mktemp("prepared")
    (root / "inputdata").mkdir()
    write_sample(root / "inputdata/drivers.csv", 200, seed=4, bad_rows=3)
    storage = Storage(spark, lambda container, path: f"file://{root}/{container}/{path}")
    ledger = Ledger(spark, storage.ledger_address)
    assert ingest(Blob("inputdata", "drivers.csv"), "run-1", storage, ledger).status == "accepted"
    return root


@pytest.fixture
def prepared(prepared_once: Path, disk: Any) -> None:
    """A copy of them that a test may spoil."""
    shutil.copytree(prepared_once, disk.root, dirs_exist_ok=True)


@pytest.mark.usefixtures("prepared")
class TestCheck:
    def test_good_outputs_are_counted_and_confirmed(self, storage: Storage, ledger: Ledger) -> None:
        found = check("run-1", "drivers.csv", storage, ledger)
        assert (found.rows_in, found.rows_training, found.rows_testing, found.rows_rejected) == (200, 157, 40, 3)
        assert (found.claims_training, found.claims_testing) == (7, 2)
        assert json.loads(found.as_json())["rows_in"] == 200
        assert check("run-1", "drivers.csv", storage, ledger) == found

    def test_a_run_without_content_has_nothing_to_check(self, storage: Storage, ledger: Ledger) -> None:
        with pytest.raises(Superseded, match="no content of run run-2"):
            check("run-2", "drivers.csv", storage, ledger)

    @pytest.mark.parametrize(
        ("container", "change", "fault"),
        [
            (
                "trainingdata",
                lambda lines: lines[:-1],
                "200 rows came in, but 199 are in training, testing and rejected",
            ),
            (
                "trainingdata",
                lambda lines: [*lines[:-1], lines[1]],
                "1 ids occur more than once in training and testing",
            ),
            (
                "testingdata",
                lambda lines: [*lines[:-1], "1,2,3"],
                "1 lines of training and testing are not rows of the table",
            ),
            (
                "trainingdata",
                lambda lines: [f",{line}" for line in lines],
                "the columns of trainingdata are not those agreed",
            ),
            ("testingdata", lambda lines: lines[1:], "the columns of testingdata are not those agreed"),
            (
                "rejecteddata",
                lambda lines: lines[:2],
                "200 rows came in, but 198 are in training, testing and rejected",
            ),
        ],
        ids=["a row lost", "an id twice", "no row", "an index column", "no header", "rejected rows lost"],
    )
    def test_outputs_that_were_tampered_with(
        self, storage: Storage, ledger: Ledger, disk: Any, container: str, change: Any, fault: str
    ) -> None:
        changed = change(disk.lines(container, FILE))
        (disk.root / container / f"run-1/.{FILE.partition('/')[2]}.crc").unlink()
        disk.put(container, FILE, "\n".join(changed).encode() + b"\n")
        with pytest.raises(ContractBroken) as broken:
            check("run-1", "drivers.csv", storage, ledger)
        assert str(broken.value).startswith("The outputs of run run-1 are not as agreed: ")
        assert fault in str(broken.value)

    def test_a_split_that_is_not_stratified(self, storage: Storage, ledger: Ledger, disk: Any) -> None:
        training, testing = disk.lines("trainingdata", FILE), disk.lines("testingdata", FILE)
        claim = next(line for line in training[1:] if line.split(",")[1] == "1")
        other = next(line for line in testing[1:] if line.split(",")[1] == "0")
        for container, lines, old, new in (
            ("trainingdata", training, claim, other),
            ("testingdata", testing, other, claim),
        ):
            (disk.root / container / "run-1/.drivers.csv.crc").unlink()
            disk.put(container, FILE, "\n".join(new if line == old else line for line in lines).encode())
        with pytest.raises(ContractBroken, match="of 9 rows with target 1, 3 are for testing, not 2"):
            check("run-1", "drivers.csv", storage, ledger)

    @pytest.mark.parametrize("container", ["trainingdata", "testingdata", "rejecteddata"])
    def test_stale_or_missing_outputs(self, storage: Storage, ledger: Ledger, disk: Any, container: str) -> None:
        stale = disk.put(container, "run-1/older.csv", b"id,target\n")
        with pytest.raises(
            ContractBroken, match=rf"{container} holds \['drivers.csv', 'older.csv'\], expected \['drivers.csv'\]"
        ):
            check("run-1", "drivers.csv", storage, ledger)
        storage.remove(stale)
        (disk.root / container / FILE).unlink()
        with pytest.raises(ContractBroken, match=rf"{container} holds \[\], expected"):
            check("run-1", "drivers.csv", storage, ledger)
