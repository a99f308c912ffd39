"""What a notebook does to itself ends its own run and nothing else, and Data Factory says it as in Azure."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from databricks.sdk.service.jobs import RunLifeCycleState

from release.connection import Connection
from steps.cloud import Cloud

pytestmark = [pytest.mark.xdist_group("cloud"), pytest.mark.spark]

PATIENCE = 120.0
Ended = Callable[[str], tuple[Any, list[Any]]]


def notebook_activity(path: str, name: str = "Work", linked_service: str = "databricks", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "DatabricksNotebook",
        "typeProperties": {"notebookPath": path},
        "linkedServiceName": {"referenceName": linked_service, "type": "LinkedServiceReference"},
        **more,
    }


def test_what_a_notebook_exits_with_is_the_activitys_output(
    notebook: Callable[[str], str], start_pipeline: Callable[..., str], ended: Ended
) -> None:
    path = notebook('import json\ndbutils.notebook.exit(json.dumps({"rows": spark.range(7).count()}))')
    run, (activity,) = ended(start_pipeline(notebook_activity(path)))
    assert run.status == "Succeeded", run.message
    assert activity.output["runOutput"] == {"rows": 7}
    assert activity.output["runPageUrl"].startswith("http")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('raise ValueError("the third row is odd")', "the third row is odd"),
        ("import sys\nsys.exit(3)", "SystemExit"),
        ("import os\nos._exit(7)", "7"),
    ],
)
def test_a_notebook_that_ends_badly_fails_its_own_run(
    notebook: Callable[[str], str], start_pipeline: Callable[..., str], ended: Ended, source: str, said: str
) -> None:
    run, (activity,) = ended(start_pipeline(notebook_activity(notebook(source))))
    assert run.status == "Failed"
    assert activity.error["errorCode"] == "3204"
    assert said in activity.error["message"]
    assert str(run.message).startswith("Operation on target Work failed: ")
    # and the next notebook finds everything in order
    after, _ = ended(start_pipeline(notebook_activity(notebook("print(spark.range(3).count())"))))
    assert after.status == "Succeeded", after.message


def test_a_notebook_that_never_ends_is_ended_by_a_cancel(
    cloud: Cloud,
    connection: Connection,
    notebook: Callable[[str], str],
    start_pipeline: Callable[..., str],
    ended: Ended,
) -> None:
    path = notebook("import time\nwhile True:\n    time.sleep(1)")
    run_id = start_pipeline(notebook_activity(path))
    _wait_for_a_running_notebook(connection, path)
    cloud.factory.pipeline_runs.cancel(cloud.names.resource_group, cloud.names.factory, run_id, is_recursive=True)
    run, (activity,) = ended(run_id)
    assert (run.status, activity.status) == ("Cancelled", "Cancelled")
    deadline = time.monotonic() + PATIENCE
    while _active_runs(connection, path):
        assert time.monotonic() < deadline, "the notebook still runs in Databricks"
        time.sleep(0.1)


def test_a_notebook_that_is_not_there_is_named(start_pipeline: Callable[..., str], ended: Ended) -> None:
    run, (activity,) = ended(start_pipeline(notebook_activity("/Shared/contracts/none")))
    assert run.status == "Failed"
    assert "/Shared/contracts/none" in activity.error["message"]


def _wait_for_a_running_notebook(connection: Connection, path: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(
        run.state and run.state.life_cycle_state == RunLifeCycleState.RUNNING for run in _active_runs(connection, path)
    ):
        assert time.monotonic() < deadline, "the notebook has not started"
        time.sleep(0.1)


def _active_runs(connection: Connection, path: str) -> list[Any]:
    return [
        run
        for run in connection.databricks.jobs.list_runs(active_only=True, expand_tasks=True)
        if any(task.notebook_task and task.notebook_task.notebook_path == path for task in run.tasks or [])
    ]
