"""DatabricksJob: runs a job that exists in the workspace (run-now) and waits for it."""

from typing import Any

from emulators.datafactory.activities.databricks import as_text, start_and_watch, workspace_of
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `runPageUrl`, `runOutput` when the job's last task is a notebook with an exit value, and the tail."""
    job = str(activity.type_properties.get("jobId") or "")
    if not job.isdigit():
        raise ActivityFailed("3201", f"'jobId' must be the number of a job, not '{job}'.")
    request: dict[str, Any] = {"job_id": int(job), "idempotency_token": activity.activity_run_id}
    parameters = activity.type_properties.get("jobParameters") or {}
    if parameters:
        request["job_parameters"] = {
            name: as_text(value, f"parameter '{name}' in 'jobParameters'") for name, value in parameters.items()
        }
    workspace = await workspace_of(activity, services)
    return await start_and_watch(workspace, "/api/2.1/jobs/run-now", request, services)
