"""Whatever an activity's properties evaluate to: it succeeds or fails with a code, and never with a defect of ours."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.datafactory.activities import ActivityFailed, ActivityServices, Callbacks, run_activity
from emulators.datafactory.engine.activity import Activity
from emulators.kernel.clock import RealClock

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 5) | st.sampled_from(["", "x", "GET", "post", "http://x.test", "é\n"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "name", "value", "x"]), inner),
    max_leaves=4,
)
URL = "http://x.test/y"
KINDS: dict[str, tuple[str | None, dict[str, Any], list[str]]] = {
    "AzureFunctionActivity": ("function", {"functionName": "f", "method": "POST"}, ["headers", "body"]),
    "AzureMLExecutePipeline": (
        "azureml",
        {"mlPipelineId": "m"},
        ["mlPipelineEndpointId", "version", "experimentName", "mlPipelineParameters", "dataPathAssignments"],
    ),
    "DatabricksJob": ("databricks", {"jobId": "1"}, ["jobParameters"]),
    "DatabricksNotebook": ("databricks", {"notebookPath": "/n"}, ["baseParameters", "libraries"]),
    "DatabricksSparkPython": ("databricks", {"pythonFile": "dbfs:/f.py"}, ["parameters", "libraries"]),
    "Script": ("databricks", {"scripts": [{}]}, ["scriptBlockExecutionTimeout", "logSettings"]),
    "SqlServerStoredProcedure": ("databricks", {"storedProcedureName": "p"}, ["storedProcedureParameters"]),
    "WebActivity": (
        None,
        {"url": URL, "method": "POST", "body": {}},
        ["headers", "authentication", "httpRequestTimeout", "turnOffAsync", "datasets", "linkedServices"],
    ),
    "WebHook": (
        None,
        {"url": URL, "method": "POST"},
        ["headers", "body", "authentication", "timeout", "reportStatusOnCallBack"],
    ),
}
"""Activity type → its linked service, properties that let it run, and others that it may have."""


class NoTokens:
    async def token(self, resource: str, principal: Any = None) -> str:
        return "token"


async def _ends(activity: Activity) -> None:
    refusing = httpx.MockTransport(lambda request: httpx.Response(400, text="refused"))
    async with httpx.AsyncClient(transport=refusing) as http:
        services = ActivityServices(
            http=http, clock=RealClock(), identity=NoTokens(), resource_manager="http://rm.test"
        )
        try:
            await run_activity(activity, replace(services, callbacks=Callbacks("http://callbacks.test")))
        except ActivityFailed as failure:
            return _is_told(failure)


def _is_told(failure: ActivityFailed) -> None:
    assert failure.code
    assert failure.message


@pytest.mark.parametrize("kind", KINDS)
def test_strange_properties(activity: Callable[..., Activity], kind: str) -> None:
    linked, usual, others = KINDS[kind]

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(st.dictionaries(st.sampled_from([*usual, *others]), VALUES, min_size=1, max_size=2))
    def ends(properties: dict[str, Any]) -> None:
        made = activity(kind, linked)
        asyncio.run(_ends(replace(made, type_properties=usual | properties)))

    ends()


@pytest.mark.parametrize(
    ("kind", "properties", "says"),
    [
        ("WebActivity", {"headers": "x"}, "'headers' of activity 'Do it' must be of type Object, not String"),
        ("DatabricksNotebook", {"baseParameters": [1]}, "'baseParameters'.* of type Object, not Array"),
        ("Script", {"scripts": {}}, "'scripts'.* of type Array, not Object"),
    ],
)
async def test_a_wrong_kind_of_value_is_told_by_the_property(services, activity, kind, properties, says):
    with pytest.raises(ActivityFailed, match=says) as failure:
        await run_activity(activity(kind, **properties), services)
    assert failure.value.code == "2104"


@pytest.mark.parametrize(
    "properties",
    [
        {"url": URL, "method": "GET", "headers": {"x": "é"}},
        {"url": URL, "method": "GET", "headers": {"é": "x"}},
        {"url": URL, "method": "POST", "body": "\ud800"},
    ],
    ids=["header", "name of a header", "body"],
)
async def test_a_text_that_cannot_be_sent(services, activity, properties):
    with pytest.raises(ActivityFailed, match="cannot be sent") as failure:
        await run_activity(activity("WebActivity", **properties), services)
    assert failure.value.code == "2104"


async def test_an_answer_of_many_levels(network, services, activity):
    network.on("GET", URL, httpx.Response(200, text='{"a":' * 100_000 + "1" + "}" * 100_000))
    with pytest.raises(ActivityFailed, match="nested deeper than 256 levels"):
        await run_activity(activity("WebActivity", method="GET", url=URL), services)
