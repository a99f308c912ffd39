"""Secrets from a key vault and identities instead of keys, over the emulators that really answer: Entra ID, Key Vault,
Blob storage and Databricks behind a factory's linked services."""

import asyncio
import base64
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import pytest_asyncio
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import BlobServiceClient, ContainerClient
from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks import routes as databricks
from emulators.databricks.runtime.runs import RunResult, RunSpec
from emulators.databricks.service import DatabricksService
from emulators.databricks.settings import DatabricksSettings
from emulators.datafactory import routes as datafactory
from emulators.datafactory.service import DataFactoryService, DataFactorySettings
from emulators.entra import routes as entra
from emulators.entra.service import EntraService, EntraSettings
from emulators.kernel.clock import RealClock
from emulators.kernel.dialects import arm_error
from emulators.kernel.http import Route, build_app, json_response
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.keyvault import routes as keyvault
from emulators.keyvault.seal import generate_key
from emulators.keyvault.service import KeyVaultService
from emulators.keyvault.settings import KeyVaultSettings
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

T = TypeVar("T")

TENANT = "11111111-0000-4000-8000-000000000001"
FACTORY = (
    "/subscriptions/22222222-0000-4000-8000-000000000002/resourceGroups/rg-Contracts"
    "/providers/Microsoft.DataFactory/factories/contracts"
)
ACCOUNT, KEY = "contractlake", base64.b64encode(b"lake" * 16).decode()
WRONG_KEY = base64.b64encode(b"other" * 12).decode()
DATABRICKS_TOKEN = "dapi0123456789abcdef0123456789abcdef"
CLUSTER = "0101-000000-abc"

pytestmark = pytest.mark.asyncio(loop_scope="module")


class _Runner:
    """Databricks' runtime, as small as these contracts allow: every notebook succeeds."""

    async def run(self, spec: RunSpec) -> RunResult:
        return RunResult("SUCCESS", None, None, None, "", None)

    async def cancel(self, run_id: int) -> None:
        """Nothing is running."""


