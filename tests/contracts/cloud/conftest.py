"""The whole local cloud for contracts that cross services; it is the one that the features use, too."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.mgmt.datafactory.models import ActivityRun, PipelineRun, RunFilterParameters

from drydock.project import Project
from release.connection import Connection
from steps.cloud import Cloud

RunPipeline = Callable[..., str]
Ended = Callable[[str], tuple[PipelineRun, list[ActivityRun]]]

PATIENCE = 120.0


@pytest.fixture(scope="session")
def connection(cloud: Cloud, pytestconfig: pytest.Config) -> Connection:
    """SDK clients of the cloud that the features run on."""
    return Connection(Project.find(pytestconfig.rootpath).environment(cloud.name))


@pytest.fixture
def notebook(connection: Connection) -> Callable[[str], str]:
    """Puts a notebook into the workspace and returns its path."""
    from databricks.sdk.service.workspace import ImportFormat

    def upload(source: str) -> str:
        path = f"/Shared/contracts/{uuid4().hex}"
        connection.databricks.workspace.mkdirs("/Shared/contracts")
        connection.databricks.workspace.upload(
            f"{path}.py", f"# Databricks notebook source\n{source}".encode(), format=ImportFormat.AUTO
        )
        return path

    return upload


@pytest.fixture
def start_pipeline(cloud: Cloud) -> RunPipeline:
    """Creates a pipeline of the given activities and starts it with parameters; returns the run id."""

    def start(*activities: dict[str, Any], **parameters: str) -> str:
        name = f"contract-{uuid4().hex[:8]}"
        group, factory = cloud.names.resource_group, cloud.names.factory
        declared = {parameter: {"type": "String"} for parameter in parameters}
        definition = {"properties": {"activities": list(activities), "parameters": declared}}
        cloud.factory.pipelines.create_or_update(group, factory, name, definition)
        return str(cloud.factory.pipelines.create_run(group, factory, name, parameters).run_id)

    return start


@pytest.fixture
def ended(cloud: Cloud) -> Ended:
    """Waits for a pipeline run; gives it and the runs of its activities."""
    group, factory = cloud.names.resource_group, cloud.names.factory

    def wait(run_id: str) -> tuple[PipelineRun, list[ActivityRun]]:
        deadline = time.monotonic() + PATIENCE
        while True:
            run = cloud.factory.pipeline_runs.get(group, factory, run_id)
            if run.status in ("Succeeded", "Failed", "Cancelled"):
                break
            assert time.monotonic() < deadline, f"run {run_id} is still {run.status}"
            time.sleep(0.1)
        now, hour = datetime.now(UTC), timedelta(hours=1)
        window = RunFilterParameters(last_updated_after=now - hour, last_updated_before=now + hour)
        return run, list(cloud.factory.activity_runs.query_by_pipeline_run(group, factory, run_id, window).value)

    return wait
