"""The road of an event over the emulators that really answer: Resource Manager, Event Grid, Entra ID, Data Factory."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from azure.core.credentials import AzureKeyCredential
from azure.eventgrid import EventGridEvent, EventGridPublisherClient

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
TOPIC = f"{GROUP}/providers/Microsoft.EventGrid/topics/orders"
FACTORY = f"{GROUP}/providers/Microsoft.DataFactory/factories/contracts"


class Cloud:
    """The four services, and a client that speaks to them as anybody would: through Resource Manager."""

    def __init__(self, http: httpx.AsyncClient, event_grid: str) -> None:
        self._http = http
        self._event_grid = event_grid

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        return await self.arm(method, f"{FACTORY}{path}", body, "2018-06-01")

    async def arm(self, method: str, resource_id: str, body: Any = None, version: str = "2022-06-15") -> Any:
        answer = await self._http.request(method, f"{resource_id}?api-version={version}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def publish(self, *events: Any) -> None:
        answer = await self._http.post(
            f"{self._event_grid}/topics/lake/api/events", json=list(events), headers={"aeg-sas-key": "topic-key"}
        )
        assert answer.is_success, answer.text

    async def runs(self, count: int, query: str = "queryPipelineRuns") -> list[Any]:
        """So many pipeline runs, or trigger runs, once there are as many."""
        window = {"lastUpdatedAfter": "2000-01-01T00:00:00Z", "lastUpdatedBefore": "2100-01-01T00:00:00Z"}
        async with asyncio.timeout(10):
            while True:
                found = (await self.call("POST", f"/{query}", window))["value"]
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
            EventGridSettings(
                clock,
                DocumentStore(),
                verifier,
                {"lake": TopicSettings(STORAGE, "topic-key")},
                bundle,
                address["eventgrid"],
            )
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


async def test_an_application_sets_a_pipeline_off_through_a_topic_of_its_own(cloud: Cloud) -> None:
    """Topic, trigger and event as their owners make them: Resource Manager, Data Factory, azure-eventgrid."""
    topic = await cloud.arm("PUT", TOPIC, {"location": "westeurope"})
    keys = await cloud.arm("POST", f"{TOPIC}/listKeys")
    publisher = EventGridPublisherClient(topic["properties"]["endpoint"], AzureKeyCredential(keys["key1"]))

    async def happens(subject: str, kind: str = "Order.Placed", **data: Any) -> None:
        await asyncio.to_thread(publisher.send, EventGridEvent(subject, kind, data, "1.0"))

    await cloud.call("PUT", "", {"location": "westeurope"})
    parameters = {"order": {"type": "Int"}, "what": {"type": "String"}}
    pause = {"name": "Pause", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 0}}
    await cloud.call("PUT", "/pipelines/ship", {"properties": {"activities": [pause], "parameters": parameters}})
    values = {"order": "@triggerBody().event.data.number", "what": "@triggerBody().event.subject"}
    reference = {"referenceName": "ship", "type": "PipelineReference"}
    trigger = {
        "type": "CustomEventsTrigger",
        "pipelines": [{"pipelineReference": reference, "parameters": values}],
        "typeProperties": {"scope": TOPIC, "events": ["Order.Placed"], "subjectBeginsWith": "/shop/"},
    }
    await cloud.call("PUT", "/triggers/an order comes", {"properties": trigger})
    await cloud.call("POST", "/triggers/an order comes/start")
    await happens("/office/chair", number=1)
    await happens("/shop/chair", "Order.Cancelled", number=2)
    await happens("/shop/chair", number=3)
    [run] = await cloud.runs(1)
    assert run["parameters"] == {"order": "3", "what": "/shop/chair"}
    assert run["invokedBy"]["invokedByType"] == "CustomEventsTrigger"

    await happens("/shop/table", colour="blue")
    failed = next(found for found in await cloud.runs(2, "queryTriggerRuns") if found["status"] == "Failed")
    assert "property 'number' doesn't exist" in failed["message"]
    assert failed["triggeredPipelines"] == {}

    await cloud.call("POST", "/triggers/an order comes/stop")
    await happens("/shop/lamp", number=4)
    assert len(await cloud.runs(1)) == 1
    assert (await cloud.arm("GET", f"{TOPIC}/eventSubscriptions"))["value"] == []
