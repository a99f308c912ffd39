"""DatabricksSparkPython: runs a Python file with arguments; it has no exit value."""

from typing import Any

from emulators.datafactory.activities.databricks import as_text, submit_and_wait
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `runPageUrl` and the common tail."""
    file = activity.type_properties.get("pythonFile")
    if not isinstance(file, str) or not file:
        raise ActivityFailed("3201", "Missing required field: settings.task.spark_python_task.python_file.")
    given = activity.type_properties.get("parameters") or []
    arguments = [as_text(value, f"argument {number} in 'parameters'") for number, value in enumerate(given, 1)]
    task = {"python_file": file, "parameters": arguments}
    return await submit_and_wait(activity, services, {"spark_python_task": task})
