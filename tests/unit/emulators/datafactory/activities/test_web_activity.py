"""WebActivity: requests, outputs, the 202 pattern, limits and errors."""

import asyncio
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


async def test_a_service_principal_under_either_name_of_its_properties(network, services, activity):
    network.on("GET", URL, {})
    key = {"type": "SecureString", "value": "k"}
    for names in (("userTenant", "username", "password"), ("tenant", "servicePrincipalId", "servicePrincipalKey")):
        written = {"type": "ServicePrincipal", "resource": "api://x", **dict(zip(names, ("t", "i", key), strict=True))}
        await run_activity(activity("WebActivity", method="GET", url=URL, authentication=written), services)
        assert network.requests[-1].headers["authorization"] == "Bearer token for api://x"
        del written[names[-1]]
        with pytest.raises(ActivityFailed, match="'servicePrincipalKey' of 'authentication'"):
            await run_activity(activity("WebActivity", method="GET", url=URL, authentication=written), services)


@pytest.mark.parametrize(
    ("authentication", "code", "message"),
    [
        ({"type": "ClientCertificate", "password": "p"}, "2103", "'pfx'"),
        ({"type": "ClientCertificate", "pfx": "not base64!"}, "2104", "not base64"),
        ({"type": "ClientCertificate", "pfx": "AAAA"}, "2104", "is no PFX file"),
        ({"type": "MSI"}, "2103", "'resource'"),
        ({"type": "ServicePrincipal", "resource": "r", "pfx": "x"}, "NotSupportedByEmulator", "with a certificate"),
        ({"type": "Kerberos"}, "NotSupportedByEmulator", "'Kerberos'"),
    ],
)
async def test_an_authentication_that_cannot_be_is_told(services, activity, authentication, code, message):
    with pytest.raises(ActivityFailed, match=message) as failure:
        await run_activity(activity("WebActivity", method="GET", url=URL, authentication=authentication), services)
    assert failure.value.code == code


async def test_an_answer_that_drips_ends_at_the_requests_timeout(network, services, activity, monkeypatch):
    monkeypatch.setattr("emulators.datafactory.activities.web_request.SHORTEST", 0.0)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)

    network.on("GET", URL, lambda request: httpx.Response(200, content=dripping()))
    with pytest.raises(ActivityFailed, match="did not come within 0 seconds") as failure:
        await run_activity(activity("WebActivity", method="GET", url=URL, httpRequestTimeout="00:00:00"), services)
    assert failure.value.code == "2128"


async def test_a_redirect_is_an_answer_and_not_followed(network, services, activity):
    network.on("GET", URL, httpx.Response(302, headers={"location": URL}))
    with pytest.raises(ActivityFailed, match="'302'"):
        await run_activity(activity("WebActivity", method="GET", url=URL), services)
    assert len(network.requests) == 1


async def test_delete_may_have_a_body_and_need_not(network, services, activity):
    network.on("DELETE", URL, {})
    await run_activity(activity("WebActivity", method="DELETE", url=URL), services)
    await run_activity(activity("WebActivity", method="DELETE", url=URL, body={"a": 1}), services)
    assert [request.content for request in network.requests] == [b"", b'{"a": 1}']


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"method": "FETCH", "url": URL}, "2104"),
        ({"method": "GET"}, "2103"),
        ({"method": "POST", "url": URL}, "2103"),
        ({"method": "GET", "url": URL, "httpRequestTimeout": "soon"}, "2104"),
        ({"method": "GET", "url": "not an address"}, "2128"),
        ({"method": "GET", "url": URL, "httpRequestTimeout": "00:00:59"}, "2104"),
        ({"method": "GET", "url": URL, "httpRequestTimeout": "00:10:01"}, "2104"),
        ({"method": "GET", "url": URL, "turnOffAsync": "perhaps"}, "2104"),
        ({"method": "GET", "url": URL, "disableCertValidation": "perhaps"}, "2104"),
        ({"method": "GET", "url": URL, "body": {"a": 1}}, "2108"),
        ({"method": "GET", "url": "https://[x]"}, "2128"),
    ],
)
async def test_wrong_properties(services, activity, properties, code):
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("WebActivity", **properties), services)
    assert failure.value.code == code
