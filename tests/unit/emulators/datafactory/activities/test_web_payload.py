"""What a Web activity hands to its endpoint: data sets and linked services, evaluated, secrets in the clear."""

import json
from dataclasses import replace
from typing import Any

import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity
from emulators.datafactory.engine.resources import Resources

URL = "https://web.test/do"
RESOURCES = Resources(
    "factory",
    datasets={
        "table": {
            "type": "AzureSqlTable",
            "linkedServiceName": {
                "referenceName": "sql",
                "type": "LinkedServiceReference",
                "parameters": {"server": "@dataset().name"},
            },
            "parameters": {"name": {"type": "String"}, "schema": {"type": "String", "defaultValue": "dbo"}},
            "typeProperties": {"tableName": "@concat(dataset().schema, '.', dataset().name)"},
        },
        "wrong": {"type": "Json", "typeProperties": {"location": "@dataset().missing"}},
    },
    linked_services={
        "sql": {
            "type": "AzureSqlDatabase",
            "parameters": {"server": {"type": "String", "defaultValue": "s1"}},
            "annotations": ["x"],
            "typeProperties": {
                "connectionString": {"type": "SecureString", "value": "Server=s1;Password=geheim"},
                "server": "@{linkedService().server}",
            },
        },
    },
)


@pytest.fixture
def handed(network, services, activity):
    async def run(**properties: Any) -> Any:
        network.on("POST", URL, {})
        web = activity("WebActivity", method="POST", url=URL, **properties)
        await run_activity(replace(web, resources=RESOURCES), services)
        return json.loads(network.requests[-1].content)

    return run


def reference(to: str, /, **parameters: Any) -> dict[str, Any]:
    return {"referenceName": to, "parameters": parameters}


async def test_a_dataset_goes_with_its_expressions_evaluated(handed):
    body = await handed(body={"message": "hi"}, datasets=[reference("TABLE", name="t")])
    assert body == {
        "message": "hi",
        "datasets": [
            {
                "name": "table",
                "properties": {
                    "type": "AzureSqlTable",
                    "linkedServiceName": {
                        "referenceName": "sql",
                        "type": "LinkedServiceReference",
                        "parameters": {"server": "t"},
                    },
                    "typeProperties": {"tableName": "dbo.t"},
                },
            }
        ],
    }


async def test_a_linked_service_goes_with_its_secrets(handed):
    [linked] = (await handed(body='{"a": 1}', linkedServices=[reference("sql", server="s2")]))["linkedServices"]
    assert linked == {
        "name": "sql",
        "properties": {
            "type": "AzureSqlDatabase",
            "annotations": ["x"],
            "typeProperties": {"connectionString": "Server=s1;Password=geheim", "server": "s2"},
        },
    }


async def test_they_are_a_body_of_their_own(handed):
    assert list(await handed(linkedServices=[reference("sql")])) == ["linkedServices"]


async def test_empty_lists_are_nothing(handed):
    assert await handed(body={"a": 1}, datasets=[], linkedServices=[]) == {"a": 1}


@pytest.mark.parametrize(
    ("properties", "code", "message"),
    [
        ({"datasets": [reference("nowhere")]}, "BadRequest", "The dataset 'nowhere' that activity 'Do it'"),
        ({"linkedServices": [reference("nowhere")]}, "BadRequest", "The linked service 'nowhere'"),
        ({"datasets": [reference("wrong")]}, ".*", "In the dataset 'wrong': .*missing"),
        ({"datasets": ["table"]}, "2104", "'datasets' must hold references"),
        ({"linkedServices": [{"referenceName": "sql", "parameters": 3}]}, "2104", "'linkedServices' must hold"),
        ({"datasets": [reference("table", name="t")], "body": "plain"}, "2105", "must be a JSON object"),
        ({"datasets": [reference("table", name="t")], "body": [1]}, "2105", "must be a JSON object"),
    ],
)
async def test_what_cannot_be_handed_over_is_told(handed, properties, code, message):
    with pytest.raises(ActivityFailed, match=message) as failure:
        await handed(**properties)
    assert code in (".*", failure.value.code)
