"""`/__emulator/clock`: a cloud's time to be seen, and on the virtual clock to be let pass.

Time passes from deadline to deadline, so everything that is due until then happens in its order and at its moment;
the answer comes when all of it is over.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from emulators.kernel.clock import Clock, VirtualClock
from emulators.kernel.errors import CloudError
from emulators.kernel.http import Route, json_response, read_object

CLOCK = "/__emulator/clock"


class TimeIsReal(CloudError):
    """Nobody can let real time pass."""

    status = 409
    code = "TimeIsReal"

    def __init__(self) -> None:
        super().__init__("This cloud runs on real time. Start it with 'drydock up --virtual-time' to let time pass.")


class InvalidMoment(CloudError):
    """Not a moment that time can pass to."""

    status = 400
    code = "InvalidMoment"


def clock_routes(clock: Clock) -> Iterator[Route]:
    """GET tells `{"now", "kind": "real"|"virtual"}`; POST `{"bySeconds": n}` or `{"to": "<ISO 8601>"}` lets time pass
    and tells the same when everything that was due has happened."""

    async def show(_: Request) -> Response:
        return json_response(_shown(clock))

    async def pass_time(request: Request) -> Response:
        body = await read_object(request)
        if not isinstance(clock, VirtualClock):
            raise TimeIsReal
        target = _target(body, clock.now())
        await clock.sleep((target - clock.now()).total_seconds())
        await clock.settled()
        return json_response(_shown(clock))

    yield Route("GET", CLOCK, show)
    yield Route("POST", CLOCK, pass_time)


def _shown(clock: Clock) -> dict[str, Any]:
    return {"now": clock.now().isoformat(), "kind": "virtual" if isinstance(clock, VirtualClock) else "real"}


def _target(body: dict[str, Any], now: datetime) -> datetime:
    """The moment that a request names; raises InvalidMoment."""
    if set(body) == {"bySeconds"}:
        return _later(now, body["bySeconds"])
    if set(body) != {"to"}:
        raise InvalidMoment("The body must have either 'bySeconds', a number, or 'to', a moment in ISO 8601.")
    try:
        target = datetime.fromisoformat(str(body["to"]))
    except ValueError as error:
        raise InvalidMoment(f"'to' is no moment in ISO 8601: {error}") from error
    if target.tzinfo is None:
        raise InvalidMoment(f"'to' has no zone: write '{body['to']}Z' for UTC.")
    if target < now:
        raise InvalidMoment(f"Time does not go back: it is {now.isoformat()} already.")
    return target


def _later(now: datetime, seconds: Any) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise InvalidMoment(f"'bySeconds' must be a number of seconds that is not negative, not {seconds!r}.")
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError as error:
        raise InvalidMoment(f"'bySeconds' leads beyond the year 9999: {seconds!r}.") from error
