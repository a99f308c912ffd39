"""Execution activities: one module per type, one table of them. They meet other services only over HTTP.

A handler takes an activity whose expressions are evaluated and returns its output, or raises ActivityFailed with
the code and sentence of the real service. What is not in the table fails by name.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from emulators.datafactory.activities import (
    azure_function,
    azureml_execute_pipeline,
    databricks_job,
    databricks_notebook,
    databricks_spark_python,
    web_activity,
    web_hook,
)
from emulators.datafactory.activities.callbacks import Callbacks
from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.identity import EntraIdentity, Identity, ServicePrincipal
from emulators.datafactory.activities.linked_services import LinkedService
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity

Handler = Callable[[Activity, ActivityServices], Awaitable[dict[str, Any]]]

HANDLERS: Mapping[str, Handler] = {
    "AzureFunctionActivity": azure_function.run,
    "AzureMLExecutePipeline": azureml_execute_pipeline.run,
    "DatabricksJob": databricks_job.run,
    "DatabricksNotebook": databricks_notebook.run,
    "DatabricksSparkPython": databricks_spark_python.run,
    "WebActivity": web_activity.run,
    "WebHook": web_hook.run,
}
"""Activity type → handler."""

WAITING = frozenset({"webhook"})
"""Types whose handlers wait in emulated time and mark their real work themselves."""

_BY_KIND = {name.lower(): handler for name, handler in HANDLERS.items()}


async def run_activity(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Run one attempt and return its output; raises ActivityFailed, by name for a type that is not built."""
    handler = _BY_KIND.get(activity.type.lower())
    if handler is None:
        raise NotBuiltYet(
            f"The activity type '{activity.type}' (activity '{activity.name}')",
            "a module in emulators/datafactory/activities with a function `run`, and its row in HANDLERS.",
        )
    if activity.type.lower() in WAITING:
        return await handler(activity, services)
    with services.clock.work():  # what runs out there is real: emulated time must not jump over it
        return await handler(activity, services)


__all__ = [
    "HANDLERS",
    "ActivityFailed",
    "ActivityServices",
    "Callbacks",
    "EntraIdentity",
    "Handler",
    "Identity",
    "LinkedService",
    "NotBuiltYet",
    "ServicePrincipal",
    "run_activity",
]