class Town:
    """The services' addresses, and their clients."""

    def __init__(self, address: dict[str, str], lake: str, http: httpx.AsyncClient, bundle: Path) -> None:
        self.address = address
        self.lake_address = lake
        self._http = http
        self._token = ""
        self.headers_seen: list[dict[str, str]] = []
        credential = ClientSecretCredential(
            TENANT,
            "developer",
            "developers-secret",
            authority=address["entra"],
            disable_instance_discovery=True,
            connection_verify=str(bundle),
        )
        self._vault = SecretClient(
            address["keyvault"], credential, verify_challenge_resource=False, connection_verify=str(bundle)
        )
        self._lake = BlobServiceClient(lake, credential=KEY, connection_verify=str(bundle), use_env_settings=False)

    async def listen(self, request: Request) -> Response:
        """A web server that remembers what it was told."""
        self.headers_seen.append(dict(request.headers))
        return json_response({})

    async def secret(self, value: str, *, name: str = "", **more: Any) -> Any:
        """Put a secret into the vault, under a new name unless one is given."""
        return await asyncio.to_thread(self._vault.set_secret, name or f"s-{uuid.uuid4().hex}", value, **more)

    async def container(self, **files: str) -> ContainerClient:
        """A new container with text files."""

        def make() -> ContainerClient:
            client = self._lake.create_container(f"c{uuid.uuid4().hex}")
            for name, content in files.items():
                client.upload_blob(name, content)
            return client

        return await asyncio.to_thread(make)

    async def put(self, path: str, properties: dict[str, Any]) -> None:
        body = {"location": "westeurope", "properties": properties}  # the factory itself wants a place
        answer = await self._http.put(f"{FACTORY}{path}?api-version=2018-06-01", json=body)
        assert answer.is_success, answer.text

    async def linked_service(self, kind: str, **properties: Any) -> str:
        name = f"l{uuid.uuid4().hex}"
        await self.put(f"/linkedservices/{name}", {"type": kind, "typeProperties": properties})
        return name

    async def dataset(self, linked_service: str, container: ContainerClient, file: str) -> dict[str, str]:
        name = f"d{uuid.uuid4().hex}"
        location = {"type": "AzureBlobStorageLocation", "container": container.container_name, "fileName": file}
        linked = {"referenceName": linked_service, "type": "LinkedServiceReference"}
        await self.put(
            f"/datasets/{name}",
            {"type": "Binary", "linkedServiceName": linked, "typeProperties": {"location": location}},
        )
        return {"referenceName": name, "type": "DatasetReference"}

    async def run(self, *activities: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        """The status of a pipeline of these activities, and the activity runs in the order of their start."""
        name = f"p{uuid.uuid4().hex}"
        await self.put(f"/pipelines/{name}", {"activities": list(activities)})
        run_id = (await self._call("POST", f"/pipelines/{name}/createRun"))["runId"]
        window = {"lastUpdatedAfter": "2000-01-01T00:00:00Z", "lastUpdatedBefore": "2100-01-01T00:00:00Z"}
        async with asyncio.timeout(60):
            while True:
                run = await self._call("GET", f"/pipelineruns/{run_id}")
                if run["status"] not in ("Queued", "InProgress"):
                    break
                await asyncio.sleep(0.02)
        found = (await self._call("POST", f"/pipelineruns/{run_id}/queryActivityruns", window))["value"]
        return run["status"], sorted(found, key=lambda one: one["activityRunStart"])

    async def copied(self, linked_service: str) -> Any:
        """Copy a file with a linked service on both sides: what became of it, None for a success."""
        container = await self.container(source="content")
        source = await self.dataset(linked_service, container, "source")
        sink = await self.dataset(linked_service, container, "sink")
        copy = {
            "name": "Copy it",
            "type": "Copy",
            "inputs": [source],
            "outputs": [sink],
            "typeProperties": {"source": {"type": "BinarySource"}, "sink": {"type": "BinarySink"}},
        }
        status, [activity] = await self.run(copy)
        if status != "Succeeded":
            return activity["error"]
        assert (await asyncio.to_thread(container.download_blob, "sink")).readall() == b"content"
        return None

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, f"{FACTORY}{path}?api-version=2018-06-01", json=body)
        assert answer.is_success, answer.text
        return answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(trust: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    names = ("entra", "keyvault", "datafactory", "databricks", "web", "storage")
    https = {"entra", "keyvault", "storage"}
    listeners = {name: Listener.reserve() for name in names}
    address = {name: listener.address("https" if name in https else "http") for name, listener in listeners.items()}
    verifier, clock, bundle = trust.issuer.verifier(), RealClock(), trust.authority.bundle_pem
    clients = {"factory-identity": "identity-secret", "developer": "developers-secret", "copier": "copiers-secret"}
    storage = StorageService(
        StorageSettings(
            accounts={ACCOUNT: KEY},
            resource_ids={},
            event_grid={},
            data_folder=None,
            listener=Listener.reserve(),
            secure_listener=listeners["storage"],
            authority=trust.authority,
            store=DocumentStore(),
            azurite="process",
            verifier=verifier,
            token_authority=f"{address['entra']}/{TENANT}",
        )
    )
    vault = KeyVaultService(
        KeyVaultSettings(
            address=address["keyvault"],
            resource_id=FACTORY.replace("DataFactory/factories", "KeyVault/vaults"),
            location="westeurope",
            tenant_id=TENANT,
            authority=address["entra"],
            seal_key=generate_key(),
            store=DocumentStore(),
            clock=clock,
            verifier=verifier,
        )
    )
    factory = DataFactoryService(
        DataFactorySettings(
            resource_manager="https://127.0.0.1:9",
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
    )
    workspace = DatabricksService(
        DatabricksSettings(
            address=address["databricks"],
            workspace_id="1",
            token=DATABRICKS_TOKEN,
            dbfs_root=folder / "dbfs",
            cluster_id=CLUSTER,
            cluster_name="contracts",
            spark_version="17.3.x-scala2.13",
            store=DocumentStore(),
            clock=clock,
            verifier=verifier,
            user_name="tests",
        ),
        _Runner(),
    )
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=address["datafactory"], headers={"Authorization": f"Bearer {trust.token()}"}, trust_env=False
            )
        )
        town = Town(address, storage.secure_blob_endpoint(ACCOUNT), http, bundle)
        applications = {
            "entra": entra.app(EntraService(EntraSettings(address["entra"], TENANT, clients, trust.issuer))),
            "keyvault": keyvault.app(vault),
            "datafactory": datafactory.app(factory),
            "databricks": databricks.app(workspace),
            "web": build_app(name="web", routes=[Route("GET", "/", town.listen)], render_error=arm_error),
        }
        for name, application in applications.items():
            tls = trust.authority.server_context() if name in https else None
            await stack.enter_async_context(serve(application, listeners[name], tls=tls))
        for service in (storage, workspace, factory):
            stack.push_async_callback(service.stop)
            await service.start()
        await town.put("", {})
        await town.put("/linkedservices/vault", _vault_at(address["keyvault"]))
        yield town


