"""WebActivity: one HTTP call, its JSON answer as the output; follows the 202 pattern until something else comes.

The answer is read as it streams in and refused above 4 MB (documented limit), so that an endless answer costs
nothing. 2108 is the code for a bad status, 2128 for no answer (documented).
"""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import httpx

from emulators.datafactory.activities.calls import Backoff
from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.identity import ServicePrincipal
from emulators.datafactory.activities.linked_services import revealed
from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.timestamps import parse_timespan

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
MAX_ANSWER = 4 * 1024 * 1024
DEFAULT_TIMEOUT = "00:01:00"


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the members of a JSON object answer (else `Response`), `ADFWebActivityResponseHeaders`, the tail."""
    began = time.monotonic()
    request = await _request(activity, services)
    answer, text = await _send(request, services.http)
    if not activity.type_properties.get("turnOffAsync"):
        answer, text = await _follow(answer, text, request, services.http)
    if not answer.is_success:
        raise ActivityFailed(
            "2108",
            f"Error calling the endpoint '{request.url}'. Response status code: '{answer.status_code}'. "
            f"More details: {text[:1000]}",
        )
    output = {**_content(text), "ADFWebActivityResponseHeaders": dict(answer.headers)}
    return with_tail(output, services.integration_runtime, time.monotonic() - began)


async def _request(activity: Activity, services: ActivityServices) -> httpx.Request:
    properties = activity.type_properties
    method, url = str(properties.get("method", "")).upper(), properties.get("url")
    if method not in METHODS:
        raise ActivityFailed("2104", f"'{properties.get('method')}' is not a method of a Web activity.")
    if not isinstance(url, str) or not url:
        raise ActivityFailed("2103", "Please provide value for the required property 'url'.")
    if not url.lower().startswith(("http://", "https://")):
        raise _no_answer(url, httpx.UnsupportedProtocol("the address must start with http:// or https://"))
    if properties.get("datasets") or properties.get("linkedServices"):
        raise NotBuiltYet("A Web activity with 'datasets' or 'linkedServices'", "their JSON in web_activity._body.")
    headers = {str(name): str(value) for name, value in (properties.get("headers") or {}).items()}
    body = _body(method, properties, headers)
    headers.update(await _authorization(properties.get("authentication"), activity, services))
    try:
        timeout = parse_timespan(str(properties.get("httpRequestTimeout") or DEFAULT_TIMEOUT)).total_seconds()
        return services.http.build_request(method, url, headers=headers, content=body, timeout=timeout)
    except ValueError as error:
        raise ActivityFailed("2104", f"'httpRequestTimeout': {error}") from error
    except httpx.InvalidURL as error:
        raise _no_answer(url, error) from error


def _body(method: str, properties: Mapping[str, Any], headers: dict[str, str]) -> str | None:
    body = properties.get("body")
    if method not in WITH_BODY:
        return None
    if body is None:
        raise ActivityFailed("2103", "Please provide value for the required property 'body'.")
    if isinstance(body, str):
        return body
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return json.dumps(body, ensure_ascii=False)


async def _authorization(
    written: Mapping[str, Any] | None, activity: Activity, services: ActivityServices
) -> dict[str, str]:
    if not written:
        return {}

    async def plain(*names: str) -> str:
        """A property, secrets revealed; documentation and API name some of them differently."""
        value = next((written[name] for name in names if written.get(name) is not None), "")
        owner = f"activity '{activity.name}'"
        return str(await revealed(value, activity.resources, owner, services.http, services.identity))

    kind = str(written.get("type"))
    if kind == "Basic":
        pair = f"{await plain('username')}:{await plain('password')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if kind == "MSI":
        return {"Authorization": f"Bearer {await services.identity.token(await plain('resource'))}"}
    if kind == "ServicePrincipal":
        principal = ServicePrincipal(
            await plain("userTenant", "tenant"),
            await plain("username", "servicePrincipalId"),
            await plain("password", "servicePrincipalKey"),
        )
        return {"Authorization": f"Bearer {await services.identity.token(await plain('resource'), principal)}"}
    raise NotBuiltYet(f"Web authentication of type '{kind}'", "a case in web_activity._authorization.")


async def _send(request: httpx.Request, http: httpx.AsyncClient) -> tuple[httpx.Response, str]:
    """The answer and its text, read up to the limit."""
    try:
        answer = await http.send(request, stream=True)
        try:
            content = b""
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > MAX_ANSWER:
                    raise ActivityFailed("2108", f"The answer of '{request.url}' is larger than 4 MB.")
        finally:
            await answer.aclose()
    except httpx.TransportError as error:
        raise _no_answer(str(request.url), error) from error
    return answer, content.decode(answer.encoding or "utf-8", "replace")


async def _follow(
    answer: httpx.Response, text: str, first: httpx.Request, http: httpx.AsyncClient
) -> tuple[httpx.Response, str]:
    """While the answer is 202 with a Location, ask there. The credentials stay with the first host."""
    backoff = Backoff()
    while answer.status_code == httpx.codes.ACCEPTED and answer.headers.get("location"):
        await backoff.pause()
        place = httpx.URL(urljoin(str(answer.request.url), answer.headers["location"]))
        headers = dict(first.headers) if place.host == first.url.host else {}
        kept = {name: value for name, value in headers.items() if name.lower() == "authorization"}
        answer, text = await _send(
            http.build_request("GET", place, headers=kept, extensions={"timeout": first.extensions["timeout"]}), http
        )
    return answer, text


def _content(text: str) -> dict[str, Any]:
    """A JSON object's members are the output's own; everything else is given as `Response` (partly assumed)."""
    if not text:
        return {"Response": ""}
    try:
        value = json.loads(text)
    except ValueError:
        return {"Response": text}
    return value if isinstance(value, dict) else {"Response": value}


def _no_answer(url: str, error: Exception) -> ActivityFailed:
    return ActivityFailed(
        "2128", f"No response from the endpoint '{url}'. More details: {type(error).__name__}: {error}"
    )
