"""A storage service with Event Grid behind it and a subscriber at the end, on real sockets, for unmodified clients.

The services run in a loop of their own thread, because azure-storage-blob's usual client blocks. Events of one
account arrive in order, so a test that has seen the event of a last blob has seen all events before it.
"""

import asyncio
import base64
import threading
import time
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from azure.identity import ClientSecretCredential
from azure.storage.blob import BlobServiceClient, ContainerClient
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from emulators.entra.routes import app as entra_app
from emulators.entra.service import EntraService, EntraSettings
from emulators.eventgrid.routes import app as event_grid_app
from emulators.eventgrid.service import EventGridService
from emulators.eventgrid.settings import EventGridSettings, TopicSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import RealClock
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer
from emulators.storage.routes import app as storage_app
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

T = TypeVar("T")

ACCOUNT, OTHER_ACCOUNT = "drydockone", "drydocktwo"
TENANT = "11111111-0000-4000-8000-000000000001"
CLIENT, CLIENT_SECRET = "22222222-0000-4000-8000-000000000002", "the-clients-secret"
GROUP = "/subscriptions/00000000-0000-4000-8000-00000000000a/resourceGroups/rg"


class Place:
    """The running services and what the subscriber has received."""

    tenant = TENANT

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.events: list[dict[str, Any]] = []
        self.keys = {name: base64.b64encode(name.encode() * 6).decode() for name in (ACCOUNT, OTHER_ACCOUNT)}
        self.resource_ids = {name: f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{name}" for name in self.keys}
        self.authority = LocalAuthority(folder / "authority")
        self._issuer = TokenIssuer(TokenIssuer.generate(), TENANT)
        self._open = AsyncExitStack()
        self.run(self._start(folder))
        self.sentinels = self.service_client().create_container("sentinels")

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 60) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)

    def token(self, audience: str = "https://management.azure.com", *, lifetime: timedelta = timedelta(hours=1)) -> str:
        return self._issuer.issue(
            client_id="client", audience=audience, issuer="here", now=datetime.now(UTC), lifetime=lifetime
        )

    async def _start(self, folder: Path) -> None:
        store = DocumentStore(folder / "state.db")
        grid, hook, manager, entra = (Listener.reserve() for _ in range(4))
        self.token_address = entra.address("https")
        topic = TopicSettings(self.resource_ids[ACCOUNT], "topic-key")
        self.event_grid = EventGridService(
            EventGridSettings(RealClock(), store, self._issuer.verifier(), {ACCOUNT: topic}, self.authority.bundle_pem)
        )
        self.storage = StorageService(
            StorageSettings(
                accounts=self.keys,
                resource_ids=self.resource_ids,
                event_grid={ACCOUNT: (f"{grid.address()}/topics/{ACCOUNT}/api/events", topic.key)},
                data_folder=None,
                listener=Listener.reserve(),
                authority=self.authority,
                store=store,
                azurite="process",
                verifier=self._issuer.verifier(),
                token_authority=f"{self.token_address}/{TENANT}",
                secure_listener=Listener.reserve(),
            )
        )
        authority = EntraService(EntraSettings(self.token_address, TENANT, {CLIENT: CLIENT_SECRET}, self._issuer))
        tls = self.authority.server_context()
        await self._open.enter_async_context(serve(entra_app(authority), entra, tls=tls))
        await self.event_grid.start()
        self._open.push_async_callback(self.event_grid.stop)
        await self._open.enter_async_context(serve(event_grid_app(self.event_grid), grid))
        await self._open.enter_async_context(serve(self._subscriber(), hook))
        await self._open.enter_async_context(serve(storage_app(self.storage), manager))
        await self.storage.start()
        self._open.push_async_callback(self.storage.stop)
        self.manager_address = manager.address()
        webhook = {"endpointType": "WebHook", "properties": {"endpointUrl": f"{hook.address()}/events"}}
        await self.event_grid.put_subscription(topic.resource_id, "observer", {"destination": webhook})

    def _subscriber(self) -> ASGIApp:
        async def subscriber(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            events = await request.json()
            answer: dict[str, Any] = {}
            if request.headers["aeg-event-type"] == "SubscriptionValidation":
                answer = {"validationResponse": events[0]["data"]["validationCode"]}
            else:
                self.events += events
            await JSONResponse(answer)(scope, receive, send)

        return subscriber

    def stop(self) -> None:
        self.run(self._open.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def service_client(self, account: str = ACCOUNT) -> BlobServiceClient:
        """Path style, straight to the door."""
        return BlobServiceClient.from_connection_string(self.storage.connection_string(account), retry_total=0)

    def credential(self) -> ClientSecretCredential:
        return ClientSecretCredential(
            TENANT,
            CLIENT,
            CLIENT_SECRET,
            authority=self.token_address,
            disable_instance_discovery=True,
            connection_verify=str(self.authority.bundle_pem),
        )

    def token_client(self, account: str = ACCOUNT, *, proxied: bool = False, **more: Any) -> BlobServiceClient:
        """With a token instead of a key: straight to the door over HTTPS, or through it as a proxy."""
        address = self.storage.secure_blob_endpoint(account)
        if proxied:
            address = f"https://{account}.blob.core.windows.net"
            more["proxies"] = {"https": self.storage.proxy_address}
        more = {"credential": self.credential(), "connection_verify": str(self.authority.bundle_pem), **more}
        return BlobServiceClient(address, retry_total=0, **more)

    def proxied_client(self, scheme: str, account: str = ACCOUNT) -> BlobServiceClient:
        """With the account's address of Azure, through the door as a proxy."""
        return BlobServiceClient(
            f"{scheme}://{account}.blob.core.windows.net",
            credential=self.keys[account],
            proxies={"http": self.storage.proxy_address, "https": self.storage.proxy_address},
            connection_verify=str(self.authority.bundle_pem),
            retry_total=0,
        )


class Box:
    """A fresh container and the events of its blobs."""

    def __init__(self, place: Place, client: ContainerClient) -> None:
        self._place = place
        self.client = client
        self.name: str = client.container_name

    def events(self) -> list[dict[str, Any]]:
        """All events of this container up to now, in the order of their arrival."""
        last = self._place.sentinels.upload_blob(uuid.uuid4().hex, b"")
        end = time.monotonic() + 10
        while not any(event["subject"].endswith(last.blob_name) for event in self._place.events):
            assert time.monotonic() < end, "the event of the last blob did not arrive"
            time.sleep(0.002)
        subject = f"/blobServices/default/containers/{self.name}/blobs/"
        return [event for event in self._place.events if event["subject"].startswith(subject)]

    def summary(self) -> list[tuple[str, str]]:
        """`(api, blob name)` of each event."""
        prefix = f"/blobServices/default/containers/{self.name}/blobs/"
        return [(event["data"]["api"], event["subject"].removeprefix(prefix)) for event in self.events()]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("storage"))
    yield place
    place.stop()


@pytest.fixture(params=["path style", "http proxy", "https proxy"])
def box(request: pytest.FixtureRequest, place: Place) -> Box:
    """A container, reached in each of the three ways."""
    way = request.param
    client = place.service_client() if way == "path style" else place.proxied_client(way.split()[0])
    return Box(place, client.create_container(f"c{uuid.uuid4().hex}"))


@pytest.fixture
def plain_box(place: Place) -> Box:
    """A container, reached in path style."""
    return Box(place, place.service_client().create_container(f"c{uuid.uuid4().hex}"))
