"""WebHook: the address it gives away, what comes back there, and what when nothing does."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from emulators.datafactory.activities import ActivityFailed, ActivityServices, Callbacks, run_activity
from emulators.kernel.clock import VirtualClock

URL = "https://web.test/start"


@pytest.fixture
def callbacks() -> Callbacks:
    return Callbacks("https://factory.test/callbacks/")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def listening(
    services: ActivityServices, callbacks: Callbacks, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> ActivityServices:
    monkeypatch.setattr("emulators.datafactory.activities.web_hook.PATIENCE", 0.01)
    return replace(services, callbacks=callbacks, clock=clock)


def calls_back(callbacks: Callbacks, body: Any) -> Callable[[httpx.Request], httpx.Response]:
    """An endpoint that calls back as soon as it was called."""

    def answer(request: httpx.Request) -> httpx.Response:
        address = json.loads(request.content)["callBackUri"]
        asyncio.get_running_loop().call_soon(callbacks.receive, address.rsplit("/", 1)[-1], body)
        return httpx.Response(200)

    return answer


async def test_the_callbacks_body_is_the_output(network, listening, callbacks, activity):
    network.on("POST", URL, calls_back(callbacks, {"rows": 3}))
    hook = activity("WebHook", method="POST", url=URL, body={"a": 1})
    assert await run_activity(hook, listening) == {"rows": 3}
    sent = json.loads(network.requests[0].content)
    assert sent["a"] == 1
    assert sent["callBackUri"].startswith("https://factory.test/callbacks/")
    assert not callbacks.receive(sent["callBackUri"].rsplit("/", 1)[-1], {}), "an address is good for one wait"


async def test_without_callback_it_times_out(network, listening, clock, activity):
    network.on("POST", URL, {})
    began = clock.now()
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("WebHook", method="POST", url=URL, timeout="02:00:00"), listening)
    assert failure.value.code == "TimedOut"
    assert clock.now() - began == timedelta(hours=2)


@pytest.mark.parametrize("status", ["200", 201, None])
async def test_a_reported_success(network, listening, callbacks, activity, status):
    network.on("POST", URL, calls_back(callbacks, {"Output": {"x": 1}, "StatusCode": status}))
    hook = activity("WebHook", method="POST", url=URL, reportStatusOnCallBack=True)
    assert await run_activity(hook, listening) == {"x": 1}


async def test_a_reported_failure(network, listening, callbacks, activity):
    body = {"Output": {"x": 1}, "Error": {"ErrorCode": "Bad", "Message": "no"}, "StatusCode": "403"}
    network.on("POST", URL, calls_back(callbacks, body))
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("WebHook", method="POST", url=URL, reportStatusOnCallBack=True), listening)
    assert (failure.value.code, failure.value.message, failure.value.output) == ("Bad", "no", {"x": 1})


async def test_an_endpoint_that_refuses_is_not_waited_for(network, listening, activity):
    network.on("POST", URL, httpx.Response(500))
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("WebHook", method="POST", url=URL), listening)
    assert failure.value.code == "2108"


async def test_an_endpoint_that_never_answers_fails_after_its_own_minute(network, listening, clock, activity):
    network.on("POST", URL, httpx.ReadTimeout("nobody there"))
    began = clock.now()
    with pytest.raises(ActivityFailed, match="nobody there") as failure:
        await run_activity(activity("WebHook", method="POST", url=URL, timeout="02:00:00"), listening)
    assert failure.value.code == "2128"
    assert network.requests[0].extensions["timeout"]["read"] == 60
    assert clock.now() == began, "the time for the callback has not begun"


async def test_an_endpoint_that_accepts_is_asked_until_it_is_done(network, listening, callbacks, activity):
    network.on("POST", URL, httpx.Response(202, headers={"location": "/status"}))
    calls = 0

    def status(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if calls < 3:
            return httpx.Response(202, headers={"location": "/status"})
        address = json.loads(network.requests[0].content)["callBackUri"]
        asyncio.get_running_loop().call_soon(callbacks.receive, address.rsplit("/", 1)[-1], {"done": True})
        return httpx.Response(200)

    network.on("GET", "https://web.test/status", status)
    assert await run_activity(activity("WebHook", method="POST", url=URL), listening) == {"done": True}
    assert calls == 3


@pytest.mark.parametrize(
    ("authentication", "header"),
    [
        ({"type": "Basic", "username": "u", "password": {"type": "SecureString", "value": "p"}}, "Basic dTpw"),
        ({"type": "MSI", "resource": "api://x"}, "Bearer token for api://x"),
    ],
)
async def test_the_call_proves_who_it_is(network, listening, callbacks, activity, authentication, header):
    network.on("POST", URL, calls_back(callbacks, {}))
    await run_activity(activity("WebHook", method="POST", url=URL, authentication=authentication), listening)
    assert network.requests[0].headers["authorization"] == header


@pytest.mark.parametrize("body", ["text", [1], None, 5])
async def test_whatever_is_called_back_is_an_output(network, listening, callbacks, activity, body):
    network.on("POST", URL, calls_back(callbacks, body))
    assert await run_activity(activity("WebHook", method="POST", url=URL), listening) == {"Response": body}


@pytest.mark.parametrize("properties", [{"timeout": "soon"}, {"body": "text"}])
async def test_wrong_properties(listening, activity, properties):
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("WebHook", method="POST", url=URL, **properties), listening)
    assert failure.value.code == "2104"


async def test_without_an_address_for_callbacks_it_says_what_to_add(services, activity):
    with pytest.raises(ActivityFailed, match="callbacks"):
        await run_activity(activity("WebHook", method="POST", url=URL), services)
