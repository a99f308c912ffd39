"""Event Grid through Azure's own clients, unmodified, over HTTPS. Skipped, saying so, where they are not installed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from emulators.eventgrid.routes import app
from emulators.eventgrid.service import EventGridService
from emulators.eventgrid.settings import EventGridSettings, TopicSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import RealClock
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer

eventgrid = pytest.importorskip("azure.eventgrid")
management = pytest.importorskip("azure.mgmt.eventgrid")

SCOPE = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/acct"


class Credential:
    """A token of this cloud's issuer, as azure-identity would hand it out."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


class Place:
    """Addresses and clients of a running Event Grid."""

    def __init__(self, address: str, token: str, hook: str) -> None:
        self.address, self.hook = address, hook
        self.received: list[dict[str, Any]] = []
        self.manager = management.EventGridManagementClient(
            Credential(token),
            "s",
            base_url=address,
            credential_scopes=["https://management.azure.com/.default"],
            retry_total=0,
        )

    def publisher(self, key: str = "topic-key") -> Any:
        return eventgrid.EventGridPublisherClient(
            f"{self.address}/topics/acct/api/events",
            AzureKeyCredential(key),
            retry_total=0,
        )

    def subscription(self, **more: Any) -> Any:
        models = management.models
        destination = models.WebHookEventSubscriptionDestination(endpoint_url=f"{self.hook}?code=secret")
        return models.EventSubscription(destination=destination, **more)

    def has(self, count: int) -> list[str]:
        end = time.monotonic() + 10
        while len(self.received) < count:
            assert time.monotonic() < end, "the events did not arrive"
            time.sleep(0.005)
        return [event["subject"] for event in self.received]


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    authority, issuer = LocalAuthority(tmp_path), TokenIssuer(TokenIssuer.generate(), "tenant")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle_pem))
    grid, hook = Listener.reserve(), Listener.reserve()
    topics = {"acct": TopicSettings(SCOPE, "topic-key")}
    address = grid.address("https")
    service = EventGridService(
        EventGridSettings(RealClock(), DocumentStore(), issuer.verifier(), topics, authority.bundle_pem, address)
    )
    token = issuer.issue(client_id="c", audience="https://management.azure.com", issuer="i", now=datetime.now(UTC))
    place = Place(address, token, f"{hook.address('https')}/hook")

    async def webhook(scope: Scope, receive: Receive, send: Send) -> None:
        events = await Request(scope, receive).json()
        code = events[0]["data"].get("validationCode")
        if code is None:
            place.received += events
        await JSONResponse({"validationResponse": code})(scope, receive, send)

    tls = authority.server_context("localhost")
    async with AsyncExitStack() as opened:
        await service.start()
        opened.push_async_callback(service.stop)
        await opened.enter_async_context(serve(app(service), grid, tls=tls))
        await opened.enter_async_context(serve(webhook, hook, tls=tls))
        yield place


async def test_the_management_client_makes_changes_and_deletes_a_subscription(place: Place) -> None:
    def use() -> None:
        subscriptions, models = place.manager.event_subscriptions, management.models
        positive = models.NumberGreaterThanAdvancedFilter(key="data.contentLength", value=0)
        rule = models.EventSubscriptionFilter(subject_begins_with="/in", advanced_filters=[positive])
        made = subscriptions.begin_create_or_update(SCOPE, "sub", place.subscription(filter=rule)).result()
        assert made.provisioning_state == "Succeeded"
        assert made.destination.endpoint_base_url == place.hook
        found = subscriptions.get(SCOPE, "sub")
        assert found.filter.subject_begins_with == "/in"
        assert found.filter.advanced_filters[0].value == 0
        assert subscriptions.get_full_url(SCOPE, "sub").endpoint_url == f"{place.hook}?code=secret"
        listed = subscriptions.list_by_resource("r", "Microsoft.Storage", "storageAccounts", "acct")
        assert [one.name for one in listed] == ["sub"]
        changed = models.EventSubscriptionUpdateParameters(labels=["new"])
        assert subscriptions.begin_update(SCOPE, "sub", changed).result().labels == ["new"]
        subscriptions.begin_delete(SCOPE, "sub").result()
        with pytest.raises(ResourceNotFoundError):
            subscriptions.get(SCOPE, "sub")

    await asyncio.to_thread(use)


async def test_the_publisher_client_reaches_the_subscriber(place: Place) -> None:
    def use() -> None:
        place.manager.event_subscriptions.begin_create_or_update(SCOPE, "sub", place.subscription()).result()
        kind = "Microsoft.Storage.BlobCreated"
        place.publisher().send([eventgrid.EventGridEvent(f"/{n}", kind, {"n": n}, "1.0") for n in range(5)])
        assert place.has(5) == [f"/{n}" for n in range(5)]

    await asyncio.to_thread(use)


async def test_the_clients_understand_the_errors(place: Place) -> None:
    def use() -> None:
        with pytest.raises(ClientAuthenticationError):
            place.publisher("wrong").send([eventgrid.EventGridEvent("/a", "A", {}, "1")])
        with pytest.raises(HttpResponseError) as refused:
            place.manager.event_subscriptions.begin_create_or_update(
                SCOPE, "sub", place.subscription(event_delivery_schema="CloudEventSchemaV1_0")
            ).result()
        assert refused.value.status_code == 501
        assert refused.value.error.code == "NotImplemented"

    await asyncio.to_thread(use)


TOPIC = "/subscriptions/s/resourceGroups/r/providers/Microsoft.EventGrid/topics/orders"


