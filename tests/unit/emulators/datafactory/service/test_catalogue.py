"""Documents: found whatever their case, kept over a restart, told apart by etags, guarded by their referrers."""

from typing import Any

import pytest

from emulators.datafactory.catalogue import KINDS, Catalogue, Factory, FactoryAddress
from emulators.kernel.store import DocumentStore

ADDRESS = FactoryAddress("Sub", "Group", "Factory")
LAKE = {"type": "AzureBlobStorage", "typeProperties": {}}
ROWS = {"type": "Binary", "linkedServiceName": {"referenceName": "LAKE", "type": "LinkedServiceReference"}}


@pytest.fixture
def store() -> DocumentStore:
    return DocumentStore()


def _factory(catalogue: Catalogue, **properties: Any) -> Factory:
    return catalogue.put_factory(ADDRESS, {"location": "here", "properties": properties})


def test_everything_is_found_again_in_the_store(store: DocumentStore) -> None:
    catalogue = Catalogue(store)
    factory = _factory(catalogue, globalParameters={"g": {"type": "Int", "value": 1}})
    written = catalogue.put(factory, "linkedservices", "Lake", LAKE, hidden={"note": 1})
    again = Catalogue(store).factory(FactoryAddress("SUB", "group", "FACTORY"))
    assert again is not None
    assert (again.address, again.etag) == (ADDRESS, factory.etag)
    assert again.find("linkedservices", "lAKE") == written
    assert again.global_parameters == {"g": {"type": "Int", "value": 1}}


def test_a_rewritten_document_keeps_its_name_and_what_is_hidden(store: DocumentStore) -> None:
    catalogue = Catalogue(store)
    factory = _factory(catalogue)
    first = catalogue.put(factory, "linkedservices", "Lake", LAKE, hidden={"note": 1})
    second = catalogue.put(factory, "linkedservices", "LAKE", {**LAKE, "description": "d"})
    assert (second.name, second.hidden) == ("Lake", {"note": 1})
    assert second.etag != first.etag


def test_an_annotation_leaves_document_and_etag_alone(store: DocumentStore) -> None:
    catalogue = Catalogue(store)
    factory = _factory(catalogue)
    first = catalogue.put(factory, "linkedservices", "Lake", LAKE)
    annotated = catalogue.annotate(factory, first, note=2)
    assert (annotated.etag, annotated.properties, annotated.hidden) == (first.etag, first.properties, {"note": 2})


def test_referrers_are_found_whatever_the_case_and_do_not_count_themselves(store: DocumentStore) -> None:
    catalogue = Catalogue(store)
    factory = _factory(catalogue)
    catalogue.put(factory, "linkedservices", "lake", LAKE)
    assert factory.referrer("linkedservices", "lake") is None
    dataset = catalogue.put(factory, "datasets", "rows", ROWS)
    assert factory.referrer("linkedservices", "Lake") == "rows"
    assert factory.referrer("datasets", "lake") is None
    catalogue.delete(factory, dataset)
    assert factory.referrer("linkedservices", "lake") is None
    own = {"activities": [{"pipeline": {"referenceName": "p", "type": "PipelineReference"}}]}
    catalogue.put(factory, "pipelines", "p", own)
    assert factory.referrer("pipelines", "p") is None


def test_a_run_keeps_the_resources_it_started_with(store: DocumentStore) -> None:
    catalogue = Catalogue(store)
    factory = _factory(catalogue)
    catalogue.put(factory, "pipelines", "P", {"activities": []})
    before = factory.resources()
    assert factory.resources() is before
    catalogue.put(factory, "pipelines", "p", {"activities": [], "description": "new"})
    assert before.pipelines == {"P": {"activities": []}}
    assert factory.resources().pipelines == {"P": {"activities": [], "description": "new"}}
    assert before.factory_name == "Factory"


def test_a_run_knows_credentials_and_who_the_factory_may_be(store: DocumentStore) -> None:
    catalogue = Catalogue(store)
    identity = {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/S/Reader": {}}}
    factory = catalogue.put_factory(ADDRESS, {"location": "here", "identity": identity, "properties": {}})
    catalogue.put(factory, "credentials", "c", {"type": "ManagedIdentity"})
    found = factory.resources()
    assert found.credential("C") == ("c", {"type": "ManagedIdentity"})
    assert found.identities == {"/subscriptions/s/reader"}


def test_a_deleted_factory_leaves_nothing(store: DocumentStore) -> None:
    catalogue = Catalogue(store)
    factory = _factory(catalogue)
    for kind in KINDS:
        catalogue.put(factory, kind, "x", {})
    catalogue.delete_factory(factory)
    assert list(catalogue.factories()) == []
    assert catalogue.put_factory(ADDRESS, {"properties": {}}).find("pipelines", "x") is None
    assert list(Catalogue(store).factory(ADDRESS).all_documents()) == []  # type: ignore[union-attr]
