"""Events on their way: kept, in order, tried again. Event Grid is played by a transport, time by the event loop."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from emulators.kernel.clock import RealClock
from emulators.kernel.store import DocumentStore
from emulators.storage import outbox as module
from emulators.storage.errors import ServerBusy
from emulators.storage.outbox import Outbox, PublishAddress


class Grid(httpx.AsyncBaseTransport):
    """Answers with `statuses`, then 200; an int 0 is a connection that fails."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.requests: list[httpx.Request] = []
        self.taken: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            raise httpx.ConnectError("nobody listens")
        if status == 200:
            self.taken += [event["data"]["sequencer"] for event in json.loads(request.content)]
        return httpx.Response(status)


def _outbox(grid: Grid, store: DocumentStore | None = None, limit: int = 1000) -> Outbox:
    addresses = {name: PublishAddress(f"http://grid/topics/{name}/api/events", f"{name}-key") for name in ("a", "b")}
    return Outbox(store or DocumentStore(), addresses, RealClock(), httpx.AsyncClient(transport=grid), limit)


def _put(outbox: Outbox, account: str, count: int) -> list[str]:
    numbers = [f"{outbox.next_sequencer():032X}" for _ in range(count)]
    outbox.put(account, [{"data": {"sequencer": number}} for number in numbers])
    return numbers


async def _until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - one turn of the loop at a time
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.0001)


async def test_events_go_to_their_accounts_address_with_its_key() -> None:
    grid = Grid()
    outbox = _outbox(grid)
    outbox.start()
    _put(outbox, "b", 1)
    await _until(lambda: grid.taken)
    assert str(grid.requests[0].url) == "http://grid/topics/b/api/events"
    assert grid.requests[0].headers["aeg-sas-key"] == "b-key"
    await outbox.stop()


async def test_failures_are_repeated_and_the_order_is_kept() -> None:
    grid = Grid(0, 503, 500, 401)
    outbox = _outbox(grid)
    outbox.start()
    numbers = _put(outbox, "a", 3)
    await _until(lambda: outbox.kept == 0)
    assert grid.taken == numbers
    await outbox.stop()


async def test_many_events_go_in_few_requests() -> None:
    grid = Grid()
    outbox = _outbox(grid)
    numbers = _put(outbox, "a", 250)
    outbox.start()
    await _until(lambda: outbox.kept == 0)
    assert grid.taken == numbers
    assert len(grid.requests) == 3
    await outbox.stop()


async def test_a_refusal_for_ever_is_named_and_holds_up_no_other_event(caplog: pytest.LogCaptureFixture) -> None:
    grid = Grid(400, 200, 400, 200)
    outbox = _outbox(grid)
    first, second, third = _put(outbox, "a", 3)
    outbox.start()
    await _until(lambda: outbox.kept == 0)
    assert grid.taken == [first, third]
    assert second in caplog.text
    await outbox.stop()


async def test_what_was_not_taken_is_found_again() -> None:
    store = DocumentStore()
    numbers = _put(_outbox(Grid(), store), "a", 2)
    grid = Grid()
    outbox = _outbox(grid, store)
    assert outbox.kept == 2
    outbox.start()
    more = _put(outbox, "a", 1)
    await _until(lambda: outbox.kept == 0)
    assert grid.taken == [*numbers, *more]
    assert list(store.list("storage.event")) == []
    await outbox.stop()


async def test_numbers_grow_over_restarts() -> None:
    store = DocumentStore()
    first = _outbox(Grid(), store).next_sequencer()
    assert _outbox(Grid(), store).next_sequencer() > first


async def test_there_is_a_limit() -> None:
    outbox = _outbox(Grid(), limit=2)
    outbox.check_room()
    _put(outbox, "a", 2)
    with pytest.raises(ServerBusy, match="2 events wait"):
        outbox.check_room()
