"""A Data Factory emulator on a real HTTPS socket, with a token authority, Resource Manager and Event Grid beside it
that do just what these tests need; clients are unmodified."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.mgmt.datafactory import DataFactoryManagementClient
from starlette.requests import Request
from starlette.responses import Response

from emulators.datafactory.routes import app
from emulators.datafactory.service import DataFactoryService, DataFactorySettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import RealClock
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import Route, build_app, empty_response, json_response, read_object
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import ARM_AUDIENCES, TokenIssuer

TENANT = "11111111-0000-4000-8000-000000000001"
SUBSCRIPTION = "22222222-0000-4000-8000-000000000002"
GROUP = "rg-Contracts"
STORAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/lake"
WAITING = {"name": "Hold", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 3600}}
QUICK = {"name": "Pause", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 0}}


@dataclass(frozen=True)
class Trust:
    """Certificates and tokens of the tests' cloud; making them takes longest, so all tests share them."""

    authority: LocalAuthority
    issuer: TokenIssuer

    def token(self, audience: str = "https://management.azure.com") -> str:
        return self.issuer.issue(client_id="developer", audience=audience, issuer="tests", now=datetime.now(UTC))

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """What azure.core's TokenCredential asks of a credential."""
        return AccessToken(self.token(scopes[0].removesuffix("/.default")), int(time.time()) + 3600)


class Neighbours:
    """Token authority, Resource Manager and Event Grid, as small as these contracts allow."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._verifier = trust.issuer.verifier()
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.refusal: str | None = None
        self.http = httpx.AsyncClient(verify=trust.authority.client_context(), trust_env=False)

    def app(self) -> Any:
        template = "/{scope:path}/providers/Microsoft.EventGrid/eventSubscriptions/{name}"
        routes = [
            Route("POST", "/{tenant}/oauth2/v2.0/token", self._token, public=True),
            Route("PUT", template, self._put),
            Route("GET", template, self._get),
            Route("DELETE", template, self._delete),
        ]
        return build_app(name="neighbours", routes=routes, render_error=arm_error, authenticate=self._authenticate)

    def endpoints(self, factory: str) -> list[str]:
        """The webhooks of a factory's subscriptions."""
        found = (document["properties"]["destination"]["properties"]["endpointUrl"] for document in self.all())
        return [endpoint for endpoint in found if f"/factories/{factory}/" in endpoint]

    def all(self) -> list[dict[str, Any]]:
        return list(self.subscriptions.values())

    async def publish(self, factory: str, event: Mapping[str, Any]) -> list[httpx.Response]:
        """Deliver an event to every webhook of a factory, as Event Grid does after its filters."""
        headers = {"aeg-event-type": "Notification"}
        return [await self.http.post(url, json=[event], headers=headers) for url in self.endpoints(factory)]

    async def _authenticate(self, request: Request) -> None:
        self._verifier.verify(request, ARM_AUDIENCES)

    async def _token(self, request: Request) -> Response:
        form = dict(pair.split("=", 1) for pair in (await request.body()).decode().split("&"))
        assert form["client_secret"] == "the-identitys-secret"
        return json_response({"access_token": self._trust.token(), "expires_in": 3599})

    async def _put(self, request: Request) -> Response:
        if self.refusal is not None:
            return json_response({"error": {"code": "Refused", "message": self.refusal}}, 400)
        document = await read_object(request)
        validation = {
            "id": "validation",
            "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
            "data": {"validationCode": "are-you-there"},
        }
        endpoint = document["properties"]["destination"]["properties"]["endpointUrl"]
        answer = await self.http.post(endpoint, json=[validation], headers={"aeg-event-type": "SubscriptionValidation"})
        assert answer.json() == {"validationResponse": "are-you-there"}
        document["properties"]["provisioningState"] = "Succeeded"
        self.subscriptions[request.url.path] = document
        return json_response(document, 201)

    async def _get(self, request: Request) -> Response:
        found = self.subscriptions.get(request.url.path)
        if found is None:
            return json_response({"error": {"code": "ResourceNotFound", "message": "no such subscription"}}, 404)
        return json_response(found)

    async def _delete(self, request: Request) -> Response:
        self.subscriptions.pop(request.url.path, None)
        return empty_response(200)


