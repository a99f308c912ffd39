"""Activities against services that answer from memory: no sockets, the HTTP client itself is the real one."""

import inspect
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from emulators.datafactory.activities import ActivityServices
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.resources import Resources
from emulators.kernel.clock import RealClock

LINKED_SERVICES: dict[str, dict[str, Any]] = {
    "databricks": {
        "type": "AzureDatabricks",
        "parameters": {"cluster": {"type": "String", "defaultValue": "0101-000000-abc"}},
        "typeProperties": {
            "domain": "http://databricks.test",
            "accessToken": {"type": "SecureString", "value": "dapi-secret"},
            "existingClusterId": "@linkedService().cluster",
        },
    },
    "databricks_msi": {
        "type": "AzureDatabricks",
        "typeProperties": {
            "domain": "http://databricks.test",
            "authentication": "MSI",
            "newClusterVersion": "17.3.x-scala2.13",
            "newClusterNodeType": "Standard_DS3_v2",
            "newClusterNumOfWorker": "2:8",
        },
    },
    "databricks_vault": {
        "type": "AzureDatabricks",
        "typeProperties": {
            "domain": "http://databricks.test",
            "accessToken": {
                "type": "AzureKeyVaultSecret",
                "store": {"referenceName": "vault", "type": "LinkedServiceReference"},
                "secretName": "databricks-token",
            },
            "existingClusterId": "c",
        },
    },
    "vault": {"type": "AzureKeyVault", "typeProperties": {"baseUrl": "https://vault.test/"}},
    "function": {
        "type": "AzureFunction",
        "typeProperties": {
            "functionAppUrl": "https://app.test/",
            "functionKey": {"type": "SecureString", "value": "k3y"},
        },
    },
    "function_msi": {
        "type": "AzureFunction",
        "typeProperties": {
            "functionAppUrl": "https://app.test",
            "authentication": "MSI",
            "resourceId": "api://app",
        },
    },
    "azureml": {
        "type": "AzureMLService",
        "typeProperties": {
            "subscriptionId": "s",
            "resourceGroupName": "g",
            "mlWorkspaceName": "w",
            "authentication": "MSI",
        },
    },
}

RESOURCES = Resources("factory", linked_services=LINKED_SERVICES)


class FakeIdentity:
    async def token(self, resource: str, principal: Any = None) -> str:
        return f"token for {resource}"


Answer = Callable[[httpx.Request], Any]


class Network:
    """Addresses and what answers there; `requests` are all that came."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.requests: list[httpx.Request] = []

    def on(self, method: str, url: str, answer: Any) -> None:
        """Answer with a JSON value, a response, a function of the request, an exception, or a list of them in turn."""
        self.answers[method, url] = _answer(answer)

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = self.answers.get((request.method, str(request.url).split("?")[0]))
        if found is None:
            return httpx.Response(404, text=f"nothing at {request.method} {request.url}")
        answer = found(request)
        return await answer if inspect.isawaitable(answer) else answer

    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]


def _answer(answer: Any) -> Answer:
    if isinstance(answer, list):
        turns = iter([_answer(item) for item in answer])
        return lambda request: next(turns)(request)
    if isinstance(answer, httpx.Response):
        return lambda request: answer
    if callable(answer) and not isinstance(answer, type):
        return answer  # type: ignore[no-any-return]
    if isinstance(answer, Exception):

        def fail(request: httpx.Request) -> httpx.Response:
            raise answer

        return fail
    return lambda request: httpx.Response(200, json=answer)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
async def services(network: Network) -> AsyncIterator[ActivityServices]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(network.handle)) as http:
        yield ActivityServices(
            http=http, clock=RealClock(), identity=FakeIdentity(), resource_manager="https://management.test"
        )


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The repetitions and polls come at once."""
    monkeypatch.setattr("emulators.datafactory.activities.calls.PAUSES", (0.0, 0.0))
    monkeypatch.setattr("emulators.datafactory.activities.calls.Backoff.__init__.__defaults__", (0.0, 1.0, 0.0))


@pytest.fixture
def activity() -> Callable[..., Activity]:
    def make(kind: str, linked_service: str | None = None, linked_with: Any = None, **properties: Any) -> Activity:
        reference = {"referenceName": linked_service, "parameters": linked_with or {}} if linked_service else None
        return Activity(
            name="Do it",
            type=kind,
            type_properties=properties,
            resources=RESOURCES,
            pipeline_name="pipeline",
            pipeline_run_id="11111111-0000-4000-8000-000000000001",
            activity_run_id="22222222-0000-4000-8000-000000000002",
            linked_service=reference,
        )

    return make
