"""Storage from start to end: restarts, kills, a silent Event Grid, a dead Azurite."""

import asyncio
import base64
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.server import Listener, PortInUse, serve
from emulators.kernel.store import DocumentStore
from emulators.storage import exchange
from emulators.storage.addresses import Address
from emulators.storage.events import Change, Facts
from emulators.storage.intents import Intent, Intents
from emulators.storage.operations import Operation
from emulators.storage.outbox import Outbox
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

KEY = base64.b64encode(b"k" * 32).decode()


class Grid:
    """A publish address that can be silent. `events` are those it took."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.status = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        assert request.headers["aeg-sas-key"] == "grid-key"
        if self.status == 200:
            self.events += await request.json()
        await Response(status_code=self.status)(scope, receive, send)

    async def has(self, count: int) -> list[str]:
        async with asyncio.timeout(10):
            while len(self.events) < count:  # noqa: ASYNC110 - a test's patience
                await asyncio.sleep(0.005)
        return [event["subject"].rpartition("/")[2] for event in self.events]


@asynccontextmanager
async def _grid(port: int = 0) -> AsyncIterator[tuple[Grid, str]]:
    grid, listener = Grid(), Listener.reserve(port)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await grid(scope, receive, send)

    async with serve(app, listener):
        yield grid, f"{listener.address()}/topics/acct/api/events"


def _settings(folder: Path, grid: str, **more: Any) -> StorageSettings:
    return StorageSettings(
        accounts={"acct": KEY},
        resource_ids={"acct": "/subscriptions/s/acct"},
        event_grid={"acct": (grid, "grid-key")},
        **{
            "data_folder": None,
            "listener": Listener.reserve(),
            "authority": LocalAuthority(folder / "authority"),
            "store": DocumentStore(folder / "state.db"),
            "azurite": "process",
            **more,
        },
    )


@asynccontextmanager
async def _running(settings: StorageSettings) -> AsyncIterator[tuple[StorageService, BlobServiceClient]]:
    service = StorageService(settings)
    await service.start()
    try:
        with BlobServiceClient.from_connection_string(service.connection_string("acct"), retry_total=0) as client:
            yield service, client
    finally:
        await service.stop()


async def _content(client: BlobServiceClient, name: str) -> bytes:
    blob = client.get_blob_client("box", name)
    return await asyncio.to_thread(lambda: blob.download_blob().readall())


async def test_events_wait_for_a_silent_event_grid_and_keep_their_order(tmp_path: Path) -> None:
    async with _grid() as (grid, address):
        grid.status = 503
        async with _running(_settings(tmp_path, address)) as (_, client):
            container = await asyncio.to_thread(client.create_container, "box")
            for number in range(5):
                await asyncio.to_thread(container.upload_blob, str(number), b"x")
            assert grid.events == []
            grid.status = 200
            assert await grid.has(5) == ["0", "1", "2", "3", "4"]


async def test_events_and_blobs_outlive_the_service(tmp_path: Path) -> None:
    reserved = Listener.reserve()
    port = reserved.port
    reserved.close()
    address = f"http://127.0.0.1:{port}/topics/acct/api/events"
    async with _running(_settings(tmp_path, address, data_folder=tmp_path / "data")) as (_, client):
        container = await asyncio.to_thread(client.create_container, "box")
        await asyncio.to_thread(container.upload_blob, "before", b"content")
    async with (
        _grid(port) as (grid, address),
        _running(_settings(tmp_path, address, data_folder=tmp_path / "data")) as (_, client),
    ):
        container = client.get_container_client("box")
        assert await _content(client, "before") == b"content"
        await asyncio.to_thread(container.upload_blob, "after", b"x")
        assert await grid.has(2) == ["before", "after"]
        first, second = (event["data"]["sequencer"] for event in grid.events)
        assert first < second


async def test_a_write_that_a_kill_cut_off_from_its_event_is_told_of_at_the_next_start(tmp_path: Path) -> None:
    """The state that a kill between Azurite's commit and the event leaves: a note, and a blob that tells."""

    def note(name: str, operation: Operation, age: int, facts: Facts | None = None) -> None:
        change = Change(operation, Address("acct", "box", name), {"x-ms-client-request-id": f"of {name}"})
        Intents(settings.store).note(Intent(change, facts, datetime.now(UTC) - timedelta(seconds=age)))

    async with _grid() as (grid, address):
        settings = _settings(tmp_path, address, data_folder=tmp_path / "data")
        async with _running(settings) as (service, _):
            past_the_door = BlobServiceClient(service.azurite_endpoint("acct"), KEY, retry_total=0)
            container = await asyncio.to_thread(past_the_door.create_container, "box")
            await asyncio.to_thread(container.upload_blob, "written", b"12345")
            await asyncio.to_thread(container.upload_blob, "old", b"x")
        note("written", Operation.PUT_BLOCK_LIST, age=1)
        note("old", Operation.PUT_BLOB, age=-60)
        note("never written", Operation.PUT_BLOB, age=1)
        note("deleted", Operation.DELETE_BLOB, age=1, facts=Facts("text/plain", 3, "BlockBlob"))
        note("never there", Operation.DELETE_BLOB, age=1)
        note("written and there", Operation.DELETE_BLOB, age=1)
        async with _running(_settings(tmp_path, address, data_folder=tmp_path / "data")) as (_, client):
            await asyncio.to_thread(client.get_blob_client("box", "last").upload_blob, b"x")
            assert await grid.has(3) == ["written", "deleted", "last"]
    written, deleted, _ = (event["data"] for event in grid.events)
    assert (written["api"], written["contentLength"], written["clientRequestId"]) == ("PutBlockList", 5, "of written")
    assert (deleted["api"], deleted["contentType"]) == ("DeleteBlob", "text/plain")
    assert list(Intents(settings.store).left()) == []


