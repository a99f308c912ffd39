"""What a notebook does to itself ends its own run and nothing else, and Data Factory says it as in Azure."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.mgmt.datafactory.models import ActivityRun, PipelineRun, RunFilterParameters
from databricks.sdk.service.jobs import RunLifeCycleState

from release.connection import Connection
from steps.cloud import Cloud

pytestmark = [pytest.mark.xdist_group("cloud"), pytest.mark.spark]

PATIENCE = 120.0


def notebook_activity(path: str, name: str = "Work", linked_service: str = "databricks", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "type": "DatabricksNotebook",
        "typeProperties": {"notebookPath": path},
        "linkedServiceName": {"referenceName": linked_service, "type": "LinkedServiceReference"},
        **more,
    }


def ended(cloud: Cloud, run_id: str) -> tuple[PipelineRun, list[ActivityRun]]:
    group, factory = cloud.names.resource_group, cloud.names.factory
    deadline = time.monotonic() + PATIENCE
    while True:
        run = cloud.factory.pipeline_runs.get(group, factory, run_id)
        if run.status in ("Succeeded", "Failed", "Cancelled"):
            return run, activity_runs(cloud, run_id)
        assert time.monotonic() < deadline, f"run {run_id} is still {run.status}"
        time.sleep(0.1)


def activity_runs(cloud: Cloud, run_id: str) -> list[ActivityRun]:
    now = datetime.now(UTC)
    window = RunFilterParameters(
        last_updated_after=now - timedelta(hours=1), last_updated_before=now + timedelta(hours=1)
    )
    group, factory = cloud.names.resource_group, cloud.names.factory
    return list(cloud.factory.activity_runs.query_by_pipeline_run(group, factory, run_id, window).value)


def test_what_a_notebook_exits_with_is_the_activitys_output(
    cloud: Cloud, notebook: Callable[[str], str], start_pipeline: Callable[..., str]
) -> None:
    path = notebook('import json\ndbutils.notebook.exit(json.dumps({"rows": spark.range(7).count()}))')
    run, (activity,) = ended(cloud, start_pipeline(notebook_activity(path)))
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
    cloud: Cloud, notebook: Callable[[str], str], start_pipeline: Callable[..., str], source: str, said: str
) -> None:
    run, (activity,) = ended(cloud, start_pipeline(notebook_activity(notebook(source))))
    assert run.status == "Failed"
    assert activity.error["errorCode"] == "3204"
    assert said in activity.error["message"]
    assert str(run.message).startswith("Operation on target Work failed: ")
    # and the next notebook finds everything in order
    after, _ = ended(cloud, start_pipeline(notebook_activity(notebook("print(spark.range(3).count())"))))
    assert after.status == "Succeeded", after.message


def test_a_notebook_that_never_ends_is_ended_by_a_cancel(
    cloud: Cloud, connection: Connection, notebook: Callable[[str], str], start_pipeline: Callable[..., str]
) -> None:
    path = notebook("import time\nwhile True:\n    time.sleep(1)")
    run_id = start_pipeline(notebook_activity(path))
    _wait_for_a_running_notebook(connection, path)
    cloud.factory.pipeline_runs.cancel(cloud.names.resource_group, cloud.names.factory, run_id, is_recursive=True)
    run, (activity,) = ended(cloud, run_id)
    assert (run.status, activity.status) == ("Cancelled", "Cancelled")
    deadline = time.monotonic() + PATIENCE
    while _active_runs(connection, path):
        assert time.monotonic() < deadline, "the notebook still runs in Databricks"
        time.sleep(0.1)


def test_a_notebook_that_is_not_there_is_named(cloud: Cloud, start_pipeline: Callable[..., str]) -> None:
    run, (activity,) = ended(cloud, start_pipeline(notebook_activity("/Shared/contracts/none")))
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
