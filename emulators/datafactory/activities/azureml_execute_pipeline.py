"""AzureMLExecutePipeline: submits a published pipeline (or the pipeline of an endpoint) and waits for its run.

The workspace's service address is discovered as the SDKs do it: Resource Manager gives the workspace, the workspace
its discovery address, that the API's. Codes are the documented 41xx; the output's keys beside the common tail are
assumed, no public sample shows them.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from emulators.datafactory.activities.calls import Backoff, Caller, begun, json_object, last_word
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.identity import Principal, ServicePrincipal
from emulators.datafactory.activities.linked_services import LinkedService
from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity

RESOURCE = "https://management.azure.com"
WORKSPACE_API = "2023-04-01"
ACTIVE = frozenset({"NotStarted", "Running"})


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `runId`, `status`, `experimentName`, `pipelineId`, and the common tail."""
    began = time.monotonic()
    path, params = _submission_path(activity.type_properties)
    linked = await services.linked_service(activity)
    workspace = await _discover(linked, services)
    submission = workspace.call("PipelineSubmit", "POST", path, json=_submission(activity), params=params)
    submitted = await begun(submission, workspace.cancel)
    run_id = str(submitted["Id"])
    finished = await _watch(workspace, submitted)
    status = finished["Status"]["StatusCode"]
    output = with_tail(
        {
            "runId": run_id,
            "status": status,
            "experimentName": finished.get("RunHistoryExperimentName"),
            "pipelineId": finished.get("PipelineId"),
        },
        services.integration_runtime,
        time.monotonic() - began,
    )
    if status != "Finished":
        raise ActivityFailed("4126", _run_failed(run_id, finished), output=output)
    return output


@dataclass(frozen=True)
class Workspace:
    """The v1 pipelines API of one Azure ML workspace."""

    address: str
    caller: Caller

    async def call(
        self, operation: str, method: str, path: str, *, json: Any = None, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The answer's JSON; raises ActivityFailed with the documented sentence for anything but success."""
        url = f"{self.address}/PipelineRuns/{path}"
        answer = await self.caller.call(method, url, json=json, params=params, repeatable=method != "POST")
        return _json(answer, operation)

    async def cancel(self, run: Mapping[str, Any]) -> None:
        """Cancel a run that was submitted."""
        await self.call("CancelPipelineRun", "DELETE", f"{run['Id']}/Execution")


async def _watch(workspace: Workspace, run: dict[str, Any]) -> dict[str, Any]:
    """Poll until the run is over; cancels it when the activity is stopped."""
    backoff, run_id = Backoff(), run["Id"]
    try:
        while run["Status"]["StatusCode"] in ACTIVE:
            await backoff.pause()
            run = await workspace.call("GetPipelineRun", "GET", run_id)
    except asyncio.CancelledError:
        await last_word(workspace.cancel(run))
        raise
    return run


def _submission_path(properties: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    params = {"parentRunId": str(properties["mlParentRunId"])} if properties.get("mlParentRunId") else {}
    if properties.get("mlPipelineId"):
        return f"PipelineSubmit/{properties['mlPipelineId']}", params
    if not properties.get("mlPipelineEndpointId"):
        raise ActivityFailed(
            "4101",
            "The AzureMLExecutePipeline activity has an invalid value for property 'mlPipelineId': "
            "it needs an 'mlPipelineId' or an 'mlPipelineEndpointId'.",
        )
    version = f"/{properties['version']}" if properties.get("version") else ""
    return f"PipelineEndpointSubmit/Id/{properties['mlPipelineEndpointId']}{version}", params


def _submission(activity: Activity) -> dict[str, Any]:
    properties = activity.type_properties
    written: dict[str, Any] = {
        "RunSource": "Azure Data Factory",
        "RunType": "HTTP",
        "ParameterAssignments": properties.get("mlPipelineParameters") or {},
    }
    if properties.get("experimentName"):
        written["ExperimentName"] = properties["experimentName"]
    if properties.get("dataPathAssignments"):
        written["DataPathAssignments"] = properties["dataPathAssignments"]
    if properties.get("continueOnStepFailure") is not None:
        written["ContinueRunOnStepFailure"] = properties["continueOnStepFailure"]
    return written


async def _discover(linked: LinkedService, services: ActivityServices) -> Workspace:
    if linked.type != "AzureMLService":
        raise ActivityFailed(
            "4111",
            f"The value for the property 'linkedServiceName' must be of type AzureMLService; "
            f"'{linked.name}' is of type '{linked.type}'.",
        )
    resource = (
        f"/subscriptions/{linked.text('subscriptionId', '4112')}"
        f"/resourceGroups/{linked.text('resourceGroupName', '4112')}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{linked.text('mlWorkspaceName', '4112')}"
    )
    token = await services.identity.token(RESOURCE, _principal(linked))
    caller = Caller(services.http, {"Authorization": f"Bearer {token}"}, _unreachable)
    address = f"{services.resource_manager.rstrip('/')}{resource}?api-version={WORKSPACE_API}"
    found = _json(await caller.call("GET", address), "GetWorkspace")
    discovery = _json(await caller.call("GET", str(found["properties"]["discoveryUrl"])), "Discovery")
    return Workspace(f"{str(discovery['api']).rstrip('/')}/pipelines/v1.0{resource}", caller)


def _principal(linked: LinkedService) -> Principal | None:
    """A service principal when the linked service has one, else whom its `credential` names, if anybody."""
    if not linked.properties.get("servicePrincipalId"):
        return linked.principal
    return ServicePrincipal(
        tenant=linked.text("tenant", "4112"),
        client_id=linked.text("servicePrincipalId", "4112"),
        client_secret=linked.text("servicePrincipalKey", "4112"),
    )


def _json(answer: httpx.Response, operation: str) -> dict[str, Any]:
    if answer.is_success:
        return json_object(answer, _unreachable)
    codes = {401: "4121", 403: "4122", 404: "4124"}
    status = answer.status_code
    code = codes.get(status, "4125" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "4123")
    raise ActivityFailed(
        code,
        f"Request sent to Azure Machine Learning for operation '{operation}' failed with http status code '{status}'. "
        f"Error message from Azure Machine Learning: '{_reason(answer)}'.",
    )


def _reason(answer: httpx.Response) -> str:
    try:
        body = answer.json()
        error = body.get("error") or body.get("Error")
        return str(error["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return answer.text[:500]


def _run_failed(run_id: str, run: Mapping[str, Any]) -> str:
    """The documented sentence, and what the run says of the reason where it does."""
    status = run["Status"]
    text = (
        f"Azure ML pipeline run failed with status: '{status['StatusCode']}'. Azure ML pipeline run Id: '{run_id}'. "
        "Please check in Azure Machine Learning for more error logs."
    )
    return f"{text} {status['StatusDetail']}" if status.get("StatusDetail") else text


def _unreachable(url: str, reason: str) -> ActivityFailed:
    return ActivityFailed(
        "4125", f"Request sent to Azure Machine Learning failed: {url} does not answer as it should. {reason}"
    )
