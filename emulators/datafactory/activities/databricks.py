"""How the factory runs something on Databricks: submit a one-time run, watch it, fetch its output, cancel it.

The codes are the documented ones: 3200 not authorised, 3201 refused request, 3202 limits and bad parameters, 3204
the run failed, 3208 the workspace does not answer. The exact API version and poll interval of the real service are
not published; this uses Jobs 2.1 with a single task.
"""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from emulators.datafactory.activities.calls import Backoff, Caller, begun, json_object, last_word
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.linked_services import LinkedService
from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity

RESOURCE = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
"""The audience of Entra tokens for every Azure Databricks workspace."""

ACTIVE = frozenset({"QUEUED", "PENDING", "BLOCKED", "RUNNING", "WAITING_FOR_RETRY", "TERMINATING"})


async def submit_and_wait(activity: Activity, services: ActivityServices, task: Mapping[str, Any]) -> dict[str, Any]:
    """Run one task on the compute of the activity's linked service; raises ActivityFailed when it fails."""
    linked = await services.linked_service(activity)
    workspace = await _workspace(linked, services)
    written = {"task_key": _task_key(activity.name), **task, **_compute(linked)}
    if activity.type_properties.get("libraries"):
        written["libraries"] = activity.type_properties["libraries"]
    submission = {
        "run_name": run_name(activity),
        "tasks": [written],
        "idempotency_token": activity.activity_run_id,
    }
    return await start_and_watch(workspace, "/api/2.1/jobs/runs/submit", submission, services)


async def start_and_watch(
    workspace: "Workspace", path: str, request: Mapping[str, Any], services: ActivityServices
) -> dict[str, Any]:
    """Start a run, wait for it and give the activity's output; cancels the run when the activity is stopped."""
    started = await begun(workspace.call("POST", path, json=request), workspace.cancel)
    return await _watch(workspace, started, services)


async def _watch(workspace: "Workspace", started: Mapping[str, Any], services: ActivityServices) -> dict[str, Any]:
    began = time.monotonic()
    run = await _ended(workspace, started)
    output: dict[str, Any] = {"runPageUrl": str(run.get("run_page_url", ""))}
    if run["state"].get("result_state") != "SUCCESS":
        output = with_tail(output, services.integration_runtime, time.monotonic() - began)
        raise _run_failed(run, await _error_of(workspace, run), output)
    exit_value = ((await _output_of(workspace, _tasks(run)[-1])).get("notebook_output") or {}).get("result")
    if exit_value is not None:
        output["runOutput"] = _parsed(exit_value)
    return with_tail(output, services.integration_runtime, time.monotonic() - began)


async def _ended(workspace: "Workspace", started: Mapping[str, Any]) -> dict[str, Any]:
    """The run once it is over; cancels it when the activity is stopped."""
    backoff, which = Backoff(), {"run_id": str(started["run_id"])}
    try:
        run = await workspace.call("GET", "/api/2.1/jobs/runs/get", params=which)
        while run["state"]["life_cycle_state"] in ACTIVE:
            await backoff.pause()
            run = await workspace.call("GET", "/api/2.1/jobs/runs/get", params=which)
    except asyncio.CancelledError:
        await last_word(workspace.cancel(started))
        raise
    return run


