"""A job of the workspace that Data Factory runs: its parameters arrive, its failure is told, a cancel reaches it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from databricks.sdk.service import jobs

from release.connection import Connection
from steps.cloud import Cloud

pytestmark = [pytest.mark.xdist_group("cloud"), pytest.mark.spark]

PATIENCE = 120.0
Ended = Callable[[str], tuple[Any, list[Any]]]
Job = Callable[..., int]


@pytest.fixture
def job(connection: Connection) -> Iterator[Job]:
    """Creates a job of notebooks, each behind the one before, with job parameters; deletes it in the end."""
    made: list[int] = []

    def create(*notebooks: str, **parameters: str) -> int:
        cluster = connection.environment.text("databricks.cluster_id")
        tasks = [
            jobs.Task(
                task_key=f"step{number}",
                notebook_task=jobs.NotebookTask(notebook_path=path),
                existing_cluster_id=cluster,
                depends_on=[jobs.TaskDependency(f"step{number - 1}")] if number else None,
            )
            for number, path in enumerate(notebooks)
        ]
        declared = [jobs.JobParameterDefinition(name, default) for name, default in parameters.items()]
        created = connection.databricks.jobs.create(name="contract", tasks=tasks, parameters=declared)
        made.append(created.job_id)
        return created.job_id

    yield create
    for job_id in made:
        connection.databricks.jobs.delete(job_id)


def job_activity(job_id: int, **parameters: Any) -> dict[str, Any]:
    return {
        "name": "Load",
        "type": "DatabricksJob",
        "typeProperties": {"jobId": str(job_id), "jobParameters": parameters},
        "linkedServiceName": {"referenceName": "databricks", "type": "LinkedServiceReference"},
    }


def test_a_job_gets_the_pipelines_parameters_and_its_own_defaults(
    notebook: Callable[[str], str], job: Job, start_pipeline: Callable[..., str], ended: Ended
) -> None:
    path = notebook("dbutils.notebook.exit(str(sorted(dbutils.widgets.getAll().items())))")
    day = {"value": "@pipeline().parameters.day", "type": "Expression"}
    activity = job_activity(job(path, day="never", kind="full"), day=day)
    run, (ran,) = ended(start_pipeline(activity, day="monday"))
    assert run.status == "Succeeded", run.message
    assert ran.output["runOutput"] == "[('day', 'monday'), ('kind', 'full')]"
    assert ran.output["runPageUrl"].startswith("http")


def test_a_job_that_fails_fails_the_activity_with_the_error_of_its_first_failed_task(
    notebook: Callable[[str], str], job: Job, start_pipeline: Callable[..., str], ended: Ended
) -> None:
    bad, never = notebook("raise ValueError('the third row is odd')"), notebook("print(1)")
    run, (ran,) = ended(start_pipeline(job_activity(job(bad, never))))
    assert run.status == "Failed"
    assert ran.error["errorCode"] == "3204"
    assert "Task step0 failed" in ran.error["message"]
    assert "ValueError: the third row is odd" in ran.error["message"]


def test_a_job_that_is_not_there_is_named(start_pipeline: Callable[..., str], ended: Ended) -> None:
    run, (ran,) = ended(start_pipeline(job_activity(987654321)))
    assert run.status == "Failed"
    assert (ran.error["errorCode"], "987654321" in ran.error["message"]) == ("3201", True)


def test_a_cancelled_pipeline_cancels_the_jobs_run(
    cloud: Cloud,
    connection: Connection,
    notebook: Callable[[str], str],
    job: Job,
    start_pipeline: Callable[..., str],
    ended: Ended,
) -> None:
    job_id = job(notebook("import time\nwhile True:\n    time.sleep(1)"))
    run_id = start_pipeline(job_activity(job_id))
    _reached(connection, job_id, jobs.RunLifeCycleState.RUNNING)
    cloud.factory.pipeline_runs.cancel(cloud.names.resource_group, cloud.names.factory, run_id, is_recursive=True)
    run, (ran,) = ended(run_id)
    assert (run.status, ran.status) == ("Cancelled", "Cancelled")
    state = _reached(connection, job_id, jobs.RunLifeCycleState.TERMINATED)
    assert state.result_state is jobs.RunResultState.CANCELED


def _reached(connection: Connection, job_id: int, wanted: jobs.RunLifeCycleState) -> jobs.RunState:
    """The state of the job's only run as soon as it is the wanted one."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for run in connection.databricks.jobs.list_runs(job_id=job_id):
            if run.state and run.state.life_cycle_state is wanted:
                return run.state
        assert time.monotonic() < deadline, f"the job's run is not {wanted.value}"
        time.sleep(0.1)
