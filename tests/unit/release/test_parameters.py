"""Which values differ per environment, and their names as Data Factory Studio gives them."""

import json
from pathlib import Path
from typing import Any

import pytest

from release.errors import ReleaseError
from release.parameters import parameters, with_values
from release.source import FactorySource

LINKED_SERVICE = {
    "type": "AzureDatabricks",
    "typeProperties": {
        "domain": "https://dev",
        "existingClusterId": {"value": "@linkedService().c", "type": "Expression"},
    },
}
TRIGGER = {
    "type": "BlobEventsTrigger",
    "typeProperties": {"scope": "/dev"},
    "pipelines": [
        {"pipelineReference": {"referenceName": "ingest", "type": "PipelineReference"}, "parameters": {"p": "dev"}}
    ],
}
DEFINITION = {
    "Microsoft.DataFactory/factories/linkedServices": {
        "*": {"properties": {"typeProperties": {"url": "="}}},
        "AzureDatabricks": {"properties": {"typeProperties": {"domain": "=", "existingClusterId": "-"}}},
    },
    "Microsoft.DataFactory/factories/triggers": {
        "properties": {
            "typeProperties": {"scope": "="},
            "pipelines": [{"parameters": {"*": "="}}, "pipelineReference.referenceName"],
        }
    },
}


def source(folder: Path, definition: Any = DEFINITION, **resources: dict[str, Any]) -> FactorySource:
    (folder / "arm-template-parameters-definition.json").write_text(json.dumps(definition))
    everything = {"linkedService/bricks": LINKED_SERVICE, "trigger/arrives": TRIGGER, **resources}
    for name, properties in everything.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"name": path.stem, "properties": properties}))
    return FactorySource.load(folder)


def test_names_are_those_of_the_published_template(tmp_path: Path) -> None:
    assert [parameter.name for parameter in parameters(source(tmp_path))] == [
        "bricks_properties_typeProperties_domain",
        "bricks_properties_typeProperties_existingClusterId",
        "arrives_properties_typeProperties_scope",
        "arrives_properties_ingest_parameters_p",
    ]


def test_values_are_set_and_the_source_is_left_alone(tmp_path: Path) -> None:
    factory = source(tmp_path)
    values = {
        "bricks_properties_typeProperties_domain": "http://local",
        "bricks_properties_typeProperties_existingClusterId": "c1",
        "arrives_properties_ingest_parameters_p": 7,
    }
    bricks, arrives = with_values(factory, values, "local.toml")
    assert bricks.properties["typeProperties"] == {
        "domain": "http://local",
        "existingClusterId": {"value": "c1", "type": "Expression"},
    }
    assert arrives.properties["pipelines"][0]["parameters"] == {"p": 7}
    assert factory.resources[0].properties == LINKED_SERVICE


def test_an_unknown_parameter_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"local\.toml: the factory has no parameter 'domain'; it has arrives_"):
        with_values(source(tmp_path), {"domain": "x"}, "local.toml")


def test_a_connectors_own_entry_replaces_the_star(tmp_path: Path) -> None:
    factory = source(
        tmp_path, **{"linkedService/web": {"type": "HttpServer", "typeProperties": {"url": "u", "domain": "d"}}}
    )
    assert "web_properties_typeProperties_url" in {parameter.name for parameter in parameters(factory)}
    assert "web_properties_typeProperties_domain" not in {parameter.name for parameter in parameters(factory)}


def test_two_values_under_one_name_are_refused(tmp_path: Path) -> None:
    clash = {"type": "X", "typeProperties": {"scope": "s"}, "pipelines": []}
    definition = {
        **DEFINITION,
        "Microsoft.DataFactory/factories/pipelines": {"properties": {"typeProperties": {"scope": "="}}},
    }
    factory = source(tmp_path, definition, **{"pipeline/arrives": clash})
    with pytest.raises(ReleaseError, match="rename one of the resources"):
        parameters(factory)


def test_a_form_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    definition = {
        "Microsoft.DataFactory/factories/triggers": {"properties": {"typeProperties": {"scope": "=:own:string"}}}
    }
    with pytest.raises(ReleaseError, match="names of one's own"):
        parameters(source(tmp_path, definition))


@pytest.mark.parametrize(
    ("file", "text", "fragment"),
    [
        ("trigger/arrives.json", "{", "line 1, column 2"),
        ("trigger/arrives.json", '{"name": "other", "properties": {}}', "'arrives' is expected"),
        ("trigger/arrives.json", '{"name": "arrives"}', "at 'properties': an object is expected"),
        ("dataflow/x.json", "{}", "not supported yet"),
    ],
)
def test_a_broken_source_names_the_file_and_the_place(tmp_path: Path, file: str, text: str, fragment: str) -> None:
    source(tmp_path)
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    with pytest.raises(ReleaseError) as caught:
        FactorySource.load(tmp_path)
    assert fragment in str(caught.value)
    assert path.parent.name in str(caught.value)