@dataclass(frozen=True)
class Workspace:
    """The REST API of one workspace."""

    address: str
    caller: Caller

    async def call(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The answer's JSON; raises ActivityFailed for anything but success."""
        answer = await self.caller.call(method, self.address + path, json=json, params=params)
        if answer.is_success:
            return json_object(answer, _unreachable)
        raise _refused(answer, self.address)

    async def cancel(self, run: Mapping[str, Any]) -> None:
        """Cancel a run that was started."""
        await self.call("POST", "/api/2.1/jobs/runs/cancel", json={"run_id": run["run_id"]})


def as_text(value: Any, what: str) -> str:
    """Databricks takes texts only; null is refused (documented of baseParameters), others go as JSON (assumed)."""
    if value is None:
        raise ActivityFailed("3202", f"The value of {what} is null.")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def run_name(activity: Activity) -> str:
    """`ADF_<factory>_<pipeline>_<activity>_<pipeline run id>`, as runs of the factory are named in the workspace."""
    factory = activity.resources.factory_name
    return f"ADF_{factory}_{activity.pipeline_name}_{activity.name}_{activity.pipeline_run_id}"


async def workspace_of(activity: Activity, services: ActivityServices) -> Workspace:
    """The workspace behind the activity's linked service."""
    return await _workspace(await services.linked_service(activity), services)


async def _workspace(linked: LinkedService, services: ActivityServices) -> Workspace:
    if linked.type != "AzureDatabricks":
        raise ActivityFailed(
            "3201", f"The linked service '{linked.name}' is of type '{linked.type}', not AzureDatabricks."
        )
    address = linked.text("domain", "3201").rstrip("/")
    if "://" not in address:
        address = f"https://{address}"
    if str(linked.properties.get("authentication", "")).upper() == "MSI":
        token = await services.identity.token(RESOURCE, linked.principal)
    else:
        token = linked.text("accessToken", "3201")
    return Workspace(address, Caller(services.http, {"Authorization": f"Bearer {token}"}, _unreachable))


def _compute(linked: LinkedService) -> dict[str, Any]:
    """`existing_cluster_id` or `new_cluster`, as the linked service says."""
    properties = linked.properties
    if properties.get("existingClusterId"):
        return {"existing_cluster_id": properties["existingClusterId"]}
    if not properties.get("newClusterVersion"):
        raise ActivityFailed(
            "3201", f"The linked service '{linked.name}' names neither 'existingClusterId' nor 'newClusterVersion'."
        )
    cluster: dict[str, Any] = {"spark_version": properties["newClusterVersion"]}
    for ours, theirs in _CLUSTER_PROPERTIES.items():
        if properties.get(ours) is not None:
            cluster[theirs] = properties[ours]
    return {"new_cluster": {**cluster, **_workers(str(properties.get("newClusterNumOfWorker") or "1"))}}


_CLUSTER_PROPERTIES = {
    "instancePoolId": "instance_pool_id",
    "newClusterNodeType": "node_type_id",
    "newClusterDriverNodeType": "driver_node_type_id",
    "newClusterSparkConf": "spark_conf",
    "newClusterSparkEnvVars": "spark_env_vars",
    "newClusterCustomTags": "custom_tags",
    "newClusterEnableElasticDisk": "enable_elastic_disk",
    "policyId": "policy_id",
}


def _workers(written: str) -> dict[str, Any]:
    """`"4"` is a fixed number of workers, `"2:8"` a range (documented)."""
    low, _, high = written.partition(":")
    if not high:
        return {"num_workers": int(low)}
    return {"autoscale": {"min_workers": int(low), "max_workers": int(high)}}


async def _output_of(workspace: Workspace, task: Mapping[str, Any]) -> dict[str, Any]:
    return await workspace.call("GET", "/api/2.1/jobs/runs/get-output", params={"run_id": str(task["run_id"])})


def _tasks(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The run's tasks in their order; an old workspace answers for the run itself."""
    return run.get("tasks") or [dict(run)]


async def _error_of(workspace: Workspace, run: Mapping[str, Any]) -> str:
    """What the code raised, as far as the workspace tells; a run that never began has no output to ask for.

    Of a job's tasks the last one that failed by itself is asked: those behind it have nothing to tell.
    """
    tasks = _tasks(run)
    failed = [task for task in tasks if (task.get("state") or {}).get("result_state") == "FAILED"]
    try:
        return str((await _output_of(workspace, (failed or tasks)[-1])).get("error") or "").strip()
    except ActivityFailed:
        return ""


def _parsed(exit_value: str) -> Any:
    """An exit value that is a JSON object is given as one, anything else as the text it is (documented)."""
    try:
        value = json.loads(exit_value)
    except ValueError:
        return exit_value
    return value if isinstance(value, dict) else exit_value


def _run_failed(run: Mapping[str, Any], error: str, output: dict[str, Any]) -> ActivityFailed:
    state = run["state"]
    shown = str(state["life_cycle_state"]).title().replace("_", "")
    reason = ". ".join(filter(None, [str(state.get("state_message") or "").strip().rstrip("."), error]))
    url = run.get("run_page_url", "")
    more = f": {shown}, error message: {reason}." if reason else f" {shown}."
    if error:
        output["runError"] = error
    return ActivityFailed(
        "3204",
        f"Databricks execution failed with error state{more} For more details please check the run page url: {url}.",
        output=output,
    )


def _refused(answer: httpx.Response, address: str) -> ActivityFailed:
    codes = {401: "3200", 403: "3200", 429: "3202"}
    status = answer.status_code
    code = codes.get(status, "3208" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "3201")
    try:
        body = answer.json()
        reason = f"{body['error_code']}: {body['message']}"
    except (ValueError, KeyError, TypeError):
        reason = answer.text[:500]
    return ActivityFailed(code, f"Databricks at {address} refused the request with status {status}: {reason}")


def _unreachable(url: str, reason: str) -> ActivityFailed:
    text = f"An error occurred while sending the request: Databricks at {url} does not answer as it should. {reason}"
    return ActivityFailed("3208", text)


def _task_key(name: str) -> str:
    """A task key has letters, digits, `-` and `_` only, at most 100 of them."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:100]
