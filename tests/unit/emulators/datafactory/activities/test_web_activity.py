"""WebActivity: requests, outputs, the 202 pattern, limits and errors."""

from collections.abc import AsyncIterator

import httpx
import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity

URL = "https://web.test/do"


async def test_the_members_of_a_json_object_are_the_output(network, services, activity):
    network.on("GET", URL, {"answer": 42})
    output = await run_activity(activity("WebActivity", method="get", url=URL), services)
    assert output["answer"] == 42
    assert output["ADFWebActivityResponseHeaders"]["content-type"] == "application/json"
    assert output["effectiveIntegrationRuntime"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", {"Response": ""}), ("{}", {}), ("plain", {"Response": "plain"}), ("[1]", {"Response": [1]})],
)
async def test_other_answers(network, services, activity, text, expected):
    network.on("GET", URL, httpx.Response(200, text=text))
    output = await run_activity(activity("WebActivity", method="GET", url=URL), services)
    assert {key: value for key, value in output.items() if key == "Response"} == expected


async def test_a_body_is_sent_as_json(network, services, activity):
    network.on("POST", URL, {})
    await run_activity(activity("WebActivity", method="POST", url=URL, body={"a": "ä"}, headers={"x-y": 1}), services)
    [request] = network.requests
    assert request.content == '{"a": "ä"}'.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-y"] == "1"


async def test_accepted_is_followed_until_something_else_comes(network, services, activity):
    network.on("POST", URL, httpx.Response(202, headers={"location": "/status"}))
    network.on(
        "GET",
        "https://web.test/status",
        [httpx.Response(202, headers={"location": "/status"}), httpx.Response(200, json={"done": True})],
    )
    output = await run_activity(activity("WebActivity", method="POST", url=URL, body={}), services)
    assert output["done"] is True


async def test_turn_off_async_takes_the_first_answer(network, services, activity):
    network.on("POST", URL, httpx.Response(202, headers={"location": "/status"}, json={"id": 1}))
    output = await run_activity(activity("WebActivity", method="POST", url=URL, body="x", turnOffAsync=True), services)
    assert output["id"] == 1


async def test_credentials_do_not_follow_to_another_host(network, services, activity):
    network.on("GET", URL, httpx.Response(202, headers={"location": "https://other.test/status"}))
    network.on("GET", "https://other.test/status", {})
    authentication = {"type": "Basic", "username": "u", "password": {"type": "SecureString", "value": "p"}}
    await run_activity(activity("WebActivity", method="GET", url=URL, authentication=authentication), services)
    first, second = network.requests
    assert first.headers["authorization"] == "Basic dTpw"
    assert "authorization" not in second.headers


async def test_a_bad_status_fails_with_2108(network, services, activity):
    network.on("GET", URL, httpx.Response(404, text="not here"))
    with pytest.raises(
        ActivityFailed, match=r"'https://web\.test/do'\. Response status code: '404'.*not here"
    ) as failure:
        await run_activity(activity("WebActivity", method="GET", url=URL), services)
    assert failure.value.code == "2108"


async def test_no_answer_fails_with_2128(network, services, activity):
    network.on("GET", URL, httpx.ConnectError("refused"))
    with pytest.raises(ActivityFailed, match="refused") as failure:
        await run_activity(activity("WebActivity", method="GET", url=URL), services)
    assert failure.value.code == "2128"


async def test_an_endless_answer_is_refused_at_4_mb(network, services, activity):
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield b"x" * 2**20

    network.on("GET", URL, lambda request: httpx.Response(200, content=endless()))
    with pytest.raises(ActivityFailed, match="larger than 4 MB"):
        await run_activity(activity("WebActivity", method="GET", url=URL), services)
    assert given <= 6


async def test_a_managed_identity(network, services, activity):
    network.on("GET", URL, {})
    authentication = {"type": "MSI", "resource": "https://vault.azure.net"}
    await run_activity(activity("WebActivity", method="GET", url=URL, authentication=authentication), services)
    assert network.requests[0].headers["authorization"] == "Bearer token for https://vault.azure.net"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"method": "FETCH", "url": URL}, "2104"),
        ({"method": "GET"}, "2103"),
        ({"method": "POST", "url": URL}, "2103"),
        ({"method": "GET", "url": URL, "httpRequestTimeout": "soon"}, "2104"),
        ({"method": "GET", "url": "not an address"}, "2128"),
        ({"method": "GET", "url": URL, "authentication": {"type": "ClientCertificate"}}, "NotSupportedByEmulator"),
    ],
)
async def test_wrong_properties(services, activity, properties, code):
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("WebActivity", **properties), services)
    assert failure.value.code == code
