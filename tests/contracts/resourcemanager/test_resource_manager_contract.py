"""Resource Manager as unmodified clients meet it: azure-mgmt-core's pipeline and azure-mgmt-datafactory, over HTTPS.

The provider behind it is a small one of the test's own that says what reached it.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.mgmt.datafactory.models import Factory
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import RealClock
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import build_app, json_response
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer
from emulators.resourcemanager.routes import app
from emulators.resourcemanager.service import ResourceManagerService, ResourceManagerSettings

SIGNING_KEY = TokenIssuer.generate()
VERSION = {"api-version": "2021-04-01"}
BIG = b"0123456789abcdef" * 65536  # 1 MiB: more than is sent in one piece


@dataclass
class Seen:
    """What reached the provider, newest last."""

    requests: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    address: str
    provider: str
    subscription: str
    token: str
    ca: LocalAuthority
    seen: Seen
    client: httpx.AsyncClient
    direct: httpx.AsyncClient

    def url(self, path: str) -> str:
        return f"{self.address}/subscriptions/{self.subscription}{path}"


def provider_app(seen: Seen) -> Any:
    async def answer(request: Request) -> Response:
        body = await request.body()
        seen.requests.append(
            {
                "method": request.method,
                "path": request.scope["raw_path"].decode(),
                "query": request.url.query,
                "headers": dict(request.headers),
                "body": body,
            }
        )
        if request.method == "DELETE":
            return Response(status_code=204)
        if request.url.path.endswith("/big"):
            return StreamingResponse(iter([BIG[:100], BIG[100:]]), media_type="application/octet-stream")
        if request.url.path.endswith("/refused"):
            return json_response({"error": {"code": "Theirs", "message": "no"}}, 409, {"x-ms-request-id": "theirs"})
        document = {"name": request.url.path.rsplit("/", 1)[-1], "location": "westeurope", "properties": {}}
        return json_response(document, headers={"etag": '"7"'})

    return build_app(name="provider", routes=[], render_error=arm_error, fallback=answer)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    ca, seen = LocalAuthority(tmp_path), Seen()
    front, behind, nobody = Listener.reserve(), Listener.reserve(), Listener.reserve()
    tenant, subscription = str(uuid.uuid4()), str(uuid.uuid4())
    issuer = TokenIssuer(SIGNING_KEY, tenant)
    token = issuer.issue(client_id="c", audience="https://management.azure.com", issuer="i", now=datetime.now(UTC))
    nobody.close()
    service = ResourceManagerService(
        ResourceManagerSettings(
            address=front.address("https"),
            tenant_id=tenant,
            subscription_id=subscription,
            subscription_name="test",
            resource_groups=["rg-declared"],
            location="westeurope",
            providers={
                "microsoft.datafactory": behind.address(),
                "Microsoft.EventGrid": behind.address(),
                "Microsoft.Nobody": nobody.address(),
            },
            store=DocumentStore(),
            clock=RealClock(),
            verifier=issuer.verifier(),
            ca_bundle=ca.bundle_pem,
        )
    )
    headers = {"Authorization": f"Bearer {token}"}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serve(provider_app(seen), behind))
        await service.start()
        stack.push_async_callback(service.stop)
        await stack.enter_async_context(serve(app(service), front, tls=ca.server_context()))
        client = await stack.enter_async_context(httpx.AsyncClient(verify=ca.client_context(), headers=headers))
        direct = await stack.enter_async_context(httpx.AsyncClient(headers=headers))
        yield Place(front.address("https"), behind.address(), subscription, token, ca, seen, client, direct)


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_subscriptions_and_tenants_are_listed(place: Place) -> None:
    subscriptions = (await place.client.get(f"{place.address}/subscriptions", params=VERSION)).json()["value"]
    assert [(one["subscriptionId"], one["state"]) for one in subscriptions] == [(place.subscription, "Enabled")]
    tenants = (await place.client.get(f"{place.address}/tenants", params=VERSION)).json()["value"]
    assert tenants[0]["tenantId"] == subscriptions[0]["tenantId"]
    one = await place.client.get(place.url(""), params=VERSION)
    assert one.json()["displayName"] == "test"


async def test_a_group_lives_from_put_to_delete(place: Place) -> None:
    url = place.url("/resourcegroups/rg-new")
    assert (await place.client.head(url, params=VERSION)).status_code == 404
    assert error_of(await place.client.get(url, params=VERSION)) == (404, "ResourceGroupNotFound")
    made = await place.client.put(url, params=VERSION, json={"location": "West Europe", "tags": {"a": "b"}})
    assert (made.status_code, made.json()["location"], made.json()["tags"]) == (201, "westeurope", {"a": "b"})
    assert (await place.client.put(url, params=VERSION, json={"location": "westeurope"})).status_code == 200
    assert (await place.client.head(url, params=VERSION)).status_code == 204
    listed = (await place.client.get(place.url("/resourceGroups"), params=VERSION)).json()["value"]
    assert [group["name"] for group in listed] == ["rg-declared", "rg-new"]
    expanded = (await place.client.get(url, params={**VERSION, "$expand": "createdTime,changedTime"})).json()
    assert expanded["createdTime"] < expanded["changedTime"]
    assert (await place.client.delete(url, params=VERSION)).status_code == 200
    assert (await place.client.head(url, params=VERSION)).status_code == 404


async def test_deleting_a_group_deletes_what_was_created_in_it(place: Place) -> None:
    group = place.url("/resourceGroups/rg-new")
    await place.client.put(group, params=VERSION, json={"location": "westeurope"})
    factory = "/providers/Microsoft.DataFactory/factories/"
    for name in ("one", "two"):
        await place.client.put(group + factory + name, params=VERSION, json={})
    await place.client.delete(group + factory + "one", params=VERSION)
    place.seen.requests.clear()
    assert (await place.client.delete(group, params=VERSION)).status_code == 200
    deleted = [(request["method"], request["path"].rsplit("/", 1)[-1]) for request in place.seen.requests]
    assert deleted == [("DELETE", "two")]


async def test_a_declared_group_stays(place: Place) -> None:
    answer = await place.client.delete(place.url("/resourceGroups/RG-declared"), params=VERSION)
    assert error_of(answer) == (409, "ResourceGroupDeletionBlocked")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/subscriptions/11111111-0000-4000-8000-000000000000", (404, "SubscriptionNotFound")),
        (
            "/subscriptions/11111111-0000-4000-8000-000000000000/providers/Microsoft.DataFactory/factories",
            (404, "SubscriptionNotFound"),
        ),
        ("{s}/resourceGroups/none/providers/Microsoft.DataFactory/factories/F", (404, "ResourceGroupNotFound")),
        ("{s}/resourceGroups/rg-declared/providers/Microsoft.Compute/disks/D", (501, "NotImplemented")),
        ("{s}/resourceGroups/rg-declared/providers/Microsoft.Resources/deployments/D", (501, "NotImplemented")),
        ("{s}/resourceGroups/rg-declared/providers/Microsoft.Nobody/things/T", (502, "BadGatewayConnection")),
        ("{s}/resourceGroups/rg-declared/resources", (501, "NotImplemented")),
    ],
)
async def test_what_does_not_exist_is_said_by_name(place: Place, path: str, expected: tuple[int, str]) -> None:
    answer = await place.client.get(
        place.address + path.replace("{s}", f"/subscriptions/{place.subscription}"), params=VERSION
    )
    assert error_of(answer) == expected
    assert not place.seen.requests


async def test_who_may_not_enter_is_told_why(place: Place) -> None:
    url = f"{place.address}/subscriptions"
    assert error_of(await place.client.get(url)) == (400, "MissingApiVersionParameter")
    async with httpx.AsyncClient(verify=place.ca.client_context()) as stranger:
        assert error_of(await stranger.get(url, params=VERSION)) == (401, "AuthenticationFailed")
        foreign = TokenIssuer(TokenIssuer.generate(), "t").issue(
            client_id="c", audience="https://management.azure.com", issuer="i", now=datetime.now(UTC)
        )
        refused = await stranger.get(url, params=VERSION, headers={"Authorization": f"Bearer {foreign}"})
        assert error_of(refused) == (401, "InvalidAuthenticationToken")


async def test_every_answer_has_its_ids(place: Place) -> None:
    fine = await place.client.get(
        f"{place.address}/subscriptions", params=VERSION, headers={"x-ms-correlation-request-id": "mine"}
    )
    assert uuid.UUID(fine.headers["x-ms-request-id"])
    assert fine.headers["x-ms-correlation-request-id"] == "mine"
    refused = await place.client.get(f"{place.address}/subscriptions")
    assert uuid.UUID(refused.headers["x-ms-request-id"])


async def test_a_request_passes_as_it_came_and_its_answer_as_it_was_given(place: Place) -> None:
    path = "/resourceGroups/rg-declared/providers/Microsoft.DataFactory/factories/F/pipelines/a%2Fb%20c"
    answer = await place.client.put(
        place.url(path) + "?api-version=2018-06-01&x=%2B+%20",
        content=b'{"a": 1}',
        headers={"If-Match": '"6"', "x-ms-client-request-id": "id", "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.headers["etag"], len(answer.headers.get_list("date"))) == (200, '"7"', 1)
    reached = place.seen.requests[-1]
    assert reached["path"].endswith("/pipelines/a%2Fb%20c")
    assert reached["query"] == "api-version=2018-06-01&x=%2B+%20"
    assert reached["body"] == b'{"a": 1}'
    headers = reached["headers"]
    assert (headers["if-match"], headers["x-ms-client-request-id"]) == ('"6"', "id")
    assert headers["authorization"] == f"Bearer {place.token}"
    assert headers["x-ms-correlation-request-id"] == answer.headers["x-ms-correlation-request-id"]
    assert headers["referer"].startswith(place.address + "/subscriptions/")


async def test_a_providers_refusal_is_unchanged(place: Place) -> None:
    answer = await place.client.get(
        place.url("/resourceGroups/rg-declared/providers/Microsoft.DataFactory/factories/refused"), params=VERSION
    )
    assert error_of(answer) == (409, "Theirs")
    assert answer.headers["x-ms-request-id"] == "theirs"


async def test_large_bodies_stream_both_ways(place: Place) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(BIG), 65536):
            yield BIG[start : start + 65536]

    url = place.url("/resourceGroups/rg-declared/providers/Microsoft.DataFactory/factories/F/big")
    answer = await place.client.post(url, params=VERSION, content=pieces())
    assert answer.content == BIG
    assert place.seen.requests[-1]["body"] == BIG


async def test_an_extension_resource_belongs_to_the_last_provider(place: Place) -> None:
    path = (
        "/resourceGroups/rg-declared/providers/Microsoft.Unregistered/accounts/A"
        "/providers/Microsoft.EventGrid/eventSubscriptions/E"
    )
    assert (await place.client.put(place.url(path), params=VERSION, json={})).status_code == 200
    assert place.seen.requests[-1]["path"].endswith("/eventSubscriptions/E")


async def test_providers_are_listed(place: Place) -> None:
    listed = (await place.client.get(place.url("/providers"), params=VERSION)).json()["value"]
    assert [one["namespace"] for one in listed] == ["microsoft.datafactory", "Microsoft.EventGrid", "Microsoft.Nobody"]
    one = await place.client.get(place.url("/providers/microsoft.eventgrid"), params=VERSION)
    assert one.json()["registrationState"] == "Registered"


async def test_the_data_factory_client_passes_through(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    class Credential:
        def get_token(self, *scopes: str, **_: Any) -> AccessToken:
            assert scopes == (f"{place.address}/.default",)
            return AccessToken(place.token, int(time.time()) + 3600)

    def work() -> tuple[str | None, str | None]:
        with DataFactoryManagementClient(
            Credential(),
            place.subscription,
            base_url=place.address,
            credential_scopes=[f"{place.address}/.default"],
            connection_verify=str(place.ca.bundle_pem),
        ) as client:
            made = client.factories.create_or_update("rg-declared", "F", Factory(location="westeurope"))
            with pytest.raises(HttpResponseError) as refused:
                client.factories.get("rg-missing", "F")
            return made.name, refused.value.error.code if refused.value.error else None

    assert await asyncio.to_thread(work) == ("F", "ResourceGroupNotFound")
    assert json.loads(place.seen.requests[-1]["body"])["location"] == "westeurope"
