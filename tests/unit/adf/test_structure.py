"""The factory's source: what is named exists, and nothing of one environment or of a secret is written down."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from release.notebooks import uploads
from release.parameters import parameters
from release.source import FactorySource

ROOT = Path(__file__).parents[3]
ADF = ROOT / "adf"
FILES = sorted(ADF.rglob("*.json"))
RESOURCES = [path for path in FILES if path.parent != ADF]
DEPLOYED_TO = "/Shared/drydock"


def document(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def every(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with its value, however deep."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield key, entry
            yield from every(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from every(entry)


def activities(value: Any = None) -> Iterator[dict[str, Any]]:
    """Every activity of the pipeline, nested ones too."""
    for key, entry in every(document(ADF / "pipeline/ingest.json") if value is None else value):
        if key in ("activities", "defaultActivities"):
            yield from entry


def activity(name: str) -> dict[str, Any]:
    return next(found for found in activities() if found["name"] == name)


NOTEBOOK_ACTIVITIES = [found["name"] for found in activities() if found["type"] == "DatabricksNotebook"]


@pytest.mark.parametrize("path", RESOURCES, ids=lambda path: path.stem)
def test_a_resource_is_called_like_its_file(path: Path) -> None:
    assert document(path)["name"] == path.stem


def test_every_reference_is_resolved() -> None:
    folders = {"LinkedServiceReference": "linkedService", "PipelineReference": "pipeline"}
    for path in RESOURCES:
        for _, value in every(document(path)):
            if isinstance(value, dict) and str(value.get("type", "")).endswith("Reference"):
                assert (ADF / folders[value["type"]] / f"{value['referenceName']}.json").is_file(), value


def test_the_definition_file_lies_in_the_root_and_makes_parameters() -> None:
    """Contract C11: anywhere else it is not found, and all parameters vanish."""
    assert (ADF / "arm-template-parameters-definition.json").is_file()
    assert parameters(FactorySource.load(ADF))


def test_what_differs_per_environment_is_a_parameter() -> None:
    """Contract C1: under the names that Studio gives."""
    assert {parameter.name for parameter in parameters(FactorySource.load(ADF))} == {
        "databricks_properties_typeProperties_domain",
        "databricks_properties_typeProperties_workspaceResourceId",
        "databricks_properties_typeProperties_existingClusterId",
        "azureml_properties_typeProperties_subscriptionId",
        "azureml_properties_typeProperties_resourceGroupName",
        "azureml_properties_typeProperties_mlWorkspaceName",
        "blob_arrives_properties_typeProperties_scope",
    }


def test_global_parameters_become_parameters_of_the_template_too() -> None:
    assert document(ADF / "publish_config.json")["includeGlobalParamsTemplate"] is True
    definition = document(ADF / "arm-template-parameters-definition.json")
    assert definition["Microsoft.DataFactory/factories/globalparameters"] == {"properties": {"*": {"value": "="}}}


def test_every_global_parameter_is_used_and_every_used_one_is_there() -> None:
    used = set(re.findall(r"globalParameters\.(\w+)", (ADF / "pipeline/ingest.json").read_text("utf-8")))
    assert used == set(document(ADF / "factory/drydock.json")["properties"]["globalParameters"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_secret_and_no_environment_is_in_the_source(path: Path) -> None:
    """Contract C12. What must have a value before it is deployed has one that could not be mistaken for a real one."""
    text = path.read_text("utf-8")
    assert not re.search(
        r"encryptedCredential|SecureString|accountKey|accessToken|password|dapi[0-9a-f]{8}", text, re.I
    )
    guids = set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text))
    assert guids <= {"00000000-0000-0000-0000-000000000000"}


@pytest.mark.parametrize("name", ["databricks", "azureml"])
def test_services_are_entered_as_the_managed_identity(name: str) -> None:
    assert document(ADF / f"linkedService/{name}.json")["properties"]["typeProperties"]["authentication"] == "MSI"


@pytest.mark.parametrize("name", NOTEBOOK_ACTIVITIES)
def test_arguments_are_the_notebooks_widgets(name: str) -> None:
    """Contract C2."""
    properties = activity(name)["typeProperties"]
    assert set(properties["baseParameters"]) == widgets(properties["notebookPath"])


def widgets(notebook_path: str) -> set[str]:
    """The names of the widgets that a deployed notebook declares; all of them are also read."""
    source = (ROOT / "dataprep/notebooks" / f"{notebook_path.rpartition('/')[2]}.py").read_text("utf-8")
    declared, read = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("dbutils.widgets.text", "dbutils.widgets.get"):
            names = declared if ast.unparse(node.func).endswith("text") else read
            names.add(ast.literal_eval(node.args[0]))
    assert declared == read
    return declared


@pytest.mark.parametrize("name", NOTEBOOK_ACTIVITIES)
def test_the_notebook_is_deployed_where_the_factory_looks_for_it(name: str) -> None:
    """Contract C3."""
    deployed = {upload.object_path for upload in uploads(ROOT / "dataprep", DEPLOYED_TO) if upload.is_notebook}
    assert activity(name)["typeProperties"]["notebookPath"] in deployed


def test_every_deployed_notebook_is_used() -> None:
    used = {activity(name)["typeProperties"]["notebookPath"] for name in NOTEBOOK_ACTIVITIES}
    assert used == {upload.object_path for upload in uploads(ROOT / "dataprep", DEPLOYED_TO) if upload.is_notebook}


def test_the_trigger_passes_the_dropped_file_and_watches_the_input_only() -> None:
    """Contract C5: a file written by the pipeline itself must not start it again."""
    properties = document(ADF / "trigger/blob_arrives.json")["properties"]
    declared = document(ADF / "pipeline/ingest.json")["properties"]["parameters"]
    assert set(properties["pipelines"][0]["parameters"]) == set(declared)
    assert properties["typeProperties"]["blobPathBeginsWith"] == "/inputdata/blobs/"
    assert properties["typeProperties"]["events"] == ["Microsoft.Storage.BlobCreated"]
    assert properties["typeProperties"]["ignoreEmptyBlobs"] is False


def test_there_are_parameters_and_no_variables() -> None:
    assert "variables" not in document(ADF / "pipeline/ingest.json")["properties"]


def test_what_is_retried_may_be_done_twice() -> None:
    assert {name: activity(name)["policy"]["retry"] for name in (*NOTEBOOK_ACTIVITIES, "TrainModel")} == {
        "PrepareData": 1,
        "CheckIngestion": 1,
        "TrainModel": 0,
    }
