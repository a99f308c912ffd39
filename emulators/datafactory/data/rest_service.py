"""One REST service: its calls, repeated for a short while where the service says that it will pass.

That 429, 500, 502, 503, 504 and a missing connection are tried again, and how often, is assumed; `Retry-After` is
heeded up to a limit. The waits are real time, because they wait for something real.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from emulators.datafactory.data.blob_connection import Tokens
from emulators.datafactory.data.errors import DataError, Side
from emulators.datafactory.data.settings import Settings
from emulators.datafactory.data.web_client import WebClient
from emulators.datafactory.data.web_proof import web_client

PAUSES = (0.2, 0.8, 3.2)
"""Seconds before each repetition."""

LONGEST_PAUSE = 60.0
"""Seconds that are waited at most when an answer says `Retry-After`."""

TRANSIENT = frozenset({429, 500, 502, 503, 504})
NOT_TAKEN = frozenset({429, 503})
"""The transient ones after which a call that writes may be repeated: it was not carried out."""

_HEARTBEAT = 0.2
"""Seconds between two looks at whether the activity is cancelled."""

_SHOWN = 2000
"""Characters of an answer that an error shows."""

Check = Callable[[], None]
"""Raises once the activity is cancelled."""


class RestService:
    """A REST service as the source or sink of a copy, or of a lookup. It has resources, not files."""

    def __init__(self, client: WebClient, side: Side = "Source") -> None:
        self.client = client
        self.side = side

    @contextmanager
    def open(self, timeout: float, check: Check) -> "Iterator[Session]":
        """Connections for some calls; `timeout` is in seconds."""
        with self.client.open(timeout) as http:
            yield Session(self.client, http, self.side, check)


class Session:
    """Calls one after the other, each of which can be cancelled between its tries."""

    def __init__(self, client: WebClient, http: httpx.Client, side: Side, check: Check) -> None:
        self._client = client
        self._http = http
        self._side = side
        self._check = check

    @contextmanager
    def call(self, method: str, url: str, headers: dict[str, str], content: str | bytes | None) -> Iterator[Any]:
        """The good answer to a call, its content not read yet; raises DataError for another or none."""
        answer = self._answer(method, url, headers, content)
        try:
            if not answer.is_success:
                raise self._refused(answer)
            yield answer
        except httpx.HTTPError as error:
            raise self._broken(url, error) from error
        finally:
            answer.close()

    def pause(self, seconds: float) -> None:
        """Wait, in real time, for as long as nobody cancels."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._check()
            time.sleep(min(left, _HEARTBEAT))

    def _answer(self, method: str, url: str, headers: dict[str, str], content: str | bytes | None) -> httpx.Response:
        passing = TRANSIENT if self._side == "Source" else NOT_TAKEN
        for pause in (*PAUSES, None):
            self._check()
            request = self._client.request(self._http, method, url, headers, content)
            try:
                answer = self._http.send(request, stream=True)
            except httpx.HTTPError as error:
                arrived = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if pause is None or isinstance(error, _HOPELESS) or (arrived and self._side == "Sink"):
                    raise self._broken(url, error) from error
            except httpx.InvalidURL as error:
                raise self._broken(url, error) from error
            else:
                if pause is None or answer.status_code not in passing:
                    return answer
                answer.close()
                pause = max(pause, _retry_after(answer))
            self.pause(pause)
        raise AssertionError("the last round returns or raises")

    def _refused(self, answer: httpx.Response) -> DataError:
        """Codes are documented, and the sentences but that of a client error, which is seen in public reports."""
        answer_text = _beginning(answer)
        status, reason = answer.status_code, answer.reason_phrase.replace(" ", "")
        if self._side == "Sink":
            return DataError(
                "RestSinkCallFailed",
                f"Rest Endpoint responded with Failure from server. Check the error from server:{status} {reason} "
                f"({answer.request.method} {answer.request.url}): {answer_text}",
                "Sink",
            )
        if answer.is_client_error:
            return DataError(
                "RestCallFailedWithClientError",
                f"Rest call failed with client error, status code {status} {reason}, please check your activity "
                f"settings. Request URL: {answer.request.url} Response: {answer_text}",
            )
        return DataError(
            "RestSourceCallFailed",
            f"The HttpStatusCode {status} indicates failure. Request URL: {answer.request.url} "
            f"Response payload: {answer_text}",
        )

    def _broken(self, url: str, error: Exception) -> DataError:
        code = "RestSourceCallFailed" if self._side == "Source" else "RestSinkCallFailed"
        return DataError(code, f"The call of '{url}' failed: {type(error).__name__}: {error}", self._side)


_HOPELESS = (httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.DecodingError)


def open_rest_service(kind: str, settings: Settings, tokens: Tokens, side: Side) -> RestService:
    """Connect by the `typeProperties` of a linked service of type RestService."""
    return RestService(web_client(kind, settings, tokens), side)


def _retry_after(answer: httpx.Response) -> float:
    """Seconds; a date, which is allowed too, counts as none."""
    written = answer.headers.get("retry-after", "")
    return min(float(written), LONGEST_PAUSE) if written.isdigit() else 0.0


def _beginning(answer: httpx.Response) -> str:
    """The first part of an answer, however long it is."""
    content = bytearray()
    try:
        for piece in answer.iter_bytes(_SHOWN):
            content += piece
            if len(content) >= _SHOWN:
                break
    except httpx.HTTPError:
        pass  # what came is all that can be shown
    return content[:_SHOWN].decode("utf-8", "replace")