async def test_a_custom_topic_is_made_found_changed_and_deleted(place: Place) -> None:
    def use() -> None:
        topics, models = place.manager.topics, management.models
        made = topics.begin_create_or_update("r", "orders", models.Topic(location="westeurope")).result()
        assert (made.id, made.provisioning_state, made.input_schema) == (TOPIC, "Succeeded", "EventGridSchema")
        assert made.endpoint == f"{place.address}/topics/orders/api/events"
        keys = topics.list_shared_access_keys("r", "orders")
        again = topics.begin_create_or_update("r", "ORDERS", models.Topic(location="westeurope", tags={"a": "b"}))
        assert again.result().tags == {"a": "b"}
        assert topics.list_shared_access_keys("r", "orders").key1 == keys.key1, "a changed topic keeps its keys"
        topics.begin_update("r", "orders", models.TopicUpdateParameters(tags={"c": "d"})).result()
        assert topics.get("r", "orders").tags == {"c": "d"}
        assert [topic.name for topic in topics.list_by_resource_group("r")] == ["orders"]
        assert [topic.name for topic in topics.list_by_subscription()] == ["orders"]
        assert list(topics.list_by_resource_group("other")) == []
        fresh = topics.begin_regenerate_key("r", "orders", models.TopicRegenerateKeyRequest(key_name="key2")).result()
        assert (fresh.key1, fresh.key2 != keys.key2) == (keys.key1, True)
        topics.begin_delete("r", "orders").result()
        with pytest.raises(ResourceNotFoundError):
            topics.get("r", "orders")
        topics.begin_delete("r", "orders").result()

    await asyncio.to_thread(use)


async def test_events_of_a_custom_topic_reach_its_subscriber_with_either_key(place: Place) -> None:
    def use() -> None:
        topics, models = place.manager.topics, management.models
        topic = topics.begin_create_or_update("r", "orders", models.Topic(location="westeurope")).result()
        keys = topics.list_shared_access_keys("r", "orders")
        rule = models.EventSubscriptionFilter(subject_begins_with="/shop")
        wanted = place.subscription(filter=rule)
        subscriptions = place.manager.topic_event_subscriptions
        subscriptions.begin_create_or_update("r", "orders", "sub", wanted).result()
        assert [one.name for one in subscriptions.list("r", "orders")] == ["sub"]
        assert place.manager.event_subscriptions.get(TOPIC, "sub").topic == TOPIC, "the same one at its scope"
        for number, key in enumerate((keys.key1, keys.key2)):
            publisher = eventgrid.EventGridPublisherClient(topic.endpoint, AzureKeyCredential(key), retry_total=0)
            publisher.send(eventgrid.EventGridEvent("/other", "Order.Placed", {}, "1.0"))
            publisher.send(eventgrid.EventGridEvent(f"/shop/{number}", "Order.Placed", {}, "1.0"))
        assert place.has(2) == ["/shop/0", "/shop/1"]
        stranger = eventgrid.EventGridPublisherClient(topic.endpoint, AzureKeyCredential("no"), retry_total=0)
        with pytest.raises(ClientAuthenticationError):
            stranger.send(eventgrid.EventGridEvent("/shop", "Order.Placed", {}, "1.0"))
        topics.begin_delete("r", "orders").result()
        with pytest.raises(ResourceNotFoundError):
            place.manager.event_subscriptions.get(TOPIC, "sub")

    await asyncio.to_thread(use)


@pytest.mark.parametrize(
    ("name", "body", "status", "told"),
    [
        ("no_name", {"location": "x"}, 400, "3 to 50 letters, digits and hyphens"),
        ("orders", {}, 400, "location property is required"),
        ("orders", {"location": "x", "input_schema": "CloudEventSchemaV1_0"}, 501, "'CloudEventSchemaV1_0'"),
        ("orders", {"location": "x", "disable_local_auth": True}, 501, "'disableLocalAuth'"),
        ("orders", {"location": "x", "identity": {"type": "SystemAssigned"}}, 501, "'identity'"),
        ("acct", {"location": "x"}, 409, "Topic with the specified name already exists"),
    ],
)
async def test_a_topic_that_cannot_be_is_refused(place: Place, name: str, body: Any, status: int, told: str) -> None:
    def use() -> None:
        topic = management.models.Topic(**{"location": None, **body})
        with pytest.raises(HttpResponseError) as refused:
            place.manager.topics.begin_create_or_update("r", name, topic).result()
        assert refused.value.status_code == status
        assert told in refused.value.message

    await asyncio.to_thread(use)


async def test_what_a_publisher_does_wrong_is_told(place: Place) -> None:
    def use() -> None:
        topics, models = place.manager.topics, management.models
        closed = models.Topic(location="westeurope", public_network_access="Disabled")
        endpoint = topics.begin_create_or_update("r", "orders", closed).result().endpoint
        key = AzureKeyCredential(topics.list_shared_access_keys("r", "orders").key1)
        publisher = eventgrid.EventGridPublisherClient(endpoint, key, retry_total=0)
        event = eventgrid.EventGridEvent("/a", "Order.Placed", {"text": "x" * (1 << 20)}, "1.0")
        with pytest.raises(HttpResponseError, match="IpAddress filtering rules") as refused:
            publisher.send(eventgrid.EventGridEvent("/a", "Order.Placed", {}, "1.0"))
        assert refused.value.status_code == 403
        topics.begin_update("r", "orders", models.TopicUpdateParameters(public_network_access="Enabled")).result()
        with pytest.raises(HttpResponseError, match="1 MB") as refused:
            publisher.send(event)
        assert refused.value.status_code == 413
        nobody = eventgrid.EventGridPublisherClient(endpoint.replace("orders", "nobody"), key, retry_total=0)
        with pytest.raises(ResourceNotFoundError, match="Resource not found"):
            nobody.send(eventgrid.EventGridEvent("/a", "Order.Placed", {}, "1.0"))

    await asyncio.to_thread(use)