async def test_a_full_outbox_refuses_writes_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Outbox.__init__, "__defaults__", (2,))
    async with _grid() as (grid, address):
        grid.status = 500
        async with _running(_settings(tmp_path, address)) as (_, client):
            container = await asyncio.to_thread(client.create_container, "box")
            await asyncio.to_thread(container.upload_blob, "a", b"x")
            await asyncio.to_thread(container.upload_blob, "b", b"x")
            with pytest.raises(HttpResponseError, match="wait for Event Grid") as refused:
                await asyncio.to_thread(container.upload_blob, "c", b"x")
            assert refused.value.status_code == 503
            assert await asyncio.to_thread(lambda: [blob.name for blob in container.list_blobs()]) == ["a", "b"]
            grid.status = 200
            await grid.has(2)
            await asyncio.to_thread(container.upload_blob, "c", b"x")
            assert await grid.has(3) == ["a", "b", "c"]


async def test_a_dead_azurite_is_a_busy_server(tmp_path: Path) -> None:
    async with _grid() as (_, address), _running(_settings(tmp_path, address)) as (service, client):
        container = await asyncio.to_thread(client.create_container, "box")
        assert service._azurite is not None
        await service._azurite.stop()
        with pytest.raises(HttpResponseError, match="Azurite does not answer: it ended with exit code") as refused:
            await asyncio.to_thread(container.upload_blob, "a", b"x")
        assert refused.value.status_code == 503
        assert refused.value.error_code == "ServerBusy"


async def test_a_frozen_azurite_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "ANSWER_SECONDS", 0.3)
    async with _grid() as (grid, address), _running(_settings(tmp_path, address)) as (service, client):
        container = await asyncio.to_thread(client.create_container, "box")
        azurite = psutil.Process(service._azurite.pid)  # type: ignore[union-attr]
        azurite.suspend()
        try:
            for content in (b"x", b"x" * 100_000):
                with pytest.raises(HttpResponseError, match="did not answer within") as refused:
                    await asyncio.to_thread(container.upload_blob, "a", content)
                assert refused.value.error_code == "OperationTimedOut"
        finally:
            azurite.resume()
        await asyncio.to_thread(container.upload_blob, "b", b"x")
        assert await grid.has(1) == ["b"]


async def test_it_says_which_azurite_runs(tmp_path: Path) -> None:
    async with _grid() as (_, address), _running(_settings(tmp_path, address)) as (service, _):
        assert service.description == "Azurite as a process (forced by the setting)"


def test_a_port_in_use_is_named() -> None:
    listener = Listener.reserve()
    with pytest.raises(PortInUse, match=str(listener.port)):
        Listener.reserve(listener.port)
    listener.close()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
async def test_nothing_outlives_its_host(tmp_path: Path, ending: signal.Signals) -> None:
    """The host is interrupted or killed; its Azurite ends, saves, and the next one finds the blob and the event."""
    program = textwrap.dedent(
        f"""
        import asyncio, pathlib, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_service_life import _running, _settings
        async def main():
            folder = pathlib.Path({str(tmp_path)!r})
            settings = _settings(folder, "http://127.0.0.1:9/events", data_folder=folder / "data")
            async with _running(settings) as (s, client):
                container = await asyncio.to_thread(client.create_container, "box")
                await asyncio.to_thread(container.upload_blob, "kept", b"content")
                print(s._azurite.pid, flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
        """
    )
    host = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert host.stdout is not None
    azurite = psutil.Process(int(await asyncio.wait_for(host.stdout.readline(), 30)))
    host.send_signal(ending)
    await host.wait()
    await asyncio.to_thread(azurite.wait, 20)

    async with (
        _grid() as (grid, address),
        _running(_settings(tmp_path, address, data_folder=tmp_path / "data")) as (_, client),
    ):
        assert await _content(client, "kept") == b"content"
        assert await grid.has(1) == ["kept"]