def _vault_at(address: str) -> dict[str, Any]:
    return {"type": "AzureKeyVault", "typeProperties": {"baseUrl": f"{address}/"}}


def _from_vault(name: str, version: str = "", *, vault: str = "vault") -> dict[str, Any]:
    store = {"referenceName": vault, "type": "LinkedServiceReference"}
    secret = {"type": "AzureKeyVaultSecret", "store": store, "secretName": name}
    return {**secret, "secretVersion": version} if version else secret


@pytest.fixture
def lake(town: Town) -> Callable[..., Any]:
    """A linked service to the account whose key is a secret."""

    def make(name: str, version: str = "", **more: Any) -> Any:
        connection = f"DefaultEndpointsProtocol=https;AccountName={ACCOUNT};BlobEndpoint={town.lake_address};"
        secret = _from_vault(name, version, **more)
        return town.linked_service("AzureBlobStorage", connectionString=connection, accountKey=secret)

    return make


async def test_an_account_key_comes_from_the_vault_in_its_latest_or_in_a_named_version(
    town: Town, lake: Callable[..., Any]
) -> None:
    right = await town.secret(KEY)
    await town.secret(WRONG_KEY, name=right.name)
    assert await town.copied(await lake(right.name, right.properties.version)) is None
    latest = await lake(right.name)
    assert (await town.copied(latest))["errorCode"]
    await town.secret(KEY, name=right.name)
    assert await town.copied(latest) is None


async def test_a_workspaces_token_comes_from_the_vault(town: Town) -> None:
    async with httpx.AsyncClient(base_url=town.address["databricks"], trust_env=False) as http:
        source = base64.b64encode(b"# Databricks notebook source\n").decode()
        notebook = {"path": "/Shared/n", "format": "SOURCE", "language": "PYTHON", "content": source, "overwrite": True}
        bearer = {"Authorization": f"Bearer {DATABRICKS_TOKEN}"}
        await http.post("/api/2.0/workspace/mkdirs", json={"path": "/Shared"}, headers=bearer)
        assert (await http.post("/api/2.0/workspace/import", json=notebook, headers=bearer)).is_success
    for value, expected in ((DATABRICKS_TOKEN, "Succeeded"), ("dapi-of-somebody-else", "Failed")):
        secret = await town.secret(value)
        workspace = await town.linked_service(
            "AzureDatabricks",
            domain=town.address["databricks"],
            accessToken=_from_vault(secret.name),
            existingClusterId=CLUSTER,
        )
        activity = {
            "name": "Run it",
            "type": "DatabricksNotebook",
            "linkedServiceName": {"referenceName": workspace, "type": "LinkedServiceReference"},
            "typeProperties": {"notebookPath": "/Shared/n"},
        }
        status, runs = await town.run(activity)
        assert status == expected, runs
        assert value not in str(runs)


