"""Data movement inside of a pipeline, run by the executor: expressions in, expressions out, retries in between."""

import itertools
from typing import Any

import pytest

from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.executor import Executor
from emulators.kernel.clock import VirtualClock


class Records:
    """The last record of every run."""

    def __init__(self) -> None:
        self.activities: dict[str, ActivityRun] = {}

    def pipeline_run_changed(self, run: PipelineRun) -> None:
        """Not of interest here."""

    def activity_run_changed(self, run: ActivityRun) -> None:
        self.activities[run.activity_run_id] = run

    def named(self, name: str) -> list[ActivityRun]:
        return [run for run in self.activities.values() if run.activity_name == name]


def reference(name: str, **parameters: Any) -> dict[str, Any]:
    return {"referenceName": name, "type": "DatasetReference", "parameters": parameters}


def dataset(kind: str, container: str, **properties: Any) -> dict[str, Any]:
    """A dataset of the file that its parameters name."""
    return {
        "type": kind,
        "linkedServiceName": {"referenceName": "lake", "type": "LinkedServiceReference"},
        "parameters": {"folder": {"type": "String", "defaultValue": "in"}, "file": {"type": "String"}},
        "typeProperties": {
            "location": {
                "type": "AzureBlobStorageLocation",
                "container": container,
                "folderPath": {"value": "@dataset().folder", "type": "Expression"},
                "fileName": "@dataset().file",
            },
            **properties,
        },
    }


async def run(lake: Any, activities: list[dict[str, Any]]) -> tuple[PipelineRun, Records]:
    """Run these activities as a pipeline."""
    csv, parquet = dataset("DelimitedText", lake.name, firstRowAsHeader=True), dataset("Parquet", lake.name)
    resources = Resources(
        "factory",
        pipelines={"main": {"activities": activities}},
        datasets={"csv": csv, "parquet": parquet},
        linked_services=lake.linked_services,
    )
    numbers = itertools.count(1)
    records = Records()
    executor = Executor(
        clock=lake.services.clock,
        services=lake.services,
        ids=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
        observer=records,
    )
    started = executor.start(resources, "main", parameters={}, invoked_by=InvokedBy("id", "Manual", "Manual"))
    ended = await executor.wait(started.run_id)
    await executor.close()
    return ended, records


@pytest.fixture
def lake(lake_on):
    return lake_on(VirtualClock())


async def test_files_from_a_lookup_are_copied_one_by_one(lake):
    lake.put("lists/today.csv", "name\nä b.csv\nb+%.csv\n")
    lake.put("in/ä b.csv", "id\n1\n2\n")
    lake.put("in/b+%.csv", "id\n3\n")
    copy = {
        "name": "Copy one",
        "type": "Copy",
        "inputs": [reference("csv", file="@item().name")],
        "outputs": [reference("parquet", folder="out", file="@replace(item().name, '.csv', '.parquet')")],
        "typeProperties": {"source": {"type": "DelimitedTextSource"}, "sink": {"type": "ParquetSink"}},
    }
    ended, records = await run(
        lake,
        [
            {
                "name": "Files",
                "type": "Lookup",
                "typeProperties": {
                    "source": {"type": "DelimitedTextSource"},
                    "dataset": reference("csv", folder="lists", file="today.csv"),
                    "firstRowOnly": False,
                },
            },
            {
                "name": "Each",
                "type": "ForEach",
                "dependsOn": [{"activity": "Files", "dependencyConditions": ["Succeeded"]}],
                "typeProperties": {
                    "items": {"value": "@activity('Files').output.value", "type": "Expression"},
                    "activities": [copy],
                },
            },
        ],
    )
    assert ended.status == "Succeeded", ended.message
    assert lake.paths("out/") == ["out/b+%.parquet", "out/ä b.parquet"]
    assert sorted(run.output["rowsCopied"] for run in records.named("Copy one")) == [1, 2]


async def test_a_failed_copy_is_tried_again_and_told(lake):
    ended, records = await run(
        lake,
        [
            {
                "name": "Copy it",
                "type": "Copy",
                "policy": {"retry": 1, "retryIntervalInSeconds": 3600},
                "inputs": [reference("csv", file="missing.csv")],
                "outputs": [reference("parquet", file="x.parquet")],
                "typeProperties": {"source": {"type": "DelimitedTextSource"}, "sink": {"type": "ParquetSink"}},
            }
        ],
    )
    assert ended.status == "Failed"
    assert ended.message.startswith(
        "Operation on target Copy it failed: Failure happened on 'Source' side. ErrorCode=User"
    )
    assert len(records.named("Copy it")) == 2
