"""The support table of activity types, made from the code: what runs, in a sentence, and which test proves it."""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.activities import HANDLERS, REFUSED
from emulators.datafactory.engine.control import CONTROLS

_ENGINE = "tests/unit/emulators/datafactory/engine"
_ACTIVITIES = "tests/unit/emulators/datafactory/activities"
_DATA = "tests/contracts/datafactory_data"

WITNESSES: Mapping[str, str] = {
    "AppendVariable": f"{_ENGINE}/test_values.py",
    "ExecutePipeline": f"{_ENGINE}/test_children.py",
    "Fail": f"{_ENGINE}/test_values.py",
    "Filter": f"{_ENGINE}/test_values.py",
    "ForEach": f"{_ENGINE}/test_containers.py",
    "IfCondition": f"{_ENGINE}/test_containers.py",
    "SetVariable": f"{_ENGINE}/test_values.py",
    "Switch": f"{_ENGINE}/test_containers.py",
    "Until": f"{_ENGINE}/test_containers.py",
    "Wait": f"{_ENGINE}/test_containers.py",
    "AzureFunctionActivity": f"{_ACTIVITIES}/test_azure_function.py",
    "AzureMLExecutePipeline": f"{_ACTIVITIES}/test_azureml.py",
    "DatabricksJob": f"{_ACTIVITIES}/test_databricks.py",
    "DatabricksNotebook": f"{_ACTIVITIES}/test_databricks.py",
    "DatabricksSparkPython": f"{_ACTIVITIES}/test_databricks.py",
    "Copy": f"{_DATA}/test_copy.py",
    "Delete": f"{_DATA}/test_looking.py",
    "GetMetadata": f"{_DATA}/test_looking.py",
    "Lookup": f"{_DATA}/test_looking.py",
    "Validation": f"{_DATA}/test_looking.py",
    "Script": f"{_ACTIVITIES}/test_sql.py",
    "SqlServerStoredProcedure": f"{_ACTIVITIES}/test_sql.py",
    "WebActivity": f"{_ACTIVITIES}/test_web_activity.py",
    "WebHook": f"{_ACTIVITIES}/test_web_hook.py",
    "ExecuteDataFlow": f"{_ACTIVITIES}/test_table.py",
    "ExecuteWranglingDataflow": f"{_ACTIVITIES}/test_table.py",
    "ExecuteSSISPackage": f"{_ACTIVITIES}/test_table.py",
}
"""Activity type → the test file that proves its row."""


@dataclass(frozen=True)
class Support:
    """One row: `support` is `engine` (control activities), `service` (over HTTP) or `refused`."""

    type: str
    support: str
    idea: str
    witness: str


def support_table() -> list[Support]:
    """All rows, by type; a type without a witness is a KeyError here and so a failing test."""
    rows = [
        _row(control.__name__, "engine", _idea(control)) for control in CONTROLS.values() if inspect.isclass(control)
    ]
    rows += [_row(name, "service", _idea(handler)) for name, handler in HANDLERS.items()]
    rows += [_row(name, "refused", why) for name, why in REFUSED.items()]
    return sorted(rows, key=lambda row: row.type.lower())


def _row(name: str, support: str, idea: str) -> Support:
    return Support(name, support, idea, WITNESSES[name])


def _idea(behaviour: Callable[..., Any]) -> str:
    """The first sentence of the module, after the type's name."""
    text = (sys.modules[behaviour.__module__].__doc__ or "").split("\n\n")[0]
    first = " ".join(text.split())
    return first.partition(": ")[2] or first
