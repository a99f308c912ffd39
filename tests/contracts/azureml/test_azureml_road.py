"""The road to a training run as a factory walks it: Entra ID, Resource Manager, discovery, submit; the data in Azurite.

Clients are azure-identity, azure-core and azure-storage-blob, unmodified.
"""

import asyncio
import base64
import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.pipeline.policies import BearerTokenCredentialPolicy
from azure.core.rest import HttpRequest
from azure.identity import EnvironmentCredential
from azure.storage.blob import BlobServiceClient

from emulators.azureml.routes import app as azureml_app
from emulators.azureml.service import AzureMLService, AzureMLSettings
from emulators.entra.routes import app as entra_app
from emulators.entra.service import EntraService, EntraSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import RealClock
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer
from emulators.resourcemanager.routes import app as resource_manager_app
from emulators.resourcemanager.service import ResourceManagerService, ResourceManagerSettings
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

TENANT, CLIENT, SUBSCRIPTION, ENDPOINT, PIPELINE = (str(uuid.uuid4()) for _ in range(5))
ACCOUNT, SECRET = "drydockroad", "road-secret"
WORKSPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
BLOB = "run 1/größe+%.csv"
CONTENT = b"0123456789abcdef" * (3 << 20)  # 48 MiB: more than one request of the storage client

DEFINITION = f"""
[endpoint]
id = "{ENDPOINT}"
name = "counting"
default_version = "1"
[[pipelines]]
id = "{PIPELINE}"
version = "1"
[pipelines.parameters]
data_file_path = ""
[pipelines.datastore]
name = "trainingdata"
container = "trainingdata"
[[pipelines.steps]]
name = "count"
script = "count.py"
arguments = ["{{data:data_file_path}}"]
"""

COUNT = """
import pathlib, sys
from azureml.core import Run
Run.get_context().log("bytes", pathlib.Path(sys.argv[1]).stat().st_size)
"""


@dataclass(frozen=True)
class Road:
    resource_manager: str
    storage: str


@pytest.fixture
async def road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Road]:
    ca, issuer = LocalAuthority(tmp_path / "ca"), TokenIssuer(TokenIssuer.generate(), TENANT)
    entra, manager, azureml, blobs = (Listener.reserve() for _ in range(4))
    async with AsyncExitStack() as stack:
        storage = StorageService(
            StorageSettings(
                accounts={ACCOUNT: base64.b64encode(ACCOUNT.encode()).decode()},
                resource_ids={},
                event_grid={},
                data_folder=None,
                listener=blobs,
                authority=ca,
                store=DocumentStore(),
                azurite="process",
            )
        )
        stack.push_async_callback(storage.stop)
        await storage.start()
        (tmp_path / "counting.toml").write_text(DEFINITION)
        (tmp_path / "count.py").write_text(COUNT)
        learning = AzureMLService(
            AzureMLSettings(
                address=azureml.address("https"),
                subscription_id=SUBSCRIPTION,
                resource_group="rg",
                workspace="ws",
                location="westeurope",
                definitions=[tmp_path / "counting.toml"],
                storage_connection_string=storage.connection_string(ACCOUNT),
                work_folder=tmp_path / "runs",
                store=DocumentStore(),
                clock=RealClock(),
                verifier=issuer.verifier(),
                ca_bundle=ca.bundle_pem,
            )
        )
        resources = ResourceManagerService(
            ResourceManagerSettings(
                address=manager.address("https"),
                tenant_id=TENANT,
                subscription_id=SUBSCRIPTION,
                subscription_name="road",
                resource_groups=["rg"],
                location="westeurope",
                providers={"Microsoft.MachineLearningServices": azureml.address("https")},
                store=DocumentStore(),
                clock=RealClock(),
                verifier=issuer.verifier(),
                ca_bundle=ca.bundle_pem,
            )
        )
        for service in (learning, resources):
            await service.start()
            stack.push_async_callback(service.stop)
        authority = EntraService(EntraSettings(entra.address("https"), TENANT, {CLIENT: SECRET}, issuer))
        for application, listener in (
            (entra_app(authority), entra),
            (resource_manager_app(resources), manager),
            (azureml_app(learning), azureml),
        ):
            await stack.enter_async_context(serve(application, listener, tls=ca.server_context()))
        for name, value in (
            ("REQUESTS_CA_BUNDLE", str(ca.bundle_pem)),
            ("AZURE_AUTHORITY_HOST", entra.address("https")),
            ("AZURE_TENANT_ID", TENANT),
            ("AZURE_CLIENT_ID", CLIENT),
            ("AZURE_CLIENT_SECRET", SECRET),
        ):
            monkeypatch.setenv(name, value)
        yield Road(manager.address("https"), storage.connection_string(ACCOUNT))


def walk(road: Road) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Upload, find the workspace, submit, wait; the run, its history and its metrics."""
    with BlobServiceClient.from_connection_string(road.storage) as blobs:
        blobs.create_container("trainingdata").upload_blob(BLOB, CONTENT)
    policy = BearerTokenCredentialPolicy(
        EnvironmentCredential(disable_instance_discovery=True), "https://management.azure.com/.default"
    )
    with PipelineClient[Any, Any](base_url=road.resource_manager, policies=[policy]) as client:

        def ask(method: str, url: str, **options: Any) -> Any:
            answer = client.send_request(HttpRequest(method, url, **options))
            answer.raise_for_status()
            return answer.json()

        workspace = ask("GET", f"{road.resource_manager}{WORKSPACE}?api-version=2023-10-01")
        services = ask("GET", workspace["properties"]["discoveryUrl"])
        runs = f"{services['api']}/pipelines/v1.0{WORKSPACE}/PipelineRuns"
        body = {"ExperimentName": "road", "ParameterAssignments": {"data_file_path": BLOB}}
        run = ask("POST", f"{runs}/PipelineEndpointSubmit/Id/{ENDPOINT}", json=body)
        while run["Status"]["StatusCode"] in ("NotStarted", "Running"):
            run = ask("GET", f"{runs}/{run['Id']}")
        history = f"{services['history']}/history/v1.0{WORKSPACE}/experiments/road/runs/{run['Id']}"
        return run, ask("GET", history), ask("GET", history + "/metrics")["value"]


async def test_a_blob_is_trained_on_and_the_run_remembers_which(road: Road) -> None:
    run, history, metrics = await asyncio.to_thread(walk, road)
    assert run["Status"]["StatusCode"] == "Finished", run["Status"]["StatusDetail"]
    assert [metric["cells"] for metric in metrics] == [[{"bytes": len(CONTENT)}]]
    properties = history["properties"]
    assert properties["data_file"] == f"trainingdata/{BLOB}"
    assert properties["data_file_sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert properties["data_file_size"] == str(len(CONTENT))
    assert properties["data_file_etag"].startswith('"0x')
