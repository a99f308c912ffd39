"""Event Grid over HTTP: subscriptions with their handshake, publishing, delivery and its repetition.

Emulated time is virtual: retries of hours take none.
"""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulators.eventgrid.routes import app
from emulators.eventgrid.service import EventGridService
from emulators.eventgrid.settings import EventGridSettings, TopicSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import VirtualClock
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer

START = datetime(2030, 1, 1, tzinfo=UTC)
GROUP = "/subscriptions/s/resourceGroups/r/providers"
ACCOUNT = f"{GROUP}/Microsoft.Storage/storageAccounts/acct"
CUSTOM = f"{GROUP}/Microsoft.EventGrid/topics/custom"


class Hook:
    """A webhook. `statuses` are its next answers, then 200; `received` what it took, with the time of the clock."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.handshake: Callable[[str], Response] = lambda code: JSONResponse({"validationResponse": code})
        self.handshakes: list[dict[str, Any]] = []
        self.attempts: list[tuple[float, list[dict[str, Any]], Any]] = []
        self.clock = VirtualClock(START)

    def app(self) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            events = await request.json()
            if request.headers["aeg-event-type"] == "SubscriptionValidation":
                self.handshakes += events
                response = self.handshake(events[0]["data"]["validationCode"])
            else:
                self.attempts.append(((self.clock.now() - START).total_seconds(), events, request.headers))
                response = Response(status_code=self.statuses.pop(0) if self.statuses else 200)
            await response(scope, receive, send)

        return answer

    def subjects(self) -> list[str]:
        return [event["subject"] for _, events, _ in self.attempts for event in events]

    async def attempted(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.attempts) < count:  # noqa: ASYNC110 - a test's patience
                await asyncio.sleep(0.001)


class Place:
    """A running Event Grid, its webhook and a client with a token."""

    def __init__(self, service: EventGridService, client: httpx.AsyncClient, hook: Hook, hook_url: str) -> None:
        self.service, self.client, self.hook, self.hook_url = service, client, hook, hook_url

    def destination(self, **more: Any) -> dict[str, Any]:
        return {"endpointType": "WebHook", "properties": {"endpointUrl": f"{self.hook_url}?code=secret", **more}}

    async def subscribe(self, scope: str = ACCOUNT, name: str = "sub", **properties: Any) -> httpx.Response:
        body = {"properties": {"destination": self.destination(), **properties}}
        return await self.client.put(item(scope, name), json=body)

    async def publish(self, *subjects: str, topic: str = "acct", **changes: Any) -> httpx.Response:
        events = [event(subject, **changes) for subject in subjects]
        return await self.client.post(
            f"/topics/{topic}/api/events", json=events, headers={"aeg-sas-key": f"{topic}-key"}
        )


def item(scope: str = ACCOUNT, name: str = "sub") -> str:
    return f"{scope}/providers/Microsoft.EventGrid/eventSubscriptions/{name}?api-version=2022-06-15"


def event(subject: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"id-{subject}",
        "subject": subject,
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": "2030-01-01T00:00:00Z",
        "data": {"contentLength": 1},
        "dataVersion": "",
        **changes,
    }


@functools.cache
def _issuer() -> TokenIssuer:
    return TokenIssuer(TokenIssuer.generate(), "tenant")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def running(
    folder: Path, authority: LocalAuthority, hook: Hook | None = None, hook_port: int = 0
) -> AsyncIterator[Place]:
    hook = hook or Hook()
    grid, hook_listener = Listener.reserve(), Listener.reserve(hook_port)
    issuer = _issuer()
    settings = EventGridSettings(
        clock=hook.clock,
        store=DocumentStore(folder / "state.db"),
        verifier=issuer.verifier(),
        topics={"acct": TopicSettings(ACCOUNT, "acct-key"), "custom": TopicSettings(CUSTOM, "custom-key")},
        ca_bundle=authority.bundle_pem,
        address=grid.address(),
    )
    service = EventGridService(settings)
    token = issuer.issue(client_id="c", audience="https://management.azure.com/", issuer="i", now=datetime.now(UTC))
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(serve(hook.app(), hook_listener))
        await service.start()
        opened.push_async_callback(service.stop)
        await opened.enter_async_context(serve(app(service), grid))
        client = httpx.AsyncClient(base_url=grid.address(), headers={"Authorization": f"Bearer {token}"})
        await opened.enter_async_context(client)
        yield Place(service, client, hook, f"{hook_listener.address()}/hook")


@pytest.fixture
async def place(tmp_path: Path, authority: LocalAuthority) -> AsyncIterator[Place]:
    async with running(tmp_path, authority) as place:
        yield place


async def test_a_subscription_is_made_seen_listed_and_deleted(place: Place) -> None:
    made = await place.subscribe(filter={"subjectBeginsWith": "/a"})
    assert made.status_code == 201
    seen = await place.client.get(item())
    assert seen.json() == made.json()
    properties = seen.json()["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["destination"]["properties"]["endpointBaseUrl"] == place.hook_url
    assert "secret" not in seen.text
    listed = await place.client.get(f"{ACCOUNT}/providers/Microsoft.EventGrid/eventSubscriptions")
    assert listed.json() == {"value": [made.json()]}
    full = await place.client.post(item().replace("sub?", "sub/getFullUrl?"))
    assert full.json() == {"endpointUrl": f"{place.hook_url}?code=secret"}
    assert (await place.client.delete(item())).status_code == 200
    assert (await place.client.delete(item())).status_code == 204
    gone = await place.client.get(item())
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ResourceNotFound")


async def test_the_handshake_sends_the_documented_event(place: Place) -> None:
    await place.subscribe()
    (sent,) = place.hook.handshakes
    assert sent["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent"
    assert sent["topic"] == ACCOUNT
    assert sent["subject"] == ""
    assert set(sent["data"]) == {"validationCode", "validationUrl"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda code: Response(status_code=500), "failed with response code 500"),
        (lambda code: JSONResponse({"validationResponse": "wrong"}), "does not hold the validation code"),
    ],
)
async def test_a_webhook_that_does_not_want_events_gets_none(
    place: Place, answer: Callable[[str], Response], said: str
) -> None:
    place.hook.handshake = answer
    refused = await place.subscribe()
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Url validation")
    assert said in refused.json()["error"]["message"]
    assert (await place.client.get(item())).status_code == 404


async def test_a_webhook_that_is_not_there_is_named(place: Place) -> None:
    gone = Listener.reserve()
    gone.close()
    body = {"endpointType": "WebHook", "properties": {"endpointUrl": f"{gone.address()}/x?code=secret"}}
    refused = await place.subscribe(destination=body)
    assert refused.json()["error"]["code"] == "Url validation"
    assert gone.address() in refused.text
    assert "secret" not in refused.text


async def test_a_person_can_open_the_validation_address(place: Place) -> None:
    place.hook.handshake = lambda code: Response(status_code=200)
    with place.hook.clock.work():
        made = await place.subscribe()
        assert made.json()["properties"]["provisioningState"] == "AwaitingManualAction"
        await place.publish("/too-early")
        address = place.hook.handshakes[0]["data"]["validationUrl"]
        assert (await place.client.get(address)).status_code == 200
        assert (await place.client.get(item())).json()["properties"]["provisioningState"] == "Succeeded"
        assert (await place.client.get(address)).status_code == 404
    await place.publish("/now")
    await place.hook.attempted(1)
    assert place.hook.subjects() == ["/now"]


async def test_nobody_opens_the_validation_address_in_time(place: Place) -> None:
    place.hook.handshake = lambda code: Response(status_code=200)
    await place.subscribe()
    await place.hook.clock.sleep(601)
    assert (await place.client.get(item())).json()["properties"]["provisioningState"] == "Failed"


async def test_an_event_arrives_alone_as_an_array_with_the_documented_headers(place: Place) -> None:
    await place.subscribe(name="MySub")
    assert (await place.publish("/a")).status_code == 200
    await place.hook.attempted(1)
    ((_, events, headers),) = place.hook.attempts
    assert events == [{**event("/a"), "topic": ACCOUNT, "metadataVersion": "1"}]
    assert headers["aeg-event-type"] == "Notification"
    assert headers["aeg-subscription-name"] == "MYSUB"
    assert headers["aeg-delivery-count"] == "0"
    assert headers["aeg-metadata-version"] == "1"
    assert headers["content-type"] == "application/json"


async def test_events_arrive_in_order_and_only_those_wanted(place: Place) -> None:
    await place.subscribe(
        filter={
            "subjectBeginsWith": "/in/",
            "subjectEndsWith": ".csv",
            "advancedFilters": [{"operatorType": "NumberGreaterThan", "key": "data.contentLength", "value": 0}],
        }
    )
    await place.publish(*(f"/in/{number}.csv" for number in range(20)), "/out/1.csv", "/in/1.txt")
    await place.publish("/in/empty.csv", data={"contentLength": 0})
    await place.publish("/in/deleted.csv", eventType="Microsoft.Storage.BlobRenamed")
    await place.publish("/in/last.csv")
    await place.hook.attempted(21)
    assert place.hook.subjects() == [*(f"/in/{number}.csv" for number in range(20)), "/in/last.csv"]


async def test_batches_when_asked(place: Place) -> None:
    await place.subscribe(destination=place.destination(maxEventsPerBatch=10))
    await place.publish(*(f"/{number}" for number in range(20)))
    await place.hook.attempted(2)
    assert [len(events) for _, events, _ in place.hook.attempts] == [10, 10]


async def test_topics_do_not_mix(place: Place) -> None:
    await place.subscribe(CUSTOM)
    await place.publish("/account")
    await place.publish("/custom", topic="custom", eventType="Anything")
    await place.hook.attempted(1)
    assert place.hook.subjects() == ["/custom"]


async def test_failed_deliveries_are_tried_again_on_the_documented_schedule(place: Place) -> None:
    await place.subscribe()
    place.hook.statuses = [500, 503, 500]
    await place.publish("/a")
    await place.hook.attempted(4)
    assert [round(at) for at, _, _ in place.hook.attempts] == [0, 10, 40, 100]
    assert [headers["aeg-delivery-count"] for _, _, headers in place.hook.attempts] == ["0", "1", "2", "3"]


async def test_a_failed_event_holds_up_none_behind_it(place: Place) -> None:
    await place.subscribe()
    place.hook.statuses = [500]
    with place.hook.clock.work():
        await place.publish("/bad", "/good")
        await place.hook.attempted(2)
        assert place.hook.subjects() == ["/bad", "/good"]
    await place.hook.attempted(3)
    assert place.hook.subjects() == ["/bad", "/good", "/bad"]


async def test_final_answers_end_the_attempts_aloud(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    await place.subscribe()
    place.hook.statuses = [404]
    await place.publish("/lost")
    await place.hook.attempted(1)
    await place.hook.clock.sleep(100_000)
    assert place.hook.subjects() == ["/lost"]
    assert "id-/lost" in caplog.text
    assert "UndeliverableDueToClientError" in caplog.text


async def test_attempts_are_limited(place: Place) -> None:
    await place.subscribe(retryPolicy={"maxDeliveryAttempts": 2, "eventTimeToLiveInMinutes": 1440})
    place.hook.statuses = [500] * 5
    await place.publish("/a")
    await place.hook.clock.sleep(100_000)
    assert len(place.hook.attempts) == 2


async def test_a_deleted_subscription_gets_nothing_more(place: Place) -> None:
    await place.subscribe()
    place.hook.statuses = [500]
    with place.hook.clock.work():
        await place.publish("/a")
        await place.hook.attempted(1)
        await place.client.delete(item())
    await place.hook.clock.sleep(100_000)
    assert len(place.hook.attempts) == 1


async def test_a_subscription_expires(place: Place) -> None:
    await place.subscribe(expirationTimeUtc="2030-01-01T01:00:00Z")
    await place.publish("/before")
    await place.hook.attempted(1)
    await place.hook.clock.sleep(3601)
    await place.publish("/after")
    await place.hook.clock.sleep(10)
    assert place.hook.subjects() == ["/before"]


async def test_a_subscription_can_be_changed(place: Place) -> None:
    await place.subscribe()
    changed = await place.client.patch(item(), json={"filter": {"subjectBeginsWith": "/b"}, "labels": ["x"]})
    assert changed.status_code == 201
    assert changed.json()["properties"]["labels"] == ["x"]
    await place.publish("/a", "/b")
    await place.hook.attempted(1)
    assert place.hook.subjects() == ["/b"]


async def test_undelivered_events_and_subscriptions_outlive_the_service(
    tmp_path: Path, authority: LocalAuthority
) -> None:
    hook = Hook()
    async with running(tmp_path, authority, hook) as place:
        port = int(place.hook_url.split(":")[2].split("/")[0])
        await place.subscribe()
        hook.statuses = [500, 500]
        with hook.clock.work():
            await place.publish("/a", "/b")
            await hook.attempted(2)
    async with running(tmp_path, authority, hook, port) as place:
        await hook.attempted(4)
        assert hook.subjects() == ["/a", "/b", "/a", "/b"]
        await place.publish("/c")
        await hook.attempted(5)


async def test_publishers_without_the_key_are_refused(place: Place) -> None:
    for headers in ({}, {"aeg-sas-key": "wrong"}, {"aeg-sas-token": "r=x"}):
        answer = await place.client.post("/topics/acct/api/events", json=[event("/a")], headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Unauthorized")


async def test_publishers_learn_what_is_wrong(place: Place) -> None:
    answer = await place.publish("/a", eventTime="never")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert "eventTime" in answer.json()["error"]["message"]
    assert (await place.publish("/a", topic="unknown")).status_code == 404


async def test_management_wants_a_token_of_this_cloud(place: Place) -> None:
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer x.y.z"}):
        answer = await place.client.get(item(), headers=headers)
        assert answer.status_code == 401


async def test_a_scope_that_is_no_topic_is_not_found(place: Place) -> None:
    answer = await place.subscribe(f"{GROUP}/Microsoft.Storage/storageAccounts/other")
    assert answer.status_code == 404
    assert ACCOUNT in answer.json()["error"]["message"]


async def test_what_is_not_emulated_is_refused_by_name(place: Place) -> None:
    answer = await place.subscribe(deadLetterDestination={"endpointType": "StorageBlob", "properties": {}})
    assert answer.status_code == 501
    assert "deadLetterDestination" in answer.json()["error"]["message"]
    assert (await place.client.get(f"{GROUP}/Microsoft.EventGrid/domains/d")).status_code == 501


async def test_names_and_scopes_ignore_case(place: Place) -> None:
    await place.subscribe()
    other = item(ACCOUNT.replace("storageAccounts", "STORAGEACCOUNTS"), "SUB").replace(
        "eventSubscriptions", "EventSubscriptions"
    )
    assert (await place.client.get(other)).json()["name"] == "sub"
