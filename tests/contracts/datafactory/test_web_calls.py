"""Calls of a pipeline to the web, written with azure-mgmt-datafactory's own models: REST sources and identities."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import pytest
from azure.mgmt.datafactory import models

IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reader"
REFERENCE = {"referenceName": "reader", "type": "CredentialReference"}


class Site(BaseHTTPRequestHandler):
    """Two pages, and who asked for them."""

    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        Site.seen.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
        content = json.dumps({"v": 2} if "page=2" in self.path else {"v": 1, "next": "?page=2"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def site(serving: Any) -> Iterator[str]:
    Site.seen.clear()
    with serving(Site) as address:
        yield f"{address}/rows"


@pytest.fixture
def reader(factory: Any) -> Any:
    """A factory with a user-assigned identity and a credential for it."""
    identity = models.FactoryIdentity(type="SystemAssigned,UserAssigned", user_assigned_identities={IDENTITY: {}})
    factory.client.factories.create_or_update(
        factory.group, factory.name, models.Factory(location="westeurope", identity=identity)
    )
    properties = {"type": "ManagedIdentity", "typeProperties": {"resourceId": IDENTITY}}
    factory.client.credential_operations.create_or_update(
        factory.group, factory.name, "reader", {"properties": properties}
    )
    return factory


def outcome(factory: Any, pipeline: str) -> Any:
    """Run a pipeline of one activity and give that one's run."""
    run_id = factory.client.pipelines.create_run(factory.group, factory.name, pipeline).run_id
    factory.ended(run_id)
    [activity] = factory.client.activity_runs.query_by_pipeline_run(
        factory.group, factory.name, run_id, factory.window()
    ).value
    return activity


def test_all_pages_of_a_rest_source_as_a_user_assigned_identity(reader: Any, site: str) -> None:
    # version 10 of the models of linked services and data sets does not set the type by itself
    linked = models.RestServiceLinkedService(
        type="RestService",
        type_properties=models.RestServiceLinkedServiceTypeProperties(
            url=site,
            authentication_type="ManagedServiceIdentity",
            aad_resource_id="https://management.azure.com",
            credential=models.CredentialReference(reference_name="reader", type="CredentialReference"),
            auth_headers={"x-key": {"type": "SecureString", "value": "s3cret"}},
        ),
    )
    dataset = models.RestResourceDataset(
        type="RestResource",
        linked_service_name=models.LinkedServiceReference(reference_name="rest", type="LinkedServiceReference"),
        type_properties=models.RestResourceDatasetTypeProperties(relative_url=""),
    )
    source = models.RestSource(pagination_rules={"AbsoluteUrl": "$.next"}, request_interval=10)
    looking = {
        "source": source.as_dict(),
        "dataset": {"referenceName": "rows", "type": "DatasetReference"},
        "firstRowOnly": False,
    }
    client, group, name = reader.client, reader.group, reader.name
    client.linked_services.create_or_update(group, name, "rest", models.LinkedServiceResource(properties=linked))
    client.datasets.create_or_update(group, name, "rows", models.DatasetResource(properties=dataset))
    reader.pipeline("look", {"name": "Look", "type": "Lookup", "typeProperties": looking})
    activity = outcome(reader, "look")
    assert activity.status == "Succeeded", activity.error
    assert activity.output["value"] == [{"v": 1, "next": "?page=2"}, {"v": 2}]
    assert [call["path"] for call in Site.seen] == ["/rows", "/rows?page=2"]
    assert all(call["authorization"].startswith("Bearer ") and call["x-key"] == "s3cret" for call in Site.seen)


def test_a_web_activity_as_a_user_assigned_identity(reader: Any, site: str) -> None:
    authentication = {
        "type": "UserAssignedManagedIdentity",
        "resource": "https://management.azure.com",
        "credential": REFERENCE,
    }
    properties = {"method": "GET", "url": site, "authentication": authentication}
    reader.pipeline("web", {"name": "Call", "type": "WebActivity", "typeProperties": properties})
    assert outcome(reader, "web").output["v"] == 1
    assert Site.seen[0]["authorization"].startswith("Bearer ")
    reader.client.factories.update(reader.group, reader.name, {"identity": {"type": "SystemAssigned"}})
    taken = outcome(reader, "web")
    assert (taken.status, taken.error["errorCode"]) == ("Failed", "FailToGetManagedIdentityToken")
    assert "is not assigned to the factory" in taken.error["message"]
