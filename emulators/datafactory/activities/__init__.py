"""Execution activities: one module per type, one table of them. They meet other services only over HTTP.

A handler takes an activity whose expressions are evaluated and returns its output, or raises ActivityFailed with
the code and sentence of the real service. What is not in the table fails by name.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from emulators.datafactory.activities import (
    azure_function,
    azureml_execute_pipeline,
    copy,
    databricks_job,
    databricks_notebook,
    databricks_spark_python,
    delete,
    get_metadata,
    lookup,
    script,
    sql_server_stored_procedure,
    validation,
    web_activity,
    web_hook,
)
from emulators.datafactory.activities.callbacks import Callbacks
from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.identity import EntraIdentity, Identity, ServicePrincipal
from emulators.datafactory.activities.linked_services import LinkedService
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.activities.shapes import check_shapes
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.limits import TOO_DEEP, oversize

Handler = Callable[[Activity, ActivityServices], Awaitable[dict[str, Any]]]

HANDLERS: Mapping[str, Handler] = {
    "AzureFunctionActivity": azure_function.run,
    "AzureMLExecutePipeline": azureml_execute_pipeline.run,
    "Copy": copy.run,
    "DatabricksJob": databricks_job.run,
    "DatabricksNotebook": databricks_notebook.run,
    "DatabricksSparkPython": databricks_spark_python.run,
    "Delete": delete.run,
    "GetMetadata": get_metadata.run,
    "Lookup": lookup.run,
    "Script": script.run,
    "SqlServerStoredProcedure": sql_server_stored_procedure.run,
    "Validation": validation.run,
    "WebActivity": web_activity.run,
    "WebHook": web_hook.run,
}
"""Activity type → handler."""

WAITING = frozenset({"validation", "webhook"})
"""Types whose handlers wait in emulated time and mark their real work themselves."""

REFUSED = {
    "ExecuteDataFlow": "mapping data flows run on the service's own Spark code, which is not public",
    "ExecuteWranglingDataflow": "Power Query runs on the service's own code, which is not public",
    "ExecuteSSISPackage": "it needs a Windows integration runtime",
}
"""Types that no emulator will run, and why; unit tests give them a stub."""

_BY_KIND = {name.lower(): handler for name, handler in HANDLERS.items()}


async def run_activity(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Run one attempt and return its output; raises ActivityFailed, by name for a type that is not built."""
    handler = _BY_KIND.get(activity.type.lower())
    refused = next((why for name, why in REFUSED.items() if name.lower() == activity.type.lower()), None)
    if refused is not None:
        raise NotBuiltYet(
            f"The activity type '{activity.type}' (activity '{activity.name}': {refused})",
            "give it a stub in a unit test, Factory.run(stubs=…); it runs in Azure only.",
        )
    if handler is None:
        raise NotBuiltYet(
            f"The activity type '{activity.type}' (activity '{activity.name}')",
            "a module in emulators/datafactory/activities with a function `run`, and its row in HANDLERS.",
        )
    check_shapes(activity)
    try:
        if activity.type.lower() in WAITING:
            return _within_limit(await handler(activity, services))
        with services.clock.work():  # what runs out there is real: emulated time must not jump over it
            return _within_limit(await handler(activity, services))
    except UnicodeEncodeError as error:
        raise ActivityFailed("2104", f"A text of activity '{activity.name}' cannot be sent: {error}") from error
    except RecursionError as error:
        raise ActivityFailed(TOO_DEEP.code, TOO_DEEP.message) from error


def _within_limit(output: dict[str, Any]) -> dict[str, Any]:
    error = oversize(output)
    if error is not None:
        raise ActivityFailed(error.code, error.message)
    return output


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
