"""AzureFunctionActivity: the call, the output, the documented codes."""

import httpx
import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity

URL = "https://app.test/api/do/it"


async def test_a_function_is_called_with_its_key(network, services, activity):
    network.on("POST", URL, {"rows": 3})
    function = activity("AzureFunctionActivity", "function", functionName="do/it?x=1", method="post", body={"a": 1})
    output = await run_activity(function, services)
    assert output["rows"] == 3
    assert output["billingReference"]["activityType"] == "ExternalActivity"
    [request] = network.requests
    assert request.headers["x-functions-key"] == "k3y"
    assert request.url.params["x"] == "1"
    assert request.content == b'{"a": 1}'


async def test_a_long_function_is_followed(network, services, activity):
    network.on("POST", URL, httpx.Response(202, headers={"location": "https://app.test/status"}))
    network.on("GET", "https://app.test/status", {"done": True})
    output = await run_activity(
        activity("AzureFunctionActivity", "function", functionName="do/it", method="POST", body={}), services
    )
    assert output["done"] is True
    assert network.requests[1].headers["x-functions-key"] == "k3y"


async def test_a_managed_identity(network, services, activity):
    network.on("GET", URL, {})
    await run_activity(activity("AzureFunctionActivity", "function_msi", functionName="do/it", method="GET"), services)
    assert network.requests[0].headers["authorization"] == "Bearer token for api://app"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(200, text="plain"), "3603"),
        (httpx.Response(200, json=[1]), "3603"),
        (httpx.Response(500, text="broken"), "3608"),
        (httpx.Response(200, text="x" * (4 * 2**20 + 1)), "3608"),
        (httpx.Response(202, headers={"location": "https://[x"}), "3610"),
        (httpx.ConnectError("refused"), "3610"),
    ],
    ids=["text", "list", "500", "large", "lost", "refused"],
)
async def test_bad_answers(network, services, activity, answer, code):
    network.on("GET", URL, answer)
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("AzureFunctionActivity", "function", functionName="do/it", method="GET"), services)
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("linked", "properties", "code"),
    [
        ("function", {"functionName": "f"}, "3611"),
        ("function", {"functionName": "f", "method": "PATCH"}, "3602"),
        ("function", {"method": "GET"}, "3607"),
        (None, {"functionName": "f", "method": "GET"}, "3612"),
        ("function", {"functionName": "f", "method": "POST"}, "2103"),
        ("function", {"functionName": "f", "method": "GET", "body": {"a": 1}}, "3610"),
        ("function", {"functionName": "f", "method": "HEAD", "body": "x"}, "3610"),
        ("databricks", {"functionName": "f", "method": "GET"}, "3606"),
    ],
)
async def test_wrong_definitions(services, activity, linked, properties, code):
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("AzureFunctionActivity", linked, **properties), services)
    assert failure.value.code == code
