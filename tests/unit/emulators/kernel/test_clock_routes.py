"""`/__emulator/clock`: who asks is told the time; on a virtual clock it passes on request."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from emulators.kernel.clock import Clock, RealClock, VirtualClock
from emulators.kernel.clock_routes import CLOCK, clock_routes
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import build_app

START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def client_of() -> Callable[[Clock], httpx.AsyncClient]:
    def make(clock: Clock) -> httpx.AsyncClient:
        app: Any = build_app(name="cloud", routes=list(clock_routes(clock)), render_error=arm_error)
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cloud")

    return make


async def test_the_time_is_told(client_of: Any) -> None:
    assert (await client_of(VirtualClock(START)).get(CLOCK)).json() == {
        "now": "2030-01-01T00:00:00+00:00",
        "kind": "virtual",
    }
    assert (await client_of(RealClock()).get(CLOCK)).json()["kind"] == "real"


@pytest.mark.parametrize(
    ("body", "moment"),
    [
        ({"bySeconds": 90_000}, START + timedelta(hours=25)),
        ({"bySeconds": 0}, START),
        ({"to": "2030-01-05T12:00:00+02:00"}, datetime(2030, 1, 5, 10, tzinfo=UTC)),
    ],
)
async def test_time_passes_and_what_is_due_has_happened(client_of: Any, body: Any, moment: datetime) -> None:
    clock = VirtualClock(START, steady=True)
    happened: list[datetime] = []

    async def nightly() -> None:
        while True:
            await clock.sleep(86_400, patient=True)
            with clock.work():
                await asyncio.sleep(0.01)
                happened.append(clock.now())

    following = asyncio.create_task(nightly())
    answer = await client_of(clock).post(CLOCK, json=body)
    following.cancel()
    assert (answer.status_code, answer.json()["now"]) == (200, moment.isoformat())
    assert len(happened) == (moment - START).days


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "either 'bySeconds', a number, or 'to'"),
        ({"bySeconds": 1, "to": "2031-01-01T00:00:00Z"}, "either 'bySeconds', a number, or 'to'"),
        ({"bySeconds": "1"}, "not '1'"),
        ({"bySeconds": -1}, "not negative, not -1"),
        ({"bySeconds": True}, "not True"),
        ({"bySeconds": 1e15}, "beyond the year 9999"),
        ({"to": "tomorrow"}, "no moment in ISO 8601"),
        ({"to": "2031-01-01"}, "has no zone"),
        ({"to": "2029-12-31T00:00:00Z"}, "Time does not go back"),
    ],
)
async def test_what_is_no_moment_is_refused(client_of: Any, body: Any, told: str) -> None:
    clock = VirtualClock(START)
    answer = await client_of(clock).post(CLOCK, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidMoment")
    assert told in answer.json()["error"]["message"]
    assert clock.now() == START


async def test_real_time_passes_by_itself(client_of: Any) -> None:
    answer = await client_of(RealClock()).post(CLOCK, json={"bySeconds": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "TimeIsReal")
