"""The road of an event over the emulators that really answer: Resource Manager, Event Grid, Entra ID, Data Factory."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from emulators.datafactory import routes as datafactory
from emulators.datafactory.service import DataFactoryService, DataFactorySettings
from emulators.entra import routes as entra
from emulators.entra.service import EntraService, EntraSettings
from emulators.eventgrid import routes as eventgrid
from emulators.eventgrid.service import EventGridService
from emulators.eventgrid.settings import EventGridSettings, TopicSettings
from emulators.kernel.clock import RealClock
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.resourcemanager import routes as resourcemanager
from emulators.resourcemanager.service import ResourceManagerService, ResourceManagerSettings

TENANT = "11111111-0000-4000-8000-000000000001"
SUBSCRIPTION = "22222222-0000-4000-8000-000000000002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-Contracts"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/lake"
FACTORY = f"{GROUP}/providers/Microsoft.DataFactory/factories/contracts"


class Cloud:
    """The four services, and a client that speaks to them as anybody would: through Resource Manager."""

    def __init__(self, http: httpx.AsyncClient, event_grid: str) -> None:
        self._http = http
        self._event_grid = event_grid

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, f"{FACTORY}{path}?api-version=2018-06-01", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def publish(self, *events: Any) -> None:
        answer = await self._http.post(
            f"{self._event_grid}/topics/lake/api/events", json=list(events), headers={"aeg-sas-key": "topic-key"}
        )
        assert answer.is_success, answer.text

    async def runs(self, count: int) -> list[Any]:
        window = {"lastUpdatedAfter": "2000-01-01T00:00:00Z", "lastUpdatedBefore": "2100-01-01T00:00:00Z"}
        async with asyncio.timeout(10):
            while True:
                found = (await self.call("POST", "/queryPipelineRuns", window))["value"]
                if len(found) >= count:
                    return list(found)
                await asyncio.sleep(0.01)


@pytest.fixture
async def cloud(trust: Any) -> AsyncIterator[Cloud]:
    names = ("resourcemanager", "entra", "eventgrid", "datafactory")
    listeners = {name: Listener.reserve() for name in names}
    https = {"resourcemanager", "entra"}
    address = {name: listener.address("https" if name in https else "http") for name, listener in listeners.items()}
    verifier, bundle, clock = trust.issuer.verifier(), trust.authority.bundle_pem, RealClock()
    services: dict[str, Any] = {
        "entra": EntraService(
            EntraSettings(address["entra"], TENANT, {"factory-identity": "identity-secret"}, trust.issuer)
        ),
        "eventgrid": EventGridService(
            EventGridSettings(clock, DocumentStore(), verifier, {"lake": TopicSettings(STORAGE, "topic-key")}, bundle)
        ),
        "resourcemanager": ResourceManagerService(
            ResourceManagerSettings(
                address=address["resourcemanager"],
                tenant_id=TENANT,
                subscription_id=SUBSCRIPTION,
                subscription_name="contracts",
                resource_groups=("rg-Contracts",),
                location="westeurope",
                providers={
                    "Microsoft.DataFactory": address["datafactory"],
                    "Microsoft.EventGrid": address["eventgrid"],
                },
                store=DocumentStore(),
                clock=clock,
                verifier=verifier,
                ca_bundle=bundle,
            )
        ),
        "datafactory": DataFactoryService(
            DataFactorySettings(
                resource_manager=address["resourcemanager"],
                authority=address["entra"],
                tenant_id=TENANT,
                client_id="factory-identity",
                client_secret="identity-secret",
                public_address=address["datafactory"],
                ca_bundle=bundle,
                clock=clock,
                store=DocumentStore(),
                verifier=verifier,
            )
        ),
    }
    applications = {
        "entra": entra.app(services["entra"]),
        "eventgrid": eventgrid.app(services["eventgrid"]),
        "resourcemanager": resourcemanager.app(services["resourcemanager"]),
        "datafactory": datafactory.app(services["datafactory"]),
    }
    async with contextlib.AsyncExitStack() as stack:
        for name, listener in listeners.items():
            tls = trust.authority.server_context() if name in https else None
            await stack.enter_async_context(serve(applications[name], listener, tls=tls))
            await services[name].start()
            stack.push_async_callback(services[name].stop)
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=address["resourcemanager"],
                verify=trust.authority.client_context(),
                headers={"Authorization": f"Bearer {trust.token()}"},
                trust_env=False,
            )
        )
        yield Cloud(http, address["eventgrid"])


async def _started(cloud: Cloud, **type_properties: Any) -> None:
    await cloud.call("PUT", "", {"location": "westeurope"})
    pause = {"name": "Pause", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 0}}
    parameters = {"fileName": {"type": "String"}, "folderPath": {"type": "String"}}
    await cloud.call("PUT", "/pipelines/ingest", {"properties": {"activities": [pause], "parameters": parameters}})
    reference = {"referenceName": "ingest", "type": "PipelineReference"}
    values = {"fileName": "@triggerBody().fileName", "folderPath": "@triggerBody().folderPath"}
    trigger = {
        "type": "BlobEventsTrigger",
        "pipelines": [{"pipelineReference": reference, "parameters": values}],
        "typeProperties": {
            "scope": STORAGE,
            "events": ["Microsoft.Storage.BlobCreated"],
            "blobPathBeginsWith": "/inputdata/blobs/",
            **type_properties,
        },
    }
    await cloud.call("PUT", "/triggers/a file arrives", {"properties": trigger})
    await cloud.call("POST", "/triggers/a file arrives/start")


async def test_only_the_blobs_that_the_trigger_wants_start_a_run(
    cloud: Cloud, blob_event: Callable[..., dict[str, Any]]
) -> None:
    await _started(cloud, blobPathEndsWith=".csv")
    assert (await cloud.call("POST", "/triggers/a file arrives/getEventSubscriptionStatus"))["status"] == "Enabled"

    def event(path: str, **more: Any) -> dict[str, Any]:
        return blob_event(path, identity=str(uuid.uuid4()), **more)

    too_early = event("a.csv")
    too_early["data"]["api"] = "CreateFile"
    deleted = event("a.csv") | {"eventType": "Microsoft.Storage.BlobDeleted"}
    await cloud.publish(
        event("a.txt"), event("a.csv", container="other"), event("empty.csv", length=0), too_early, deleted
    )
    await cloud.publish(event("2030/größer + 100%.csv"))
    [run] = await cloud.runs(1)
    assert run["parameters"] == {"fileName": "größer + 100%.csv", "folderPath": "inputdata/2030"}
    await cloud.call("POST", "/triggers/a file arrives/stop")
    assert (await cloud.call("POST", "/triggers/a file arrives/getEventSubscriptionStatus"))["status"] == "Disabled"
    await cloud.publish(event("late.csv"))
    assert len(await cloud.runs(1)) == 1


async def test_a_file_without_content_is_told_about_when_it_is_wanted(
    cloud: Cloud, blob_event: Callable[..., dict[str, Any]]
) -> None:
    await _started(cloud, ignoreEmptyBlobs=False)
    await cloud.publish(blob_event("empty.csv", length=0, identity="empty"))
    await cloud.publish(blob_event("empty.csv", length=0, identity="empty"))
    await cloud.publish(blob_event("full.csv", identity="full"))
    runs = await cloud.runs(2)
    assert sorted(run["parameters"]["fileName"] for run in runs) == ["empty.csv", "full.csv"]
