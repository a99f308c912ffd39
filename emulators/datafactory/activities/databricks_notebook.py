"""DatabricksNotebook: runs a notebook of the workspace with base parameters; its exit value is the output."""

from typing import Any

from emulators.datafactory.activities.databricks import as_text, submit_and_wait
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `runPageUrl`, `runOutput` when the notebook exits with a value, and the common tail."""
    path = activity.type_properties.get("notebookPath")
    if not isinstance(path, str) or not path:
        raise ActivityFailed("3201", "Missing required field: settings.task.notebook_task.notebook_path.")
    task: dict[str, Any] = {"notebook_path": path, "source": "WORKSPACE"}
    parameters = activity.type_properties.get("baseParameters") or {}
    if parameters:
        task["base_parameters"] = {
            name: as_text(value, f"parameter '{name}' in 'baseParameters'") for name, value in parameters.items()
        }
    return await submit_and_wait(activity, services, {"notebook_task": task})
