"""The call that a Web or WebHook activity describes: method, address, headers, body, timeout, and who may answer.

The documented range of `httpRequestTimeout` is one to ten minutes; what lies outside is refused (assumed).
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from emulators.datafactory.activities.authentication import Proof, proof
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.services import DIRECT, ActivityServices
from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.settings import flag
from emulators.datafactory.data.tls import tls_context
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.timestamps import parse_timespan

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""Methods that must have a body; DELETE may have one, GET may not (documented)."""

NO_BODY = "Cannot send a content-body with this verb-type."
"""What becomes of a body that a method may not have (sentence seen in public reports)."""

DEFAULT_TIMEOUT = "00:01:00"
SHORTEST, LONGEST = 60.0, 600.0
"""Seconds that `httpRequestTimeout` may allow (documented)."""


@asynccontextmanager
async def prepared(
    activity: Activity, services: ActivityServices, method: str, body: Any
) -> AsyncIterator[tuple[httpx.Request, httpx.AsyncClient]]:
    """The call that the activity's properties describe and the client to send it with; raises ActivityFailed."""
    shown = await proof(activity, services)
    request = _request(activity, services.http, method, body, shown)
    async with _client(activity, services, shown) as http:
        yield request, http


def no_answer(url: str, reason: str) -> ActivityFailed:
    return ActivityFailed("2128", f"No response from the endpoint '{url}'. More details: {reason}")


def _request(activity: Activity, http: httpx.AsyncClient, method: str, body: Any, shown: Proof) -> httpx.Request:
    properties = activity.type_properties
    url = properties.get("url")
    if method not in METHODS:
        raise ActivityFailed("2104", f"'{method}' is not a method of a Web activity.")
    if not isinstance(url, str) or not url:
        raise ActivityFailed("2103", "Please provide value for the required property 'url'.")
    if not url.lower().startswith(("http://", "https://")):
        raise no_answer(url, "the address must start with http:// or https://")
    headers = {str(name): str(value) for name, value in (properties.get("headers") or {}).items()}
    if method == "GET" and body not in (None, ""):
        raise ActivityFailed("2108", f"Error calling the endpoint '{url}'. More details: {NO_BODY}")
    content = _content(method, body, headers)
    headers.update(shown.headers)
    try:
        return http.build_request(method, url, headers=headers, content=content, timeout=_timeout(properties))
    except httpx.InvalidURL as error:
        raise no_answer(url, str(error)) from error


def _content(method: str, body: Any, headers: dict[str, str]) -> str | None:
    if body is None:
        if method in WITH_BODY:
            raise ActivityFailed("2103", "Please provide value for the required property 'body'.")
        return None
    if isinstance(body, str):
        return body
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    return json.dumps(body, ensure_ascii=False)


def _timeout(properties: Mapping[str, Any]) -> float:
    try:
        seconds = parse_timespan(str(properties.get("httpRequestTimeout") or DEFAULT_TIMEOUT)).total_seconds()
    except ValueError as error:
        raise ActivityFailed("2104", f"'httpRequestTimeout': {error}") from error
    if not SHORTEST <= seconds <= LONGEST:
        raise ActivityFailed("2104", "'httpRequestTimeout' must be between 00:01:00 and 00:10:00.")
    return seconds


@asynccontextmanager
async def _client(activity: Activity, services: ActivityServices, shown: Proof) -> AsyncIterator[httpx.AsyncClient]:
    """The client that all share, or one of its own where the handshake is a special one."""
    context = await _special(activity, services, shown)
    if context is None:
        yield services.http
        return
    async with httpx.AsyncClient(verify=context, mounts=DIRECT) as http:
        yield http


async def _special(activity: Activity, services: ActivityServices, shown: Proof) -> ssl.SSLContext | None:
    try:
        verify = not flag(activity.type_properties, "disableCertValidation")
        if verify and shown.certificate is None:
            return None
        # reading authorities and keys takes a moment
        return await asyncio.to_thread(
            tls_context, verify=verify, ca_bundle=services.ca_bundle, certificate=shown.certificate
        )
    except InvalidSettings as error:
        raise ActivityFailed("2104", error.message) from error
