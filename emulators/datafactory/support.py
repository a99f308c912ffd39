"""The support table: what this Data Factory can do, made from the code itself, and which test proves each row.

A type that is added to one of the code's tables appears here by itself; one without a witness is a KeyError, and so a
failing test.
"""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.activities import HANDLERS, REFUSED
from emulators.datafactory.data.connection import CONNECTORS
from emulators.datafactory.data.dataset import FILES
from emulators.datafactory.data.ends import REST
from emulators.datafactory.data.formats import FORMATS, HIERARCHICAL, READ_ONLY
from emulators.datafactory.data.legacy import KINDS as LEGACY
from emulators.datafactory.data.sql.kinds import SQL_DATABASES, TABLES
from emulators.datafactory.engine.control import CONTROLS
from emulators.datafactory.expressions.functions import FAMILIES
from emulators.datafactory.routes import UNSUPPORTED_OPERATIONS, supported_routes
from emulators.datafactory.triggers import CLOCK_TRIGGERS, EVENT_TRIGGERS

_UNIT = "tests/unit/emulators/datafactory"
_ENGINE = f"{_UNIT}/engine"
_ACTIVITIES = f"{_UNIT}/activities"
_CONTRACTS = "tests/contracts/datafactory"
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
    "BlobEventsTrigger": f"{_UNIT}/triggers/test_blob_events.py",
    "CustomEventsTrigger": f"{_UNIT}/triggers/test_custom_events.py",
    "ScheduleTrigger": f"{_UNIT}/service/test_clock_triggers.py",
    "TumblingWindowTrigger": f"{_UNIT}/triggers/test_tumbling_window.py",
    "AzureBlobFS": f"{_UNIT}/data/test_blob_connection.py",
    "AzureBlobStorage": f"{_DATA}/test_copy.py",
    "AzureStorage": f"{_UNIT}/data/test_blob_connection.py",
    "HttpServer": f"{_DATA}/test_http.py",
    "RestService": f"{_DATA}/test_rest.py",
    "AzureDatabricks": f"{_CONTRACTS}/test_secrets_and_identities.py",
    "AzureFunction": f"{_ACTIVITIES}/test_credentials.py",
    "AzureKeyVault": f"{_CONTRACTS}/test_secrets_and_identities.py",
    "AzureMLService": "tests/contracts/azureml/test_azureml_road.py",
    "Avro": f"{_DATA}/test_formats.py",
    "Binary": f"{_DATA}/test_copy.py",
    "DelimitedText": f"{_DATA}/test_copy.py",
    "Excel": f"{_DATA}/test_formats.py",
    "Json": f"{_DATA}/test_copy.py",
    "Orc": f"{_DATA}/test_copy.py",
    "Parquet": f"{_DATA}/test_copy.py",
    "RestResource": f"{_DATA}/test_rest.py",
    "Xml": f"{_DATA}/test_formats.py",
    "AzureBlob": f"{_DATA}/test_legacy.py",
    "AzureBlobFSFile": f"{_UNIT}/data/test_legacy.py",
    "HttpFile": f"{_UNIT}/data/test_legacy.py",
}
"""Type → the test file that proves its row. Functions, tables and operations have theirs by their area."""

_TABLES = f"{_ACTIVITIES}/test_tables.py"
_OPERATIONS = f"{_CONTRACTS}/test_every_operation.py"
_CALLED = {
    "AzureDatabricks": "the workspace that the Databricks activities call",
    "AzureFunction": "the function app that the Azure Function activity calls",
    "AzureKeyVault": "where the secrets of the other linked services come from",
    "AzureMLService": "the workspace that the Azure ML activity calls",
}
"""Types of linked services that activities call, and what they are to them."""


@dataclass(frozen=True)
class Support:
    """One row. `how` is a word or two: who does it, or what it can be; `refused` where it is refused by name."""

    area: str
    name: str
    how: str
    idea: str
    witness: str


def support_table() -> list[Support]:
    """All rows, area by area, in each by name."""
    rows: list[Support] = []
    for area in (_activities, _triggers, _linked_services, _datasets, _functions, _operations):
        rows += sorted(area(), key=lambda row: row.name.lower())
    return rows


def _activities() -> Iterator[Support]:
    for control in CONTROLS.values():
        if inspect.isclass(control):
            yield _row("activity", control.__name__, "engine", _idea(control))
    for name, handler in HANDLERS.items():
        yield _row("activity", name, "service", _idea(handler))
    for name, why in REFUSED.items():
        yield _row("activity", name, "refused", why)


def _triggers() -> Iterator[Support]:
    for how, kinds in (("events", EVENT_TRIGGERS), ("time", CLOCK_TRIGGERS)):
        for kind in kinds:
            yield _row("trigger", kind.TYPE, how, _first_sentence(kind.__doc__))


def _linked_services() -> Iterator[Support]:
    for name, connect in CONNECTORS.items():
        yield _row("linked service", name, "data", _idea(connect))
    for name, what in _CALLED.items():
        yield _row("linked service", name, "called", what)
    for name in SQL_DATABASES:
        yield Support("linked service", name, "stand-in", "a local SQLite database that is named as one", _TABLES)


def _datasets() -> Iterator[Support]:
    for name in FILES:
        ends = "source" if name in READ_ONLY else "source, sink"
        yield _row("dataset", name, ends, _format_idea(name))
    yield _row("dataset", REST, "source, sink", "pages of JSON documents; rows as JSON arrays")
    for name in LEGACY:
        yield _row("dataset", name, "legacy", "read and written as its format-based like")
    for name, kind in TABLES.items():
        ends = "source, sink" if kind.sinks else "source"
        yield Support("dataset", name, ends, f"a table behind a linked service of type {kind.linked_service}", _TABLES)


def _format_idea(name: str) -> str:
    if name in FORMATS:
        return _idea(FORMATS[name].read)
    return _idea(HIERARCHICAL[name]) if name in HIERARCHICAL else "files as they are"


def _functions() -> Iterator[Support]:
    for family in FAMILIES:
        witness = f"{_UNIT}/expressions/compliance/{family.name}.json"
        for function in family.functions:
            yield Support("function", function.name, family.name, function.signature.told(), witness)


def _operations() -> Iterator[Support]:
    for method, template in supported_routes():
        yield Support("operation", f"{method} {template}", "answered", "", _OPERATIONS)
    for method, template, operation in UNSUPPORTED_OPERATIONS:
        yield Support("operation", f"{method} {template}", "refused", f"501 naming {operation}", _OPERATIONS)


def _row(area: str, name: str, how: str, idea: str) -> Support:
    return Support(area, name, how, idea, WITNESSES[name])


def _idea(behaviour: Callable[..., Any]) -> str:
    """The first sentence of the module, after the type's name."""
    return _first_sentence(sys.modules[behaviour.__module__].__doc__)


def _first_sentence(text: str | None) -> str:
    paragraph = " ".join((text or "").split("\n\n")[0].split())
    sentence = paragraph.partition(". ")[0].removesuffix(".")
    return sentence.partition(": ")[2] or sentence
