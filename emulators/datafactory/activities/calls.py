"""One HTTP call to a service behind a linked service, repeated for a short while when nobody answers.

The repetition is bounded (about three seconds in all) so that a service that is down becomes a clear error and not
a pipeline that hangs until its timeout. It takes real time, because it waits for something real.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from emulators.datafactory.activities.failure import ActivityFailed

T = TypeVar("T")

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds before each repetition."""

TRANSIENT = frozenset({429, 502, 503, 504})
READ_TIMEOUT = 60.0

LAST_WORD = 5.0
"""Seconds that a call may take which is made while the activity is being stopped."""


class Backoff:
    """The pauses between polls: they start small and grow to a cap, in seconds of real time."""

    def __init__(self, first: float = 0.05, growth: float = 1.5, cap: float = 1.0) -> None:
        self._next = first
        self._growth = growth
        self._cap = cap

    async def pause(self) -> None:
        await asyncio.sleep(self._next)
        self._next = min(self._cap, self._next * self._growth)


async def last_word(call: Awaitable[Any]) -> None:
    """Make a call on the way out (cancel the run over there): it may fail, and it may not hold anything up."""
    with suppress(ActivityFailed, TimeoutError):
        async with asyncio.timeout(LAST_WORD):
            await call


async def begun(call: Coroutine[Any, Any, T], undo: Callable[[T], Awaitable[Any]]) -> T:
    """Make a call that starts something over there; if the activity is stopped meanwhile, undo what it started."""
    task = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await last_word(_undone(task, undo))
        raise


async def _undone(task: "asyncio.Future[T]", undo: Callable[[T], Awaitable[Any]]) -> None:
    await undo(await task)


@dataclass(frozen=True)
class Caller:
    """Calls one service. `unreachable(address, reason)` makes the error for when nobody answers."""

    http: httpx.AsyncClient
    headers: Mapping[str, str]
    unreachable: Callable[[str, str], ActivityFailed]

    async def call(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> httpx.Response:
        """The answer, whatever its status; a call that is not `repeatable` is repeated only if it never arrived."""
        for pause in (*PAUSES, None):
            try:
                answer = await self.http.request(
                    method, url, json=json, params=params, headers=dict(self.headers), timeout=READ_TIMEOUT
                )
            except httpx.TransportError as error:
                arrived = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                if pause is None or (arrived and not repeatable):
                    raise self.unreachable(url, f"{type(error).__name__}: {error}") from error
            except httpx.InvalidURL as error:
                raise self.unreachable(url, str(error)) from error
            else:
                if pause is None or answer.status_code not in TRANSIENT:
                    return answer
            await asyncio.sleep(pause)
        raise AssertionError("the last round returns or raises")


def json_object(answer: httpx.Response, unreadable: Callable[[str, str], ActivityFailed]) -> dict[str, Any]:
    """The JSON object of a successful answer, empty for an empty one; a proxy's page is an error naming the address."""
    try:
        value = answer.json() if answer.content else {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise unreadable(str(answer.request.url), f"It answered with what is not a JSON object: {answer.text[:200]!r}")
    return value
