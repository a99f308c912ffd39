"""The factory's credentials: whose token a linked service or an activity gets, and who is refused."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from emulators.datafactory.activities import ActivityFailed, EntraIdentity, ServicePrincipal, run_activity
from emulators.datafactory.activities.identity import UserAssignedIdentity
from emulators.datafactory.activities.places import store_of
from emulators.datafactory.engine.resources import Resources

URL = "https://web.test/do"
ASSIGNED = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
CREDENTIALS: dict[str, Any] = {
    "reader": {"type": "ManagedIdentity", "typeProperties": {"resourceId": ASSIGNED}},
    "stranger": {"type": "ManagedIdentity", "typeProperties": {"resourceId": "/subscriptions/s/other"}},
    "app": {
        "type": "ServicePrincipal",
        "typeProperties": {
            "tenant": "t",
            "servicePrincipalId": "id",
            "servicePrincipalKey": {
                "type": "AzureKeyVaultSecret",
                "store": {"referenceName": "vault", "type": "LinkedServiceReference"},
                "secretName": "key",
            },
        },
    },
    "empty": {"type": "ServicePrincipal", "typeProperties": {"tenant": "t"}},
    "odd": {"type": "Smoke", "typeProperties": {}},
}
LINKED: dict[str, Any] = {
    "vault": {"type": "AzureKeyVault", "typeProperties": {"baseUrl": "https://vault.test/"}},
    "function": {
        "type": "AzureFunction",
        "typeProperties": {
            "functionAppUrl": "https://web.test",
            "authentication": "MSI",
            "resourceId": "api://app",
            "credential": {"referenceName": "READER", "type": "CredentialReference"},
        },
    },
    "lake": {
        "type": "AzureBlobStorage",
        "typeProperties": {
            "serviceEndpoint": "https://lake.blob.core.windows.net/",
            "credential": {"referenceName": "app", "type": "CredentialReference"},
        },
    },
}
RESOURCES = Resources(
    "factory", linked_services=LINKED, credentials=CREDENTIALS, identities=frozenset({ASSIGNED.lower()})
)


class Asked:
    """Gives tokens and remembers for whom."""

    def __init__(self) -> None:
        self.principals: list[Any] = []

    async def token(self, resource: str, principal: Any = None) -> str:
        self.principals.append(principal)
        return f"token for {resource}"


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def call(network, services, activity, asked):
    async def run(credential: Any, kind: str = "UserAssignedManagedIdentity") -> None:
        network.on("GET", URL, {})
        network.on("GET", "https://vault.test/secrets/key", {"value": "from the vault"})
        authentication = {
            "type": kind,
            "resource": "https://x.test",
            "credential": {"referenceName": credential, "type": "CredentialReference"} if credential else None,
        }
        web = activity("WebActivity", method="GET", url=URL, authentication=authentication)
        await run_activity(replace(web, resources=RESOURCES), replace(services, identity=asked))

    return run


async def test_an_activity_calls_as_a_user_assigned_identity(call, asked, network):
    await call("reader")
    assert asked.principals == [UserAssignedIdentity(ASSIGNED)]
    assert network.requests[-1].headers["authorization"] == "Bearer token for https://x.test"


async def test_an_activity_calls_as_a_service_principal_whose_key_is_in_a_vault(call, asked):
    await call("app", "ServicePrincipal")
    assert asked.principals == [None, ServicePrincipal("t", "id", "from the vault")], "the vault is asked first"


async def test_a_linked_service_is_used_as_its_credential_says(network, services, activity, asked):
    network.on("GET", "https://web.test/api/f", {})
    function = activity("AzureFunctionActivity", "function", functionName="f", method="GET")
    await run_activity(replace(function, resources=RESOURCES), replace(services, identity=asked))
    assert asked.principals == [UserAssignedIdentity(ASSIGNED)]


async def test_a_storage_account_is_used_as_its_credential_says(network, services, activity, asked):
    network.on("GET", "https://vault.test/secrets/key", {"value": "from the vault"})
    asking = replace(services, identity=asked)
    reference = {"referenceName": "lake", "type": "LinkedServiceReference"}
    lake, _ = await store_of(reference, replace(activity("Copy"), resources=RESOURCES), asking, "Source", "a test")
    await asyncio.to_thread(lake._client.credential.get_token, "https://storage.azure.com/.default")
    assert asked.principals[-1] == ServicePrincipal("t", "id", "from the vault")


@pytest.mark.parametrize(
    ("credential", "code", "message"),
    [
        ("nobody", "BadRequest", "The credential 'nobody' that activity 'Do it' refers to does not exist"),
        (None, "BadRequest", "refers to does not exist"),
        ("stranger", "FailToGetManagedIdentityToken", "is not assigned to the factory 'factory'"),
        ("empty", "2103", "The credential 'empty' has no value for the property 'servicePrincipalId'"),
        ("odd", "NotSupportedByEmulator", "A credential of type 'Smoke'"),
    ],
)
async def test_who_is_refused(call, credential, code, message):
    with pytest.raises(ActivityFailed, match=message) as failure:
        await call(credential)
    assert failure.value.code == code


async def test_entra_gives_a_user_assigned_identity_the_token_of_the_factorys_own():
    forms = []

    def authority(request: httpx.Request) -> httpx.Response:
        forms.append(dict(item.split("=") for item in request.content.decode().split("&")))
        return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})

    async with httpx.AsyncClient(transport=httpx.MockTransport(authority)) as http:
        identity = EntraIdentity(http, "https://login.test", ServicePrincipal("tenant", "factory", "secret"))
        await identity.token("https://x.test", UserAssignedIdentity(ASSIGNED))
        await identity.token("https://x.test", ServicePrincipal("tenant", "app", "key"))
    assert [form["client_id"] for form in forms] == ["factory", "app"]
