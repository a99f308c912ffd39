"""The pipeline run in memory: what it passes on, what it asks for, and how it ends for each outcome."""

from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory import Factory
from emulators.datafactory.testing.stubs import Failure

ADF = Path(__file__).parents[3] / "adf"
GLOBALS = {"storageAccount": "account1", "trainingEndpointId": "endpoint-1", "modelName": "model-1"}
DROPPED = {"folderPath": "inputdata/May", "fileName": "two words+ü.csv"}
ACCEPTED = {"status": "accepted", "training_file": "run/two words+ü.csv", "fingerprint": "abc", "reason": None}


@pytest.fixture(scope="module")
def factory() -> Factory:
    return Factory.load(ADF)


def ended(factory: Factory, answer: Any, **stubs: Any) -> Any:
    """The run that the trigger starts when a file was dropped and the preparation answered so."""
    prepared = answer if isinstance(answer, (Failure, list)) else {"runOutput": answer}
    everything = {"PrepareData": prepared, "CheckIngestion": {"runOutput": {}}, "TrainModel": {"runId": "t-1"}, **stubs}
    (run,) = factory.fire("blob_arrives", body=DROPPED, global_parameters=GLOBALS, stubs=everything)
    return run


def names(run: Any) -> list[str]:
    return [activity.activity_name for activity in run.activities]


def test_the_dropped_file_is_the_one_that_is_prepared(factory: Factory) -> None:
    run = ended(factory, ACCEPTED)
    assert run["PrepareData"].input["typeProperties"]["baseParameters"] == {
        "folder_path": "inputdata/May",
        "file_name": "two words+ü.csv",
        "run_id": run.run_id,
        "storage_account": "account1",
    }


def test_an_accepted_file_is_checked_and_trained_on(factory: Factory) -> None:
    run = ended(factory, ACCEPTED)
    assert run.status == "Succeeded"
    assert names(run) == ["PrepareData", "ByOutcome", "CheckIngestion", "TrainModel"]
    assert run["CheckIngestion"].input["typeProperties"]["baseParameters"] == {
        "run_id": run.run_id,
        "file_name": "two words+ü.csv",
        "storage_account": "account1",
    }


def test_training_reads_exactly_the_file_that_the_preparation_named(factory: Factory) -> None:
    """Contract C6; the data set's version is its fingerprint, so the model tells which rows trained it."""
    run = ended(factory, ACCEPTED)
    properties = run["TrainModel"].input["typeProperties"]
    assert properties["mlPipelineEndpointId"] == "endpoint-1"
    assert properties["experimentName"] == "driver-claims"
    assert properties["mlPipelineParameters"] == {
        "model_name": "model-1",
        "dataset_version": "abc",
        "data_file_path": "run/two words+ü.csv",
        "caller_run_id": run.run_id,
    }


def test_a_known_content_ends_well_and_names_the_earlier_run(factory: Factory) -> None:
    """Contract C8."""
    run = ended(factory, {"status": "duplicate", "duplicate_of": "run-0", "reason": "known"})
    assert run.status == "Succeeded"
    assert names(run) == ["PrepareData", "ByOutcome", "ReturnDuplicate"]
    assert run.return_value == {"status": "duplicate", "duplicate_of": "run-0"}


@pytest.mark.parametrize("status", ["rejected", "something new"])
def test_anything_else_fails_the_run_with_the_reason(factory: Factory, status: str) -> None:
    run = ended(factory, {"status": status, "reason": "The file cannot be used: it is empty."})
    assert run.status == "Failed"
    assert names(run) == ["PrepareData", "ByOutcome", "RejectFile"]
    assert run["RejectFile"].error["errorCode"] == "FileRejected"
    assert "two words+ü.csv was rejected. The file cannot be used: it is empty." in str(run.error)


def test_a_broken_contract_trains_nothing(factory: Factory) -> None:
    run = ended(factory, ACCEPTED, CheckIngestion=Failure("not as agreed", "3204"))
    assert run.status == "Failed"
    assert names(run).count("CheckIngestion") == 2
    assert run["TrainModel"].status == "Skipped"


def test_a_hiccup_of_the_preparation_is_retried(factory: Factory) -> None:
    run = ended(factory, [Failure("cluster lost", "3204"), {"runOutput": ACCEPTED}])
    assert run.status == "Succeeded"
    assert names(run).count("PrepareData") == 2


def test_a_training_that_fails_is_not_tried_again(factory: Factory) -> None:
    run = ended(factory, ACCEPTED, TrainModel=Failure("failed", "4126"))
    assert run.status == "Failed"
    assert names(run).count("TrainModel") == 1