async def test_a_web_activity_asks_the_vault_as_the_factory_and_hands_the_secret_on(town: Town) -> None:
    """The documented way: a call with the managed identity and secure output, then an expression."""
    secret = await town.secret("the-header's-secret")
    ask = {
        "name": "Ask",
        "type": "WebActivity",
        "policy": {"secureOutput": True},
        "typeProperties": {
            "method": "GET",
            "url": f"{town.address['keyvault']}/secrets/{secret.name}?api-version=7.4",
            "authentication": {"type": "MSI", "resource": "https://vault.azure.net"},
        },
    }
    tell = {
        "name": "Tell",
        "type": "WebActivity",
        "policy": {"secureInput": True},
        "dependsOn": [{"activity": "Ask", "dependencyConditions": ["Succeeded"]}],
        "typeProperties": {
            "method": "GET",
            "url": f"{town.address['web']}/",
            "headers": {"x-api-key": {"value": "@activity('Ask').output.value", "type": "Expression"}},
        },
    }
    status, runs = await town.run(ask, tell)
    assert status == "Succeeded", runs
    assert town.headers_seen[-1]["x-api-key"] == secret.value
    assert secret.value not in str(runs)


async def test_a_web_activitys_password_comes_from_the_vault(town: Town) -> None:
    secret = await town.secret("the-password")
    authentication = {"type": "Basic", "username": "me", "password": _from_vault(secret.name)}
    properties = {"method": "GET", "url": f"{town.address['web']}/", "authentication": authentication}
    status, runs = await town.run({"name": "Tell", "type": "WebActivity", "typeProperties": properties})
    assert status == "Succeeded", runs
    proof = base64.b64encode(b"me:the-password").decode()
    assert town.headers_seen[-1]["authorization"] == f"Basic {proof}"
    assert secret.value not in str(runs)


async def test_a_secret_that_cannot_be_read_is_named_with_the_vaults_reason(
    town: Town, lake: Callable[..., Any]
) -> None:
    disabled, present = await town.secret(KEY, enabled=False), await town.secret(KEY)
    for wanted, reason in [
        (("no-such-secret",), "SecretNotFound"),
        ((present.name, "0" * 32), "SecretNotFound"),
        ((disabled.name,), "SecretDisabled"),
        (("no/such?secret#",), "invalid name: no/such?secret#"),
    ]:
        error = await town.copied(await lake(*wanted))
        assert error["errorCode"] == "AzureKeyVaultError"
        assert f"The secret '{wanted[0]}'" in error["message"]
        assert reason in error["message"]
        assert KEY not in str(error)


async def test_a_vault_that_is_not_there_is_named(
    town: Town, lake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulators.datafactory.activities.calls.PAUSES", (0.0,))
    nobody = Listener.reserve()
    nobody.close()
    await town.put("/linkedservices/nobody", _vault_at(nobody.address("https")))
    error = await town.copied(await lake("any", vault="nobody"))
    assert error["errorCode"] == "AzureKeyVaultError"
    assert f"{nobody.address('https')}/secrets/any" in error["message"]


async def test_the_managed_identity_opens_the_account(town: Town) -> None:
    assert await town.copied(await town.linked_service("AzureBlobStorage", serviceEndpoint=town.lake_address)) is None


async def test_a_service_principal_opens_the_account_with_a_key_from_the_vault(town: Town) -> None:
    async def copied(key: str) -> Any:
        secret = await town.secret(key)
        linked = await town.linked_service(
            "AzureBlobStorage",
            serviceEndpoint=town.lake_address,
            servicePrincipalId="copier",
            tenant=TENANT,
            servicePrincipalKey=_from_vault(secret.name),
        )
        return await town.copied(linked)

    assert await copied("copiers-secret") is None
    assert "AADSTS7000215" in (await copied("not-the-copiers-secret"))["message"]
