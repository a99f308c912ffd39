"""A Web activity and an answer of 5 GB over a real socket: refused at 4 MB, the rest is neither read nor kept."""

import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.responses import StreamingResponse

from emulators.datafactory.activities import ActivityFailed, ActivityServices, run_activity
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.resources import Resources
from emulators.kernel.clock import RealClock
from emulators.kernel.server import Listener, serve

WHOLE = 5 * 2**30
PIECE = bytes(2**16)


class Endless:
    """Serves 5 GB and counts what it gave away."""

    def __init__(self, **headers: str) -> None:
        self.given = 0
        self._headers = headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await StreamingResponse(self._pieces(), headers=self._headers)(scope, receive, send)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while self.given < WHOLE:
            self.given += len(PIECE)
            yield PIECE


class NoIdentity:
    async def token(self, resource: str, principal: Any = None) -> str:
        raise AssertionError("no token is needed")


@pytest.mark.parametrize("headers", [{}, {"content-length": str(WHOLE)}], ids=["chunked", "length told"])
async def test_an_answer_of_5_gb_is_refused_at_4_mb(headers: dict[str, str]) -> None:
    service, listener = Endless(**headers), Listener.reserve()
    async with serve(service, listener), httpx.AsyncClient(trust_env=False) as http:
        services = ActivityServices(http=http, clock=RealClock(), identity=NoIdentity(), resource_manager="")
        activity = Activity(
            name="Ask",
            type="WebActivity",
            type_properties={"method": "GET", "url": listener.address()},
            resources=Resources("factory"),
            pipeline_name="p",
            pipeline_run_id="",
            activity_run_id="",
        )
        tracemalloc.start()
        with pytest.raises(ActivityFailed, match="larger than 4 MB") as failure:
            await run_activity(activity, services)
        given = service.given  # from here on the server talks to nobody
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert failure.value.code == "2108"
    assert given < 64 * 2**20, "what the sockets buffer, and no more"
    assert peak < 32 * 2**20