class Emulator:
    """The service under test with its neighbours, in an event loop of its own thread."""

    def __init__(self, trust: Trust, state: Path | None = None) -> None:
        self.trust = trust
        self._state = state
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.neighbours = Neighbours(trust)
        self._stack = contextlib.AsyncExitStack()
        self._port = 0
        self.address = ""
        self.run(self._open())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something in the services' loop and wait for it."""
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(30)

    def client(self) -> DataFactoryManagementClient:
        return DataFactoryManagementClient(
            self.trust,  # type: ignore[arg-type]
            SUBSCRIPTION,
            base_url=self.address,
            credential_scopes=["https://management.azure.com/.default"],
            connection_verify=str(self.trust.authority.bundle_pem),
            retry_total=0,
        )

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A bare request with a token."""
        headers = {"Authorization": f"Bearer {self.trust.token()}", **options.pop("headers", {})}
        with httpx.Client(verify=self.trust.authority.client_context(), trust_env=False) as http:
            return http.request(method, self.address + path, headers=headers, **options)

    def restart(self, *, kill: bool) -> None:
        """End the service, in good order or as a kill would, and start it again on the same state and address."""
        self.run(self._close(kill=kill))
        self.run(self._open())

    def close(self) -> None:
        self.run(self._close(kill=False))
        self.run(self.neighbours.http.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _open(self) -> None:
        own, beside = Listener.reserve(self._port), Listener.reserve()
        self._port, self.address = own.port, own.address("https")
        tls = self.trust.authority.server_context()
        self._store = DocumentStore(self._state)
        self.service = DataFactoryService(
            DataFactorySettings(
                resource_manager=beside.address("https"),
                authority=beside.address("https"),
                tenant_id=TENANT,
                client_id="the-identity",
                client_secret="the-identitys-secret",
                public_address=self.address,
                ca_bundle=self.trust.authority.bundle_pem,
                clock=RealClock(),
                store=self._store,
                verifier=self.trust.issuer.verifier(),
            )
        )
        await self._stack.enter_async_context(serve(self.neighbours.app(), beside, tls=tls))
        await self._stack.enter_async_context(serve(app(self.service), own, tls=tls))
        await self.service.start()

    async def _close(self, *, kill: bool) -> None:
        if kill:
            self._store.close()  # nothing is written any more, as after a kill
        with contextlib.suppress(Exception) if kill else contextlib.nullcontext():
            await self.service.stop()
        await self._stack.aclose()


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    issuer = TokenIssuer(TokenIssuer.generate(), TENANT)
    return Trust(LocalAuthority(tmp_path_factory.mktemp("certificates")), issuer)


@pytest.fixture(scope="module")
def emulator(trust: Trust) -> Iterator[Emulator]:
    emulator = Emulator(trust)
    yield emulator
    emulator.close()


@pytest.fixture
def durable(trust: Trust, tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that keeps its state in a file and can be restarted."""
    emulator = Emulator(trust, tmp_path / "state.sqlite")
    yield emulator
    emulator.close()


@dataclass
class InFactory:
    """A client and the names it works with, so that tests read like the operations they call."""

    emulator: Emulator
    client: DataFactoryManagementClient
    name: str
    group: str = GROUP

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{self.group}"
            f"/providers/Microsoft.DataFactory/factories/{self.name}"
        )

    def pipeline(self, name: str, *activities: Mapping[str, Any], **more: Any) -> Any:
        properties = {"activities": [dict(activity) for activity in activities or (QUICK,)], **more}
        return self.client.pipelines.create_or_update(self.group, self.name, name, {"properties": properties})

    def blob_trigger(self, name: str, pipeline: str, parameters: Mapping[str, Any], **more: Any) -> Any:
        properties = {
            "type": "BlobEventsTrigger",
            "pipelines": [
                {
                    "pipelineReference": {"referenceName": pipeline, "type": "PipelineReference"},
                    "parameters": dict(parameters),
                }
            ],
            "typeProperties": {
                "scope": STORAGE,
                "events": ["Microsoft.Storage.BlobCreated"],
                "blobPathBeginsWith": "/inputdata/blobs/",
                "ignoreEmptyBlobs": False,
                **more,
            },
        }
        return self.client.triggers.create_or_update(self.group, self.name, name, {"properties": properties})

    def start(self, trigger: str) -> None:
        self.client.triggers.begin_start(self.group, self.name, trigger).result()

    def stop(self, trigger: str) -> None:
        self.client.triggers.begin_stop(self.group, self.name, trigger).result()

    def publish(self, event: Mapping[str, Any]) -> list[httpx.Response]:
        """Deliver an event to the factory's triggers."""
        responses: list[httpx.Response] = self.emulator.run(self.emulator.neighbours.publish(self.name, event))
        return responses

    def endpoints(self) -> list[str]:
        return self.emulator.neighbours.endpoints(self.name)

    def window(self, **more: Any) -> dict[str, Any]:
        """A query over everything that can have happened."""
        now = datetime.now(UTC)
        around = {"lastUpdatedAfter": now - timedelta(days=1), "lastUpdatedBefore": now + timedelta(days=1)}
        return {**{key: value.isoformat() for key, value in around.items()}, **more}

    def trigger_runs(self) -> list[Any]:
        return list(self.client.trigger_runs.query_by_factory(self.group, self.name, self.window()).value)

    def pipeline_runs(self) -> list[Any]:
        return list(self.client.pipeline_runs.query_by_factory(self.group, self.name, self.window()).value)

    def ended(self, run_id: str) -> Any:
        """Wait until a run is over."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            run = self.client.pipeline_runs.get(self.group, self.name, run_id)
            if run.status not in ("Queued", "InProgress", "Canceling"):
                return run
            time.sleep(0.01)
        raise AssertionError(f"run {run_id} is still {run.status}")


@pytest.fixture
def new_factory(request: pytest.FixtureRequest) -> Callable[[Emulator], InFactory]:
    """Makes a factory of the test's own."""

    def make(emulator: Emulator) -> InFactory:
        client = emulator.client()
        request.addfinalizer(client.close)
        found = InFactory(emulator, client, f"factory-{time.monotonic_ns()}")
        client.factories.create_or_update(
            GROUP, found.name, {"location": "westeurope", "identity": {"type": "SystemAssigned"}}
        )
        return found

    return make


@pytest.fixture
def factory(emulator: Emulator, new_factory: Callable[[Emulator], InFactory]) -> InFactory:
    return new_factory(emulator)


def blob_event(
    path: str, *, container: str = "inputdata", identity: str = "event-1", length: int = 10
) -> dict[str, Any]:
    return {
        "topic": STORAGE,
        "subject": f"/blobServices/default/containers/{container}/blobs/{path}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": "2026-01-01T00:00:00.0000000Z",
        "id": identity,
        "data": {"api": "PutBlob", "contentLength": length, "blobType": "BlockBlob", "url": "http://x"},
        "dataVersion": "",
        "metadataVersion": "1",
    }


@pytest.fixture(name="blob_event")
def make_blob_event() -> Callable[..., dict[str, Any]]:
    """The event of a blob that was written."""
    return blob_event
