"""Every environment names all that differs, in agreement with itself, and keeps no secret."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from release.environment import Environment
from release.parameters import parameters
from release.source import FactorySource

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "environments"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))
SOURCE = FactorySource.load(ROOT / "adf")

KNOWN_AT_RUN_TIME = {
    "DATABRICKS_HOST": "http://127.0.0.1:1",
    "DRYDOCK_RESOURCE_MANAGER": "https://127.0.0.1:2",
    "DRYDOCK_STORAGE_ACCOUNT_KEY": "a key",
}


@pytest.fixture(params=NAMES)
def environment(request: pytest.FixtureRequest) -> Environment:
    return Environment.load(request.param, FOLDER, KNOWN_AT_RUN_TIME)


def test_there_is_a_local_one_and_an_example_of_a_deployed_one() -> None:
    assert {"local", "qa"} <= set(NAMES)


def test_every_value_that_differs_is_given(environment: Environment) -> None:
    """Contract C1: no environment runs with what the source happens to say."""
    assert set(environment.table("data_factory.parameters")) == {found.name for found in parameters(SOURCE)}
    assert set(environment.table("data_factory.global_parameters")) == set(SOURCE.global_parameters)


def test_no_placeholder_of_the_source_is_left(environment: Environment) -> None:
    text = environment.path.read_text("utf-8")
    assert "per-environment" not in text
    assert "perenvironment" not in text
    assert "00000000-0000-0000-0000-000000000000" not in text


def test_the_factory_is_told_the_same_as_everybody_else(environment: Environment) -> None:
    given = environment.table("data_factory.parameters")
    azure, account = environment.table("azure"), environment.text("storage.account")
    group = f"/subscriptions/{azure['subscription_id']}/resourceGroups/{azure['resource_group']}"
    scope = f"{group}/providers/Microsoft.Storage/storageAccounts/{account}"
    assert given["blob_arrives_properties_typeProperties_scope"] == scope
    assert given["databricks_properties_typeProperties_domain"] == environment.text("databricks.host")
    workspace = environment.text("databricks.workspace_resource_id")
    assert given["databricks_properties_typeProperties_workspaceResourceId"] == workspace
    assert workspace.startswith(f"{group}/providers/Microsoft.Databricks/workspaces/")
    assert given["databricks_properties_typeProperties_existingClusterId"] == environment.text("databricks.cluster_id")
    assert given["azureml_properties_typeProperties_subscriptionId"] == azure["subscription_id"]
    assert given["azureml_properties_typeProperties_resourceGroupName"] == azure["resource_group"]
    assert given["azureml_properties_typeProperties_mlWorkspaceName"] == environment.text("azureml.workspace")
    everywhere = environment.table("data_factory.global_parameters")
    assert everywhere["storageAccount"] == account
    assert everywhere["trainingEndpointId"] == environment.text("azureml.endpoint")


def test_the_notebooks_go_where_the_factory_looks_for_them(environment: Environment) -> None:
    pipeline = json.dumps(SOURCE.of_kind("pipelines")[0].properties)
    folders = {path.rpartition("/")[0] for path in re.findall(r'"notebookPath": "([^"]+)"', pipeline)}
    assert folders == {environment.text("databricks.notebook_folder")}


def test_containers_are_those_that_the_preparation_writes(environment: Environment) -> None:
    from dataprep import layout

    containers = environment.table("storage.containers")
    assert containers["training"] == layout.TRAINING
    assert containers["testing"] == layout.TESTING
    assert containers["rejected"] == layout.REJECTED
    assert containers["ledger"] == layout.LEDGER
    prefix = SOURCE.of_kind("triggers")[0].properties["typeProperties"]["blobPathBeginsWith"]
    assert prefix == f"/{containers['input']}/blobs/"


def test_triggers_to_start_exist(environment: Environment) -> None:
    assert set(environment.texts("data_factory.start_triggers")) <= {found.name for found in SOURCE.of_kind("triggers")}


def test_no_secret_is_written_down(environment: Environment) -> None:
    """Contract C12: a secret is a reference to the environment, or not mentioned at all."""
    for value in environment.raw("databricks.secrets", {}).values():
        assert re.fullmatch(r"\$\{\w+\}", value)
    text = environment.path.read_text("utf-8")
    assert not re.search(r"AccountKey=|SharedAccess|dapi[0-9a-f]{8}|[A-Za-z0-9+/]{64,}={0,2}(?![\w/])", no_paths(text))


def no_paths(text: str) -> str:
    """The text without resource ids, which are long but no secrets."""
    return re.sub(r"/subscriptions/\S+", "", text)


def test_no_two_environments_share_a_resource() -> None:
    """Two started triggers on one storage account would train twice."""

    def own(name: str) -> set[Any]:
        environment = Environment.load(name, FOLDER, KNOWN_AT_RUN_TIME)
        keys = ("azure.subscription_id", "storage.account", "data_factory.name", "databricks.host", "azureml.endpoint")
        return {environment.text(key) for key in keys}

    for place, name in enumerate(NAMES):
        for other in NAMES[place + 1 :]:
            assert not own(name) & own(other)
