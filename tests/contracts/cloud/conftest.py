"""The whole local cloud for contracts that cross services; it is the one that the features use, too."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from drydock.project import Project
from release.connection import Connection
from steps.cloud import Cloud

RunPipeline = Callable[..., str]


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
    """Creates a pipeline of the given activities and starts it; returns the run id."""

    def start(*activities: dict[str, Any]) -> str:
        name = f"contract-{uuid4().hex[:8]}"
        group, factory = cloud.names.resource_group, cloud.names.factory
        cloud.factory.pipelines.create_or_update(group, factory, name, {"properties": {"activities": list(activities)}})
        return str(cloud.factory.pipelines.create_run(group, factory, name, {}).run_id)

    return start
