"""Training runs as Azure ML's own REST services tell of them: status, metrics and what they were trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import map_error
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, ContentDecodePolicy, RetryPolicy
from azure.core.rest import HttpRequest

_API_VERSION = "2023-10-01"
_SCOPE = "https://management.azure.com/.default"


@dataclass(frozen=True)
class TrainingRun:
    """One finished or unfinished training. `metrics` holds the last value of each; `properties` the lineage."""

    id: str
    status: str
    parameters: Mapping[str, str]
    properties: Mapping[str, str]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Workspace:
    """Where an Azure ML workspace is."""

    resource_manager: str
    subscription_id: str
    resource_group: str
    name: str

    @property
    def resource_id(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )


class TrainingRuns:
    """Asks one workspace about its training runs. Errors are azure-core's."""

    def __init__(self, credential: TokenCredential, workspace: Workspace) -> None:
        self._workspace = workspace
        self._client: PipelineClient[Any, Any] = PipelineClient(
            base_url=workspace.resource_manager,
            policies=[
                RetryPolicy(),
                BearerTokenCredentialPolicy(credential, _SCOPE),
                ContentDecodePolicy(),
            ],
        )

    def get(self, run_id: str, experiment: str) -> TrainingRun:
        """A run by the id that its submission returned."""
        pipelines = f"{self._services['api']}/pipelines/v1.0{self._workspace.resource_id}"
        history = f"{self._services['history']}/history/v1.0{self._workspace.resource_id}"
        run = self._json(f"{pipelines}/PipelineRuns/{run_id}")
        record = self._json(f"{history}/experiments/{experiment}/runs/{run_id}")
        metrics = self._json(f"{history}/experiments/{experiment}/runs/{run_id}/metrics")
        return TrainingRun(
            id=run["Id"],
            status=run["Status"]["StatusCode"],
            parameters=run["ParameterAssignments"],
            properties=record["properties"],
            metrics=_last_values(metrics["value"]),
        )

    @cached_property
    def _services(self) -> Mapping[str, str]:
        """Base addresses of the workspace's services, from its discovery document."""
        url = f"{self._workspace.resource_manager}{self._workspace.resource_id}?api-version={_API_VERSION}"
        discovery = self._json(url)["properties"]["discoveryUrl"]
        services: Mapping[str, str] = self._json(discovery)
        return services

    def _json(self, url: str) -> Any:
        response = self._client.send_request(HttpRequest("GET", url))
        if response.status_code >= 400:
            map_error(status_code=response.status_code, response=response, error_map={})
            response.raise_for_status()
        return response.json()


def _last_values(metrics: list[dict[str, Any]]) -> dict[str, float]:
    values: dict[str, float] = {}
    for metric in metrics:
        values[metric["name"]] = metric["cells"][-1][metric["name"]]
    return values
