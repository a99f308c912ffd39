"""Answers of arbitrary endpoints: read as they stream in and only up to a limit; 202 is followed to its end.

Shared by the activities that call what a pipeline's author names (Web, WebHook, Azure Function).
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from emulators.datafactory.activities.calls import Backoff

MAX_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that an activity can take (documented)."""


class AnswerTooLarge(Exception):
    """More than an activity can take; the rest was not read."""

    def __init__(self, url: str) -> None:
        super().__init__(f"The answer of '{url}' is larger than 4 MB.")


@dataclass(frozen=True)
class Answer:
    """A response and its text."""

    response: httpx.Response
    text: str

    @property
    def status(self) -> int:
        return self.response.status_code


async def send(request: httpx.Request, http: httpx.AsyncClient) -> Answer:
    """Send and read; raises AnswerTooLarge, and httpx.HTTPError when there is no answer.

    The request's timeout is that of the whole answer: one that comes byte by byte has no end otherwise.
    """
    limit = request.extensions.get("timeout", {}).get("read")
    try:
        async with asyncio.timeout(limit):
            return await _read(await http.send(request, stream=True), str(request.url))
    except TimeoutError as error:
        raise httpx.ReadTimeout(f"The answer did not come within {limit:g} seconds.", request=request) from error


async def _read(response: httpx.Response, url: str) -> Answer:
    content = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > MAX_ANSWER:
                raise AnswerTooLarge(url)
    finally:
        await response.aclose()
    try:
        return Answer(response, content.decode(response.encoding or "utf-8", "replace"))
    except LookupError:  # a charset that there is not
        return Answer(response, content.decode("utf-8", "replace"))


async def followed(answer: Answer, first: httpx.Request, http: httpx.AsyncClient) -> Answer:
    """While the answer is 202 with a Location, ask there. Credentials go to the first request's own place only.

    Raises as `send` does, and httpx.InvalidURL for a Location that is no address.
    """
    backoff = Backoff()
    while answer.status == httpx.codes.ACCEPTED and answer.response.headers.get("location"):
        await backoff.pause()
        place = _place(answer.response)
        request = http.build_request("GET", place, headers=_credentials(first, place))
        request.extensions = first.extensions
        answer = await send(request, http)
    return answer


def _place(response: httpx.Response) -> httpx.URL:
    try:
        return httpx.URL(urljoin(str(response.request.url), response.headers["location"]))
    except ValueError as error:
        raise httpx.InvalidURL(f"'{response.headers['location']}': {error}") from error


def _credentials(first: httpx.Request, place: httpx.URL) -> dict[str, str]:
    same = (place.scheme, place.host, place.port) == (first.url.scheme, first.url.host, first.url.port)
    names = ("authorization", "x-functions-key")
    return {name: first.headers[name] for name in names if same and name in first.headers}
