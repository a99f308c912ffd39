"""WebActivity: one HTTP call, its JSON answer as the output; follows the 202 pattern until something else comes.

2108 is the code for a bad status, 2128 for no answer (documented).
"""

import json
import time
from typing import Any

import httpx

from emulators.datafactory.activities.answers import Answer, AnswerTooLarge, followed, send
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.activities.web_payload import payload
from emulators.datafactory.activities.web_request import no_answer, prepared
from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.settings import flag
from emulators.datafactory.engine.activity import Activity


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the members of a JSON object answer (else `Response`), `ADFWebActivityResponseHeaders`, the tail."""
    began = time.monotonic()
    properties = activity.type_properties
    try:
        follow = not flag(properties, "turnOffAsync")
    except InvalidSettings as error:
        raise ActivityFailed("2104", error.message) from error
    body = await payload(activity, services)
    async with prepared(activity, services, str(properties.get("method", "")).upper(), body) as (call, http):
        answer = await answered(call, http, follow=follow)
    output = {**_content(answer.text), "ADFWebActivityResponseHeaders": dict(answer.response.headers)}
    return with_tail(output, services.integration_runtime, time.monotonic() - began)


async def answered(call: httpx.Request, http: httpx.AsyncClient, *, follow: bool) -> Answer:
    """The answer to a call; raises ActivityFailed for a bad status, none, or one that is too large."""
    try:
        answer = await send(call, http)
        if follow:
            answer = await followed(answer, call, http)
    except AnswerTooLarge as error:
        raise ActivityFailed("2108", str(error)) from error
    except httpx.InvalidURL as error:
        raise no_answer(str(call.url), f"its 'Location' is no address: {error}") from error
    except httpx.HTTPError as error:
        raise no_answer(str(call.url), f"{type(error).__name__}: {error}") from error
    if not answer.response.is_success:
        raise ActivityFailed(
            "2108",
            f"Error calling the endpoint '{call.url}'. Response status code: '{answer.status}'. "
            f"More details: {answer.text[:1000]}",
        )
    return answer


def _content(text: str) -> dict[str, Any]:
    """A JSON object's members are the output's own; everything else is given as `Response` (partly assumed)."""
    if not text:
        return {"Response": ""}
    try:
        value = json.loads(text)
    except ValueError:
        return {"Response": text}
    return value if isinstance(value, dict) else {"Response": value}
