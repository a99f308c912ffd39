"""Linked services, datasets, pipelines, triggers, credentials and data flows through azure-mgmt-datafactory."""

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.datafactory.models import (
    AzureDatabricksLinkedService,
    DatabricksNotebookActivity,
    LinkedServiceReference,
    LinkedServiceResource,
    Pipeline,
    PipelineResource,
    SecureString,
)

BLOB = {
    "type": "AzureBlobStorage",
    "typeProperties": {
        "connectionString": "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=c2VjcmV0LWtleQ==;E=x"
    },
}
CSV = {
    "type": "DelimitedText",
    "linkedServiceName": {"referenceName": "lake", "type": "LinkedServiceReference"},
    "typeProperties": {"location": {"type": "AzureBlobStorageLocation", "container": "c"}},
}


def _put(factory: Any, operations: Any, name: str, properties: Any, **more: Any) -> Any:
    return operations.create_or_update(factory.group, factory.name, name, {"properties": properties}, **more)


def _refusal(error: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, Any, str, Any]:
    told = error.value.error
    assert told is not None
    return error.value.status_code, told.code, str(told.message), told.target


def test_models_of_the_sdk_make_the_round_trip(factory: Any) -> None:
    client = factory.client
    databricks = AzureDatabricksLinkedService(
        domain="https://adb-1.azuredatabricks.net",
        access_token=SecureString(value="dapi-very-secret"),
        existing_cluster_id="0101-1",
    )
    databricks["type"] = "AzureDatabricks"  # 10.0.0 forgets the type of models that it builds from keywords
    client.linked_services.create_or_update(
        factory.group, factory.name, "databricks", LinkedServiceResource(properties=databricks)
    )
    notebook = DatabricksNotebookActivity(
        name="Prepare",
        notebook_path="/Shared/prepare",
        linked_service_name=LinkedServiceReference(reference_name="databricks", type="LinkedServiceReference"),
    )
    notebook["type"] = "DatabricksNotebook"
    client.pipelines.create_or_update(
        factory.group, factory.name, "ingest", PipelineResource(properties=Pipeline(activities=[notebook]))
    )
    found = client.pipelines.get(factory.group, factory.name, "ingest")
    assert found.properties.activities[0].type == "DatabricksNotebook"
    assert found.properties.activities[0]["typeProperties"] == {"notebookPath": "/Shared/prepare"}
    assert found.id == f"{factory.id}/pipelines/ingest"
    assert found.type == "Microsoft.DataFactory/factories/pipelines"


def test_a_document_keeps_the_spelling_of_its_first_writing(factory: Any) -> None:
    factory.pipeline("Ingest")
    factory.pipeline("INGEST", description="again")
    [found] = factory.client.pipelines.list_by_factory(factory.group, factory.name)
    assert (found.name, found.properties.description) == ("Ingest", "again")


def test_the_time_of_publishing_is_told_by_get_and_list_but_not_by_put(factory: Any) -> None:
    path = f"{factory.id}/pipelines/timed?api-version=2018-06-01"
    body = {"properties": {"activities": []}}
    assert "lastPublishTime" not in factory.emulator.call("PUT", path, json=body).json()["properties"]
    assert "lastPublishTime" in factory.emulator.call("GET", path).json()["properties"]


def test_an_unchanged_document_is_answered_not_modified(factory: Any) -> None:
    etag = factory.pipeline("same").etag
    path = f"{factory.id}/pipelines/same?api-version=2018-06-01"
    assert factory.emulator.call("GET", path, headers={"If-None-Match": f'"{etag}"'}).status_code == 304
    factory.pipeline("same", description="changed")
    assert factory.emulator.call("GET", path, headers={"If-None-Match": f'"{etag}"'}).status_code == 200


def test_a_document_is_only_written_over_the_version_that_was_read(factory: Any) -> None:
    first = factory.pipeline("guarded")
    operations, guard = factory.client.pipelines, MatchConditions.IfNotModified
    body = {"activities": [], "description": "second"}
    _put(factory, operations, "guarded", body, etag=first.etag, match_condition=guard)
    with pytest.raises(HttpResponseError) as refused:
        _put(factory, operations, "guarded", body, etag=first.etag, match_condition=guard)
    assert _refusal(refused)[:2] == (412, "PreconditionFailed")
    assert operations.get(factory.group, factory.name, "guarded").properties.description == "second"


def test_if_match_needs_something_that_is_there(factory: Any) -> None:
    with pytest.raises(HttpResponseError) as refused:
        _put(factory, factory.client.pipelines, "absent", {"activities": []}, match_condition=MatchConditions.IfPresent)
    assert refused.value.status_code == 412


def test_secrets_go_in_and_do_not_come_out(factory: Any) -> None:
    services = factory.client.linked_services
    _put(factory, services, "lake", BLOB)
    written = _put(
        factory,
        services,
        "databricks",
        {
            "type": "AzureDatabricks",
            "typeProperties": {
                "domain": "https://x",
                "accessToken": {"type": "SecureString", "value": "dapi-very-secret"},
            },
        },
    )
    assert written.properties.access_token.value == "**********"
    listing = factory.emulator.call("GET", f"{factory.id}/linkedservices?api-version=2018-06-01").text
    assert "dapi-very-secret" not in listing
    assert "c2VjcmV0LWtleQ==" not in listing
    assert "AccountName=lake;AccountKey=**********;E=x" in listing


