"""Data movement on a real Azurite, filled and read back by an unmodified azure-storage-blob.

Azurite runs once for all tests, in a loop of its own thread, because the client blocks; each test has a container
of its own. Activities run exactly as the executor runs them.
"""

import asyncio
import base64
import csv
import io
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from azure.storage.blob import BlobServiceClient, ContainerClient

from emulators.datafactory.activities import ActivityServices, run_activity
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.resources import Resources
from emulators.kernel.clock import Clock, RealClock
from emulators.storage.azurite import start_azurite

ACCOUNT = "datamovement"
KEY = base64.b64encode(b"data movement" * 4).decode()
RUN_ID = "22222222-0000-4000-8000-000000000002"


class NoIdentity:
    async def token(self, resource: str, principal: Any = None) -> str:
        return f"token for {resource}"


@pytest.fixture(scope="session")
def account() -> Iterator[BlobServiceClient]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    azurite = asyncio.run_coroutine_threadsafe(start_azurite({ACCOUNT: KEY}, wish="process"), loop).result(120)
    endpoint = f"http://{azurite.host}:{azurite.port}/{ACCOUNT}"
    connection = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint};"
    yield BlobServiceClient.from_connection_string(connection, retry_total=0, use_env_settings=False)
    asyncio.run_coroutine_threadsafe(azurite.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


class Lake:
    """A container with files, and the activities of a factory that work on it."""

    def __init__(self, client: ContainerClient, services: ActivityServices) -> None:
        self.client = client
        self.name: str = client.container_name
        self.services = services
        address = client.url.rpartition("/")[0]
        connection = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={address};"
        self.datasets: dict[str, Any] = {}
        self.linked_services: dict[str, Any] = {
            "lake": {
                "type": "AzureBlobStorage",
                "typeProperties": {"connectionString": {"type": "SecureString", "value": connection}},
            }
        }

    def put(self, path: str, content: bytes | str) -> None:
        self.client.upload_blob(path, content, overwrite=True)

    def content(self, path: str) -> bytes:
        return self.client.download_blob(path).readall()

    def paths(self, prefix: str = "") -> list[str]:
        return [blob.name for blob in self.client.list_blobs(prefix)]

    def dataset(
        self, kind: str, folder: str = "", file: str = "", *, container: str = "", lake: str = "lake", **properties: Any
    ) -> dict[str, Any]:
        """Declare a dataset and return a reference to it."""
        name = f"dataset_{len(self.datasets)}"
        location = {
            "type": "AzureBlobStorageLocation",
            "container": container or self.name,
            "folderPath": folder,
            "fileName": file,
        }
        self.datasets[name] = {
            "type": kind,
            "linkedServiceName": {"referenceName": lake, "type": "LinkedServiceReference"},
            "typeProperties": {"location": location, **properties},
        }
        return {"referenceName": name, "type": "DatasetReference"}

    async def run(self, kind: str, *, inputs: Any = (), outputs: Any = (), **properties: Any) -> dict[str, Any]:
        """Run an activity with evaluated properties and return its output; raises ActivityFailed."""
        activity = Activity(
            name="Move",
            type=kind,
            type_properties=properties,
            resources=Resources("factory", datasets=self.datasets, linked_services=self.linked_services),
            pipeline_name="pipeline",
            pipeline_run_id="11111111-0000-4000-8000-000000000001",
            activity_run_id=RUN_ID,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            timeout=timedelta(hours=1),
        )
        return await run_activity(activity, self.services)

    def copying(
        self,
        source: Any,
        sink: Any,
        *,
        read: Any = None,
        write: Any = None,
        read_format: Any = None,
        write_format: Any = None,
        reads: Any = None,
        **more: Any,
    ) -> dict[str, Any]:
        """What a copy between two datasets (references) with these store and format settings consists of."""
        kinds = [self.datasets[end["referenceName"]]["type"] for end in (source, sink)]
        return {
            "inputs": [source],
            "outputs": [sink],
            "source": {
                "type": f"{kinds[0]}Source",
                "storeSettings": {"type": "AzureBlobStorageReadSettings", **(read or {})},
                "formatSettings": read_format or {},
                **(reads or {}),
            },
            "sink": {
                "type": f"{kinds[1]}Sink",
                "storeSettings": {"type": "AzureBlobStorageWriteSettings", **(write or {})},
                "formatSettings": write_format or {},
            },
            **more,
        }

    async def move(self, kind: str, source: Any, sink: Any, **settings: Any) -> dict[str, Any]:
        """Run an activity between two datasets (references) with store and format settings as `copying` has them."""
        return await self.run(kind, **self.copying(source, sink, **settings))

    def log_settings(self, path: str = "logs", **how: Any) -> dict[str, Any]:
        """`logSettings` that put a copy's log into this container."""
        return {
            "enableCopyActivityLog": True,
            "copyActivityLogSettings": how,
            "logLocationSettings": {
                "linkedServiceName": {"referenceName": "lake", "type": "LinkedServiceReference"},
                "path": f"{self.name}/{path}",
            },
        }

    def log_lines(self, folder: str) -> list[list[str]]:
        """The fields of the lines of the one log in a folder, as an output names it."""
        (path,) = self.paths(folder.removeprefix(f"{self.name}/"))
        return list(csv.reader(io.StringIO(self.content(path).decode(), newline="")))


@pytest.fixture
async def lake_on(account: BlobServiceClient) -> AsyncIterator[Callable[[Clock], Lake]]:
    async with httpx.AsyncClient(trust_env=False) as http:

        def make(clock: Clock) -> Lake:
            services = ActivityServices(
                http=http, clock=clock, identity=NoIdentity(), resource_manager="https://management.test"
            )
            return Lake(account.create_container(f"c{uuid.uuid4().hex}"), services)

        yield make


@pytest.fixture
def lake(lake_on: Callable[[Clock], Lake]) -> Lake:
    return lake_on(RealClock())
