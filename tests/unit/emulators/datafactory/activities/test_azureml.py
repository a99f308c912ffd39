"""AzureMLExecutePipeline: discovery, submission, watching, and the documented codes."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
RUNS = f"https://ml.test/pipelines/v1.0{WORKSPACE}/PipelineRuns"


def run_of(status: str, detail: str | None = None) -> dict[str, Any]:
    return {
        "Id": "run-1",
        "Status": {"StatusCode": status, "StatusDetail": detail},
        "RunHistoryExperimentName": "claims",
        "PipelineId": "pipeline-1",
    }


@pytest.fixture
def workspace(network: Any) -> Any:
    network.on(
        "GET",
        f"https://management.test{WORKSPACE}",
        {"properties": {"discoveryUrl": "https://ml.test/discovery"}},
    )
    network.on("GET", "https://ml.test/discovery", {"api": "https://ml.test/", "history": "https://ml.test/h"})
    network.on("POST", f"{RUNS}/PipelineSubmit/abc", run_of("NotStarted"))
    network.on("POST", f"{RUNS}/PipelineEndpointSubmit/Id/endpoint/2", run_of("NotStarted"))
    network.on("GET", f"{RUNS}/run-1", [run_of("Running"), run_of("Finished")])
    network.on("DELETE", f"{RUNS}/run-1/Execution", {})
    return network


async def test_a_published_pipeline_is_submitted_and_waited_for(workspace, services, activity):
    train = activity(
        "AzureMLExecutePipeline",
        "azureml",
        mlPipelineId="abc",
        experimentName="claims",
        mlPipelineParameters={"data_file_path": "run/a.csv"},
        mlParentRunId="parent",
    )
    output = await run_activity(train, services)
    assert {key: output[key] for key in ("runId", "status", "experimentName", "pipelineId")} == {
        "runId": "run-1",
        "status": "Finished",
        "experimentName": "claims",
        "pipelineId": "pipeline-1",
    }
    submission = next(request for request in workspace.requests if request.method == "POST")
    assert json.loads(submission.content)["ParameterAssignments"] == {"data_file_path": "run/a.csv"}
    assert submission.url.params["parentRunId"] == "parent"
    assert submission.headers["authorization"] == "Bearer token for https://management.azure.com"


async def test_an_endpoint_and_its_version(workspace, services, activity):
    train = activity("AzureMLExecutePipeline", "azureml", mlPipelineEndpointId="endpoint", version="2")
    assert (await run_activity(train, services))["status"] == "Finished"


async def test_a_failed_run_fails_with_4126_and_the_detail(workspace, services, activity):
    workspace.on("GET", f"{RUNS}/run-1", run_of("Failed", "step train exited with 1"))
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("AzureMLExecutePipeline", "azureml", mlPipelineId="abc"), services)
    assert failure.value.code == "4126"
    assert failure.value.message == (
        "Azure ML pipeline run failed with status: 'Failed'. Azure ML pipeline run Id: 'run-1'. "
        "Please check in Azure Machine Learning for more error logs. step train exited with 1"
    )


@pytest.mark.parametrize(
    ("status", "code"), [(401, "4121"), (403, "4122"), (400, "4123"), (404, "4124"), (500, "4125")]
)
async def test_refusals_have_the_documented_codes(workspace, services, activity, status, code):
    workspace.on(
        "POST",
        f"{RUNS}/PipelineSubmit/abc",
        httpx.Response(status, json={"error": {"message": "unknown parameter 'x'"}}),
    )
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("AzureMLExecutePipeline", "azureml", mlPipelineId="abc"), services)
    assert failure.value.code == code
    assert failure.value.message == (
        f"Request sent to Azure Machine Learning for operation 'PipelineSubmit' failed with http status "
        f"code '{status}'. Error message from Azure Machine Learning: 'unknown parameter 'x''."
    )


async def test_a_workspace_that_does_not_answer_is_named(workspace, services, activity):
    workspace.on("POST", f"{RUNS}/PipelineSubmit/abc", httpx.ConnectError("refused"))
    with pytest.raises(ActivityFailed, match=r"https://ml\.test/pipelines.* does not answer") as failure:
        await run_activity(activity("AzureMLExecutePipeline", "azureml", mlPipelineId="abc"), services)
    assert failure.value.code == "4125"


async def test_a_submission_that_may_have_arrived_is_not_repeated(workspace, services, activity):
    workspace.on("POST", f"{RUNS}/PipelineSubmit/abc", httpx.ReadTimeout("no answer"))
    with pytest.raises(ActivityFailed):
        await run_activity(activity("AzureMLExecutePipeline", "azureml", mlPipelineId="abc"), services)
    assert sum(request.method == "POST" for request in workspace.requests) == 1


async def test_stopping_the_activity_cancels_the_run(workspace, services, activity):
    started = asyncio.Event()

    def running(request: httpx.Request) -> httpx.Response:
        started.set()
        return httpx.Response(200, json=run_of("Running"))

    workspace.on("GET", f"{RUNS}/run-1", running)
    task = asyncio.create_task(
        run_activity(activity("AzureMLExecutePipeline", "azureml", mlPipelineId="abc"), services)
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert workspace.paths()[-1].startswith("DELETE")


@pytest.mark.parametrize(
    ("linked", "properties", "code"), [("azureml", {}, "4101"), ("vault", {"mlPipelineId": "a"}, "4111")]
)
async def test_wrong_definitions(workspace, services, activity, linked, properties, code):
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("AzureMLExecutePipeline", linked, **properties), services)
    assert failure.value.code == code
