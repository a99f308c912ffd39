"""A service that does not answer fails the activity with its address in the message; nothing hangs, nothing is lost."""

import socket
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from steps.cloud import Cloud
from steps.ingestion import is_final, pipeline_run

pytestmark = [pytest.mark.xdist_group("cloud"), pytest.mark.spark]


@pytest.fixture
def closed_address() -> Iterator[str]:
    """An address where nobody answers: its port is held, so that nobody else can listen there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def linked_service(cloud: Cloud) -> Callable[[dict[str, Any]], str]:
    def create(properties: dict[str, Any]) -> str:
        name = f"silent_{uuid4().hex[:8]}"
        cloud.factory.linked_services.create_or_update(
            cloud.names.resource_group, cloud.names.factory, name, {"properties": properties}
        )
        return name

    return create


def failure(cloud: Cloud, run_id: str) -> str:
    for _ in range(1200):
        run = pipeline_run(cloud, run_id)
        if is_final(run):
            assert run.status == "Failed"
            return str(run.message)
        cloud.clock.sleep(0.1)
    raise AssertionError(f"run {run_id} has not ended")


def test_a_silent_databricks_is_named(
    cloud: Cloud,
    closed_address: str,
    linked_service: Callable[[dict[str, Any]], str],
    start_pipeline: Callable[..., str],
) -> None:
    token = {"type": "SecureString", "value": "dapi0123456789abcdef"}
    name = linked_service(
        {
            "type": "AzureDatabricks",
            "typeProperties": {"domain": closed_address, "accessToken": token, "existingClusterId": "1"},
        }
    )
    activity = {
        "name": "Work",
        "type": "DatabricksNotebook",
        "typeProperties": {"notebookPath": "/Shared/x"},
        "linkedServiceName": {"referenceName": name, "type": "LinkedServiceReference"},
    }
    message = failure(cloud, start_pipeline(activity))
    assert message.startswith("Operation on target Work failed: ")
    assert closed_address in message
    assert "dapi0123456789abcdef" not in message


def test_an_azure_ml_workspace_that_is_not_there_is_named(
    cloud: Cloud, linked_service: Callable[[dict[str, Any]], str], start_pipeline: Callable[..., str]
) -> None:
    name = linked_service(
        {
            "type": "AzureMLService",
            "typeProperties": {
                "subscriptionId": "5f0d1a7e-0c4b-4c55-9d0e-10ca1c10d001",
                "resourceGroupName": cloud.names.resource_group,
                "mlWorkspaceName": "nobody-home",
                "authentication": "MSI",
            },
        }
    )
    activity = {
        "name": "Train",
        "type": "AzureMLExecutePipeline",
        "typeProperties": {"mlPipelineId": str(uuid4())},
        "linkedServiceName": {"referenceName": name, "type": "LinkedServiceReference"},
    }
    message = failure(cloud, start_pipeline(activity))
    assert message.startswith("Operation on target Train failed: ")
    assert "nobody-home" in message
