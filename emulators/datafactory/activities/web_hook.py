"""WebHook: calls an endpoint, gives it an address to call back, and waits for that.

The wait is emulated time. On a virtual clock a callback that is on its way in reality would be jumped over, so for
the first moments of waiting time stands still (`PATIENCE`, real seconds).
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.activities.web_activity import answered
from emulators.datafactory.activities.web_request import prepared
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.timestamps import parse_timespan

DEFAULT_TIMEOUT = "00:10:00"
PATIENCE = 1.0
FIRST_ERROR_STATUS = 400


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the callback's body, or its `Output` with `reportStatusOnCallBack`."""
    properties = activity.type_properties
    if services.callbacks is None:
        raise NotBuiltYet("A WebHook without an address for callbacks", "ActivityServices(callbacks=…) and its route.")
    try:
        timeout = parse_timespan(str(properties.get("timeout") or DEFAULT_TIMEOUT)).total_seconds()
    except ValueError as error:
        raise ActivityFailed("2104", f"'timeout': {error}") from error
    body = properties.get("body") or {}
    if not isinstance(body, Mapping):
        raise ActivityFailed("2104", "The body of a WebHook must be a JSON object.")
    with services.callbacks.expect() as (address, arrived):
        with services.clock.work():
            whole = {**body, "callBackUri": address}
            async with prepared(activity, services, "POST", whole) as (call, http):
                await answered(call, http, follow=True)
            await asyncio.wait([arrived], timeout=PATIENCE)
        called_back = await _wait(arrived, timeout, services)
    return _reported(called_back) if _reports(properties) else _output(called_back)


async def _wait(arrived: "asyncio.Future[Any]", timeout: float, services: ActivityServices) -> Any:
    """What arrives within `timeout` seconds of emulated time; raises ActivityFailed otherwise."""
    alarm = asyncio.ensure_future(services.clock.sleep(0 if arrived.done() else timeout))
    try:
        await asyncio.wait([arrived, alarm], return_when=asyncio.FIRST_COMPLETED)
    finally:
        alarm.cancel()
    if not arrived.done():
        raise ActivityFailed("TimedOut", f"No callback came within {timeout:g} seconds.")
    return arrived.result()


def _reports(properties: Mapping[str, Any]) -> bool:
    return str(properties.get("reportStatusOnCallBack", False)).lower() == "true"


def _output(body: Any) -> dict[str, Any]:
    return body if isinstance(body, dict) else {"Response": body}


def _reported(body: Any) -> dict[str, Any]:
    """With a reported status of 400 or more the activity fails with the reported error (documented)."""
    reported = body if isinstance(body, Mapping) else {}
    status = str(reported.get("StatusCode") or "200")
    output = _output(reported.get("Output") or {})
    if status.isdigit() and int(status) < FIRST_ERROR_STATUS:
        return output
    error = reported.get("Error") or {}
    code, message = str(error.get("ErrorCode") or status), str(error.get("Message") or f"Status code {status}")
    raise ActivityFailed(code, message, output=output)
