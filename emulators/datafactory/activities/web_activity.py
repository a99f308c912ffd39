"""WebActivity: one HTTP call, its JSON answer as the output; follows the 202 pattern until something else comes.

2108 is the code for a bad status, 2128 for no answer (documented).
"""

import json
import time
from typing import Any

import httpx

from emulators.datafactory.activities.answers import Answer, AnswerTooLarge, followed, send
from emulators.datafactory.activities.authentication import authorization
from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.timestamps import parse_timespan

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
DEFAULT_TIMEOUT = "00:01:00"


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the members of a JSON object answer (else `Response`), `ADFWebActivityResponseHeaders`, the tail."""
    began = time.monotonic()
    properties = activity.type_properties
    if properties.get("datasets") or properties.get("linkedServices"):
        raise NotBuiltYet("A Web activity with 'datasets' or 'linkedServices'", "their JSON in web_activity.request.")
    call = await request(activity, services, str(properties.get("method", "")).upper(), properties.get("body"))
    answer = await answered(call, services, follow=not properties.get("turnOffAsync"))
    output = {**_content(answer.text), "ADFWebActivityResponseHeaders": dict(answer.response.headers)}
    return with_tail(output, services.integration_runtime, time.monotonic() - began)


async def request(activity: Activity, services: ActivityServices, method: str, body: Any) -> httpx.Request:
    """The call that the activity's properties describe; raises ActivityFailed for wrong ones."""
    properties = activity.type_properties
    url = properties.get("url")
    if method not in METHODS:
        raise ActivityFailed("2104", f"'{method}' is not a method of a Web activity.")
    if not isinstance(url, str) or not url:
        raise ActivityFailed("2103", "Please provide value for the required property 'url'.")
    if not url.lower().startswith(("http://", "https://")):
        raise no_answer(url, "the address must start with http:// or https://")
    headers = {str(name): str(value) for name, value in (properties.get("headers") or {}).items()}
    content = _body(method, body, headers)
    headers.update(await authorization(activity, services))
    try:
        timeout = parse_timespan(str(properties.get("httpRequestTimeout") or DEFAULT_TIMEOUT)).total_seconds()
    except ValueError as error:
        raise ActivityFailed("2104", f"'httpRequestTimeout': {error}") from error
    try:
        return services.http.build_request(method, url, headers=headers, content=content, timeout=timeout)
    except httpx.InvalidURL as error:
        raise no_answer(url, str(error)) from error


async def answered(call: httpx.Request, services: ActivityServices, *, follow: bool) -> Answer:
    """The answer to a call; raises ActivityFailed for a bad status, none, or one that is too large."""
    try:
        answer = await send(call, services.http)
        if follow:
            answer = await followed(answer, call, services.http)
    except AnswerTooLarge as error:
        raise ActivityFailed("2108", str(error)) from error
    except httpx.TransportError as error:
        raise no_answer(str(call.url), f"{type(error).__name__}: {error}") from error
    if not answer.response.is_success:
        raise ActivityFailed(
            "2108",
            f"Error calling the endpoint '{call.url}'. Response status code: '{answer.status}'. "
            f"More details: {answer.text[:1000]}",
        )
    return answer


def no_answer(url: str, reason: str) -> ActivityFailed:
    return ActivityFailed("2128", f"No response from the endpoint '{url}'. More details: {reason}")


def _body(method: str, body: Any, headers: dict[str, str]) -> str | None:
    if method not in WITH_BODY:
        return None
    if body is None:
        raise ActivityFailed("2103", "Please provide value for the required property 'body'.")
    if isinstance(body, str):
        return body
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return json.dumps(body, ensure_ascii=False)


def _content(text: str) -> dict[str, Any]:
    """A JSON object's members are the output's own; everything else is given as `Response` (partly assumed)."""
    if not text:
        return {"Response": ""}
    try:
        value = json.loads(text)
    except ValueError:
        return {"Response": text}
    return value if isinstance(value, dict) else {"Response": value}