def test_a_missing_document_is_404(factory: Any) -> None:
    with pytest.raises(ResourceNotFoundError):
        factory.client.datasets.get(factory.group, factory.name, "nowhere")
    factory.client.datasets.delete(factory.group, factory.name, "nowhere")  # 204


def test_a_dataset_needs_its_linked_service(factory: Any) -> None:
    with pytest.raises(HttpResponseError) as refused:
        _put(factory, factory.client.datasets, "rows", CSV)
    assert _refusal(refused) == (
        400,
        "BadRequest",
        "The document creation or update failed because of invalid reference 'lake'.",
        f"{factory.id}/datasets/rows",
    )


def test_a_referenced_document_cannot_be_deleted(factory: Any) -> None:
    _put(factory, factory.client.linked_services, "lake", BLOB)
    _put(factory, factory.client.datasets, "rows", CSV)
    with pytest.raises(HttpResponseError) as refused:
        factory.client.linked_services.delete(factory.group, factory.name, "lake")
    assert _refusal(refused) == (
        400,
        "BadRequest",
        "The document cannot be deleted since it is referenced by rows.",
        f"/Microsoft.DataFactory/factories/{factory.name}/linkedservices/lake",
    )
    factory.client.datasets.delete(factory.group, factory.name, "rows")
    factory.client.linked_services.delete(factory.group, factory.name, "lake")


def test_an_unknown_pipeline_cannot_be_triggered_or_executed(factory: Any) -> None:
    with pytest.raises(HttpResponseError, match="invalid reference 'nobody'"):
        factory.blob_trigger("arrives", "nobody", {})
    execute = {
        "name": "Child",
        "type": "ExecutePipeline",
        "typeProperties": {"pipeline": {"referenceName": "nobody", "type": "PipelineReference"}},
    }
    with pytest.raises(HttpResponseError, match="invalid reference 'nobody'"):
        factory.pipeline("parent", execute)


@pytest.mark.parametrize("name", ["with.dot", "with#hash", "1:2", "-leading"])
def test_a_name_outside_of_the_pattern_is_refused(factory: Any, name: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        factory.pipeline(name)
    assert refused.value.status_code == 400


def test_a_pipeline_with_a_cycle_is_refused(factory: Any) -> None:
    def wait(name: str, after: str) -> dict[str, Any]:
        depends = [{"activity": after, "dependencyConditions": ["Succeeded"]}]
        return {"name": name, "type": "Wait", "typeProperties": {"waitTimeInSeconds": 1}, "dependsOn": depends}

    with pytest.raises(HttpResponseError, match="circular"):
        factory.pipeline("circle", wait("A", "B"), wait("B", "A"))


def test_a_body_that_is_not_json_says_where(factory: Any) -> None:
    answer = factory.emulator.call("PUT", f"{factory.id}/pipelines/p?api-version=2018-06-01", content=b'{"properties":')
    assert answer.status_code == 400
    assert "line 1" in answer.json()["error"]["message"]


def test_lists_come_in_pages(factory: Any) -> None:
    for number in range(101):
        factory.pipeline(f"p{number:03}")
    path = f"{factory.id}/pipelines?api-version=2018-06-01"
    first = factory.emulator.call("GET", path).json()
    assert len(first["value"]) == 100
    assert "%24skiptoken=100" in first["nextLink"]
    last = factory.emulator.call("GET", path + "&%24skiptoken=100").json()
    assert [item["name"] for item in last["value"]] == ["p100"]
    assert "nextLink" not in last


def test_credentials_and_data_flows_are_kept(factory: Any) -> None:
    client = factory.client
    _put(factory, client.credential_operations, "identity", {"type": "ManagedIdentity", "typeProperties": {}})
    _put(factory, client.data_flows, "flow", {"type": "MappingDataFlow", "typeProperties": {"script": ""}})
    assert [found.name for found in client.credential_operations.list_by_factory(factory.group, factory.name)] == [
        "identity"
    ]
    assert [found.name for found in client.data_flows.list_by_factory(factory.group, factory.name)] == ["flow"]


def test_an_integration_runtime_is_kept_so_that_others_may_name_it(factory: Any) -> None:
    connected = {**BLOB, "connectVia": {"referenceName": "shir", "type": "IntegrationRuntimeReference"}}
    with pytest.raises(HttpResponseError, match="invalid reference 'shir'"):
        _put(factory, factory.client.linked_services, "lake", connected)
    runtime = _put(factory, factory.client.integration_runtimes, "shir", {"type": "SelfHosted"})
    assert runtime.type == "Microsoft.DataFactory/factories/integrationruntimes"
    _put(factory, factory.client.linked_services, "lake", connected)
    auto = {
        **BLOB,
        "connectVia": {"referenceName": "AutoResolveIntegrationRuntime", "type": "IntegrationRuntimeReference"},
    }
    _put(factory, factory.client.linked_services, "lake", auto)
    factory.client.integration_runtimes.delete(factory.group, factory.name, "shir")
