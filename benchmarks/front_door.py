"""What the storage front door costs, as ratios within one run: `python benchmarks/front_door.py [--megabytes 200]`.

The services run in this process, the client in one of its own, so that neither waits for the other's interpreter.
Every measurement is taken directly at Azurite and through the door in turn; medians are compared.
"""

import argparse
import asyncio
import base64
import multiprocessing
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, cast

import psutil
from azure.storage.blob import ContainerClient
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from emulators.eventgrid.routes import app as event_grid_app
from emulators.eventgrid.service import EventGridService
from emulators.eventgrid.settings import EventGridSettings, TopicSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import RealClock
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

ACCOUNT = "benchmark"
KEY = base64.b64encode(b"benchmark" * 4).decode()
RESOURCE = f"/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
BLOCK = 8 << 20
WARM_UP = 20


@dataclass
class Measured:
    """Seconds, a list for each measurement: at Azurite itself and through the door. `ends` of small puts by name."""

    put: tuple[list[float], list[float]]
    upload: tuple[list[float], list[float]]
    download: tuple[list[float], list[float]]
    ends: dict[str, float]
    host_memory: tuple[int, int]


class Content:
    """A stream of `size` bytes that are nowhere all at once."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._piece = bytes(range(256)) * 4096

    def read(self, size: int = -1) -> bytes:
        count = min(self._left, len(self._piece), size if size >= 0 else self._left)
        self._left -= count
        return self._piece[:count]


def seconds(work: Callable[[], object]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def client(connection: Connection, endpoints: tuple[str, str], puts: int, rounds: int, size: int) -> None:
    """Measure, in a process of its own, and send the result through `connection`. The parent is the host."""
    host = psutil.Process(psutil.Process().ppid())
    containers = [
        ContainerClient(
            endpoint,
            "bench",
            KEY,
            retry_total=0,
            max_single_put_size=BLOCK,
            max_block_size=BLOCK,
            max_chunk_get_size=BLOCK,
        )
        for endpoint in endpoints
    ]
    containers[0].create_container()
    measured = Measured(([], []), ([], []), ([], []), {}, (0, 0))
    for number in range(puts):
        for way, container in enumerate(containers):
            name, content = f"{way}-{number}", b"x" * 1000
            took = seconds(lambda: container.upload_blob(name, content))  # noqa: B023 - called at once
            measured.ends[name] = time.monotonic()
            if number >= WARM_UP:
                measured.put[way].append(took)
    before = host.memory_info().rss
    for number in range(rounds):
        for way, container in enumerate(containers):
            name = f"large-{way}-{number}"
            stream = cast(IO[bytes], Content(size))
            measured.upload[way].append(seconds(lambda: container.upload_blob(name, stream, length=size)))  # noqa: B023
            measured.download[way].append(seconds(lambda: drain(container.download_blob(name).chunks())))  # noqa: B023
            container.delete_blob(name)
    measured.host_memory = (before, host.memory_info().rss)
    connection.send(measured)


def drain(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass


class Subscriber:
    """A webhook that notes when each blob's event arrived."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = time.monotonic()
        request = Request(scope, receive)
        events = await request.json()
        document: dict[str, Any] = {}
        if request.headers["aeg-event-type"] == "SubscriptionValidation":
            document = {"validationResponse": events[0]["data"]["validationCode"]}
        for event in events:
            self.arrivals.setdefault(event["subject"].rpartition("/")[2], now)
        await JSONResponse(document)(scope, receive, send)


async def measure(puts: int, rounds: int, size: int, folder: Path) -> tuple[Measured, Subscriber, str]:
    grid, hook = Listener.reserve(), Listener.reserve()
    authority, store, subscriber = (
        LocalAuthority(folder / "authority"),
        DocumentStore(folder / "state.db"),
        Subscriber(),
    )
    verifier = TokenIssuer(TokenIssuer.generate(), str(uuid.uuid4())).verifier()
    topics = {ACCOUNT: TopicSettings(RESOURCE, "topic-key")}
    event_grid = EventGridService(EventGridSettings(RealClock(), store, verifier, topics, authority.bundle_pem))
    storage = StorageService(
        StorageSettings(
            accounts={ACCOUNT: KEY},
            resource_ids={ACCOUNT: RESOURCE},
            event_grid={ACCOUNT: (f"{grid.address()}/topics/{ACCOUNT}/api/events", "topic-key")},
            data_folder=folder / "data",
            listener=Listener.reserve(),
            authority=authority,
            store=store,
        )
    )

    async def webhook(scope: Scope, receive: Receive, send: Send) -> None:
        await subscriber.answer(scope, receive, send)

    async with AsyncExitStack() as opened:
        await event_grid.start()
        opened.push_async_callback(event_grid.stop)
        await opened.enter_async_context(serve(event_grid_app(event_grid), grid))
        await opened.enter_async_context(serve(webhook, hook))
        await storage.start()
        opened.push_async_callback(storage.stop)
        destination = {"endpointType": "WebHook", "properties": {"endpointUrl": f"{hook.address()}/events"}}
        await event_grid.put_subscription(RESOURCE, "benchmark", {"destination": destination})
        endpoints = (storage.azurite_endpoint(ACCOUNT), storage.blob_endpoint(ACCOUNT))
        measured = await asyncio.to_thread(in_own_process, endpoints, puts, rounds, size)
        return measured, subscriber, storage.description


def in_own_process(endpoints: tuple[str, str], puts: int, rounds: int, size: int) -> Measured:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=client, args=(sender, endpoints, puts, rounds, size))
    process.start()
    sender.close()
    try:
        return cast(Measured, receiver.recv())
    except EOFError:
        raise SystemExit("the measuring client ended early; its error stands above") from None
    finally:
        process.join()


def report(measured: Measured, subscriber: Subscriber, description: str, size: int) -> None:
    print(description)
    for name, (direct, door) in (
        ("Put Blob of 1,000 bytes", measured.put),
        (f"upload of {size >> 20} MiB", measured.upload),
        (f"download of {size >> 20} MiB", measured.download),
    ):
        one, two = statistics.median(direct), statistics.median(door)
        print(f"{name}: Azurite {one * 1e3:.1f} ms, door {two * 1e3:.1f} ms, ratio {two / one:.2f}")
    delays = [
        subscriber.arrivals[name] - end
        for name, end in measured.ends.items()
        if name.startswith("1-") and int(name[2:]) >= WARM_UP
    ]
    delay, put = statistics.median(delays), statistics.median(measured.put[1])
    late = sorted(delays)[int(len(delays) * 0.95)]
    print(
        f"from the end of Put Blob to the subscriber: median {delay * 1e3:.2f} ms, 95 % {late * 1e3:.2f} ms, "
        f"{delay / put:.2f} of a Put Blob"
    )
    before, after = (value / 2**20 for value in measured.host_memory)
    print(f"memory of the host process: {before:.0f} MiB before the large bodies, {after:.0f} MiB after")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--puts", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = given.megabytes << 20
        report(*asyncio.run(measure(given.puts, given.rounds, size, Path(folder))), size)


if __name__ == "__main__":
    main()
