"""What is refused when a document is created."""

from typing import Any

import pytest

from emulators.datafactory.errors import BadRequest, InvalidReference, InvalidResourceName
from emulators.datafactory.validation import (
    Reference,
    check_document,
    check_entity_name,
    check_factory_name,
    check_global_parameters,
    references,
)

LAKE = {"referenceName": "lake", "type": "LinkedServiceReference"}
INGEST = {"pipelineReference": {"referenceName": "ingest", "type": "PipelineReference"}}
WAIT = {"name": "W", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 1}}


def _exists(kind: str, name: str) -> bool:
    return (kind, name.lower()) in {("linkedservices", "lake"), ("pipelines", "ingest")}


def _check(kind: str, properties: Any) -> None:
    check_document(kind, "name", properties, _exists, "/the/id")


@pytest.mark.parametrize("name", ["abc", "a-b-c", "0" * 63, "A1b"])
def test_good_factory_names(name: str) -> None:
    check_factory_name(name)


@pytest.mark.parametrize("name", ["ab", "x" * 64, "a--b", "-ab", "ab-", "a_b", "a.b", "abc\n", ""])
def test_bad_factory_names(name: str) -> None:
    with pytest.raises(InvalidResourceName):
        check_factory_name(name)


@pytest.mark.parametrize("name", ["p", "_p", "0", "a b-c (d)", "größe", "x" * 260])
def test_good_entity_names(name: str) -> None:
    check_entity_name("pipelines", name)


@pytest.mark.parametrize(
    "name", ["", "x" * 261, "-p", "a.b", "a#b", "a%b", "a&b", "a:b", "a\\b", "a+b", "a?b", "a/b", "a\n"]
)
def test_bad_entity_names(name: str) -> None:
    with pytest.raises(InvalidResourceName):
        check_entity_name("pipelines", name)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("linkedservices", {"type": "AzureBlobStorage", "typeProperties": {}}),
        ("datasets", {"type": "Binary", "linkedServiceName": LAKE, "typeProperties": {}}),
        ("pipelines", {"activities": [WAIT], "parameters": {"p": {"type": "string"}}}),
        ("pipelines", {}),
        ("triggers", {"type": "BlobEventsTrigger", "pipelines": [INGEST], "typeProperties": {}}),
        ("triggers", {"type": "TumblingWindowTrigger", "pipeline": INGEST, "typeProperties": {}}),
        ("credentials", {"type": "ManagedIdentity"}),
        ("linkedservices", {
            "type": "AzureBlobStorage",
            "typeProperties": {},
            "connectVia": {"referenceName": "AutoResolveIntegrationRuntime", "type": "IntegrationRuntimeReference"},
        }),
    ],
)  # fmt: skip
def test_good_documents(kind: str, properties: Any) -> None:
    _check(kind, properties)


@pytest.mark.parametrize(
    ("kind", "properties", "said"),
    [
        ("pipelines", None, "'properties'"),
        ("pipelines", [], "'properties'"),
        ("pipelines", {"activities": {"W": WAIT}}, "list of activities"),
        ("pipelines", {"activities": [{"type": "Wait"}]}, "no name"),
        ("pipelines", {"activities": [WAIT, WAIT]}, "more than once"),
        ("pipelines", {"activities": [], "parameters": {"p": {"type": "Money"}}}, "'Money'"),
        ("pipelines", {"activities": [], "parameters": {"p": "String"}}, "'parameters'"),
        ("linkedservices", {"typeProperties": {}}, "'type'"),
        ("linkedservices", {"type": "AzureBlobStorage"}, "'typeProperties'"),
        ("linkedservices", {"type": "AzureBlobStorage", "typeProperties": []}, "'typeProperties'"),
        ("datasets", {"type": "Binary"}, "LinkedServiceReference"),
        ("datasets", {"type": "Binary", "linkedServiceName": "lake"}, "LinkedServiceReference"),
        ("triggers", {"type": "ScheduleTrigger", "pipelines": {}}, "'pipelines'"),
        ("triggers", {"type": "ScheduleTrigger", "pipelines": [{}]}, "PipelineReference"),
        ("triggers", {"type": "ScheduleTrigger", "pipelines": [{**INGEST, "parameters": []}]}, "parameters"),
    ],
)
def test_bad_documents(kind: str, properties: Any, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        _check(kind, properties)


def test_a_reference_to_nothing_names_it_and_the_document() -> None:
    missing = {"type": "Binary", "linkedServiceName": {**LAKE, "referenceName": "sea"}, "typeProperties": {}}
    with pytest.raises(InvalidReference) as refused:
        _check("datasets", missing)
    assert refused.value.message == "The document creation or update failed because of invalid reference 'sea'."
    assert refused.value.target == "/the/id"


def test_references_are_found_wherever_they_stand() -> None:
    activity = {"typeProperties": {"cases": [{"activities": [{"linkedServiceName": LAKE}, INGEST]}]}}
    assert list(references({"activities": [activity]})) == [
        Reference("linkedservices", "lake"),
        Reference("pipelines", "ingest"),
    ]


@pytest.mark.parametrize("parameters", [[], {"a": 1}, {"a": {"type": "String"}}, {"a": {"type": "Money", "value": 1}}])
def test_bad_global_parameters(parameters: Any) -> None:
    with pytest.raises(BadRequest):
        check_global_parameters(parameters, "/the/id")


def test_good_global_parameters() -> None:
    check_global_parameters({"a": {"type": "String", "value": None}, "b": {"type": "array", "value": []}}, "/the/id")
