"""AzureFunctionActivity: calls a function of a function app; the answer must be a JSON object.

The codes are the documented 36xx.
"""

import json
import time
from typing import Any

import httpx

from emulators.datafactory.activities.answers import Answer, AnswerTooLarge, followed, send
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.linked_services import LinkedService
from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.activities.web_request import NO_BODY
from emulators.datafactory.engine.activity import Activity

METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"})
WITH_BODY = frozenset({"POST", "PUT"})
"""Methods that must have a body (documented; the code for a missing one is that of a Web activity, assumed)."""

BODILESS = frozenset({"GET", "HEAD"})
"""Methods that may not have one (documented for GET)."""

TIMEOUT = 230.0
"""Seconds after which the platform itself ends a call (documented)."""


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the members of the answer, and the common tail."""
    began = time.monotonic()
    call = await _request(activity, services)
    name = str(activity.type_properties["functionName"])
    try:
        answer = await followed(await send(call, services.http), call, services.http)
    except AnswerTooLarge as error:
        raise ActivityFailed("3608", str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ActivityFailed("3610", f"There was an error while calling endpoint '{call.url}'. {reason}") from error
    return with_tail(_content(name, answer), services.integration_runtime, time.monotonic() - began)


async def _request(activity: Activity, services: ActivityServices) -> httpx.Request:
    properties = activity.type_properties
    method, name = str(properties.get("method") or "").upper(), properties.get("functionName")
    if not method:
        raise ActivityFailed("3611", "Azure function activity missing Method in JSON definition.")
    if method not in METHODS:
        raise ActivityFailed("3602", f"Invalid HttpMethod: '{method}'.")
    if not isinstance(name, str) or not name:
        raise ActivityFailed("3607", "Azure function activity missing function name.")
    if activity.linked_service is None:
        raise ActivityFailed("3612", "Azure function activity missing LinkedService definition in JSON.")
    linked = await services.linked_service(activity)
    headers = {str(key): str(value) for key, value in (properties.get("headers") or {}).items()}
    headers.update(await _credentials(linked, services))
    url = f"{linked.text('functionAppUrl', '3609').rstrip('/')}/api/{name.lstrip('/')}"
    body = properties.get("body")
    if method in WITH_BODY and body is None:
        raise ActivityFailed("2103", "Please provide value for the required property 'body'.")
    if method in BODILESS and body not in (None, ""):
        raise ActivityFailed("3610", f"There was an error while calling endpoint '{url}'. {NO_BODY}")
    if body is not None and not isinstance(body, str):
        headers.setdefault("Content-Type", "application/json")
        body = json.dumps(body, ensure_ascii=False)
    try:
        return services.http.build_request(method, url, headers=headers, content=body, timeout=TIMEOUT)
    except httpx.InvalidURL as error:
        raise ActivityFailed("3610", f"There was an error while calling endpoint '{url}'. {error}") from error


async def _credentials(linked: LinkedService, services: ActivityServices) -> dict[str, str]:
    if str(linked.properties.get("authentication", "")).upper() == "MSI":
        token = await services.identity.token(linked.text("resourceId", "3606"), linked.principal)
        return {"Authorization": f"Bearer {token}"}
    return {"x-functions-key": linked.text("functionKey", "3606")}


def _content(name: str, answer: Answer) -> dict[str, Any]:
    if not answer.response.is_success:
        raise ActivityFailed(
            "3608",
            f"Call to provided Azure function '{name}' failed with status-'{answer.status}' "
            f"and message - '{answer.text[:1000]}'.",
        )
    try:
        value = json.loads(answer.text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ActivityFailed("3603", "Response Content is not a valid JObject.")
    return value
