"""The solution's own factory, tested as its authors would: every road through `ingest`, without a cloud."""

from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory import Factory
from emulators.datafactory.testing import NEVER, Failure, RunResult

FILE = {"fileName": "claims.csv", "folderPath": "inputdata/today"}
PREPARED = {
    "status": "accepted",
    "reason": None,
    "file": "claims.csv",
    "training_file": "the-run/claims.csv",
    "fingerprint": "f00d",
    "duplicate_of": None,
}
ENVIRONMENT = {"storageAccount": "account", "trainingEndpointId": "endpoint", "modelName": "claims"}
WORKING = {
    "PrepareData": {"runOutput": PREPARED},
    "CheckIngestion": {"runOutput": {"rows": 3}},
    "AzureMLExecutePipeline": {"runId": "training"},
}


@pytest.fixture(scope="module")
def factory() -> Factory:
    return Factory.load(Path(__file__).parents[5] / "adf")


def arrives(factory: Factory, **stubs: Any) -> RunResult:
    """A file arrives: the blob trigger fires and starts its one pipeline."""
    [run] = factory.fire("blob_arrives", body=FILE, global_parameters=ENVIRONMENT, stubs=WORKING | stubs)
    return run


def test_the_dropped_file_is_the_file_that_is_read(factory: Factory) -> None:
    run = arrives(factory)
    assert run.status == "Succeeded"
    parameters = run["PrepareData"].input["typeProperties"]["baseParameters"]
    assert parameters == {
        "folder_path": "inputdata/today",
        "file_name": "claims.csv",
        "run_id": run.run_id,
        "storage_account": "account",
    }


def test_training_gets_the_file_that_was_prepared(factory: Factory) -> None:
    training = arrives(factory)["TrainModel"].input["typeProperties"]
    assert training["mlPipelineEndpointId"] == "endpoint"
    assert training["mlPipelineParameters"]["data_file_path"] == "the-run/claims.csv"
    assert training["mlPipelineParameters"]["caller_run_id"] == arrives(factory).run_id


def test_a_rejected_file_fails_the_run_with_the_reason(factory: Factory) -> None:
    run = arrives(
        factory, PrepareData={"runOutput": PREPARED | {"status": "rejected", "reason": "There is no target."}}
    )
    assert run.status == "Failed"
    assert run["RejectFile"].error["errorCode"] == "FileRejected"
    assert run["RejectFile"].message == "claims.csv was rejected. There is no target."
    assert "TrainModel" not in run


def test_a_file_that_came_before_is_not_trained_on_again(factory: Factory) -> None:
    run = arrives(factory, PrepareData={"runOutput": PREPARED | {"status": "duplicate", "duplicate_of": "earlier"}})
    assert run.status == "Succeeded"
    assert run.return_value == {"status": "duplicate", "duplicate_of": "earlier"}
    assert "TrainModel" not in run


def test_preparing_is_tried_again(factory: Factory) -> None:
    run = arrives(factory, PrepareData=[Failure("cluster gone", "3203"), {"runOutput": PREPARED}])
    assert run.status == "Succeeded"
    assert [attempt.status for attempt in run.all("PrepareData")] == ["Failed", "Succeeded"]


def test_a_broken_contract_stops_the_road_before_training(factory: Factory) -> None:
    run = arrives(factory, CheckIngestion=Failure("rows are missing", "3204"))
    assert run.status == "Failed"
    assert run["TrainModel"].status == "Skipped"


def test_a_notebook_that_never_ends_is_ended(factory: Factory) -> None:
    run = arrives(factory, PrepareData=NEVER)
    assert run.status == "Failed"
    assert [attempt.status for attempt in run.all("PrepareData")] == ["TimedOut", "TimedOut"]
