"""Lookup, Copy and GetMetadata on tables of databases, as the executor runs them: datasets and linked services in."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.engine.resources import Resources

STAND_IN = "DrydockStandIn=SQLite;File=shop.sqlite;Procedures=procedures.toml"
LAKE = "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=a2V5;EndpointSuffix=core.windows.net"


def dataset(kind: str, linked: str = "", **properties: Any) -> dict[str, Any]:
    """A dataset whose table is a parameter, unless its properties name one."""
    return {
        "type": kind,
        "linkedServiceName": {"referenceName": linked or kind},
        "parameters": {"table": {"type": "String", "defaultValue": "orders"}},
        "typeProperties": properties or {"table": {"value": "@dataset().table", "type": "Expression"}},
    }


LINKED_SERVICES = {
    name: {"type": kind.linked_service, "typeProperties": {"connectionString": STAND_IN}}
    for name, kind in TABLES.items()
} | {
    "real": {"type": "AzureSqlDatabase", "typeProperties": {"connectionString": "Server=tcp:x.database.windows.net"}},
    "text": {
        "type": "AzureSqlDatabase",
        "typeProperties": {"connectionString": "DrydockStandIn=SQLite;File=procedures.toml"},
    },
    "lake": {"type": "AzureBlobStorage", "typeProperties": {"connectionString": LAKE}},
}
BLOB = {"location": {"type": "AzureBlobStorageLocation", "container": "c", "fileName": "f"}}
LOG = {
    "enableCopyActivityLog": True,
    "logLocationSettings": {"linkedServiceName": {"referenceName": "AzureSqlTable"}, "path": "c/logs"},
}
DATASETS = {name: dataset(name) for name in TABLES} | {
    "real": dataset("AzureSqlTable", "real"),
    "text": dataset("AzureSqlTable", "text"),
    "crossed": dataset("AzureSqlTable", "SqlServerTable"),
    "files": dataset("AzureSqlTable", "lake"),
    "csv in a database": dataset("DelimitedText", "AzureSqlTable", **BLOB),
    "csv": dataset("DelimitedText", "lake", **BLOB),
    "binary": dataset("Binary", "lake", **BLOB),
    "unnamed": dataset("AzureSqlTable", "AzureSqlTable", schema="dbo"),
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, price DECIMAL(9, 2), at DATETIME, note);"
            "INSERT INTO orders VALUES (1, 2.5, '2030-01-31T12:00:00', NULL), (2, 3, NULL, 'x');"
            "CREATE TABLE target (id INT, price DECIMAL(9, 2), at DATETIME, note TEXT);"
        )
    (tmp_path / "procedures.toml").write_text('"dbo.one" = "SELECT * FROM orders WHERE id = @Id"', "utf-8")
    return path


@pytest.fixture
def run(activity: Any, services: Any, database: Path) -> Any:
    """Runs an activity whose datasets are DATASETS."""

    async def run_it(kind: str, *, inputs: Any = (), outputs: Any = (), **properties: Any) -> dict[str, Any]:
        resources = Resources("factory", linked_services=LINKED_SERVICES, datasets=DATASETS)
        made = replace(activity(kind, **properties), resources=resources, inputs=inputs, outputs=outputs)
        return await run_activity(made, replace(services, databases=database.parent))

    return run_it


def on(name: str, **parameters: Any) -> dict[str, Any]:
    return {"referenceName": name, "type": "DatasetReference", "parameters": parameters}


@pytest.fixture
def copy(run: Any) -> Any:
    """Copies from a table into another."""

    async def copy_it(source: str, sink: str, /, **properties: Any) -> dict[str, Any]:
        sink_parameters = {"table": "target"} if sink in TABLES else {}
        return await run("Copy", inputs=(on(source),), outputs=(on(sink, **sink_parameters),), **properties)

    return copy_it


@pytest.mark.parametrize("name", TABLES)
async def test_a_lookup_of_every_kind_of_table(run, name):
    kind = TABLES[name]
    whole = await run("Lookup", dataset=on(name), source={"type": kind.sources[0]}, firstRowOnly=False)
    assert (whole["count"], whole["value"][0]) == (
        2,
        {"id": 1, "price": 2.5, "at": "2030-01-31T12:00:00Z", "note": None},
    )
    queried = await run("Lookup", dataset=on(name), source={kind.query: "SELECT MAX(id) AS last FROM orders"})
    assert queried["firstRow"] == {"last": 2}
    assert queried["billingReference"]["activityType"] == "PipelineActivity"


async def test_a_lookup_of_a_procedure_and_one_that_finds_nothing(run):
    source = {"sqlReaderStoredProcedureName": "dbo.one", "storedProcedureParameters": {"Id": {"value": 2}}}
    found = await run("Lookup", dataset=on("AzureSqlTable"), source=source, treatDecimalAsString=True)
    assert (found["firstRow"]["id"], found["firstRow"]["price"]) == (2, "3.00")
    source["storedProcedureParameters"] = {"Id": {"value": 9}}
    assert "firstRow" not in await run("Lookup", dataset=on("AzureSqlTable"), source=source)


async def test_a_lookup_of_more_than_4_mb_fails(run):
    query = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 99) SELECT hex(zeroblob(30000)) FROM n"
    )
    with pytest.raises(ActivityFailed, match="output is over limit"):
        await run("Lookup", dataset=on("AzureSqlTable"), source={"sqlReaderQuery": query}, firstRowOnly=False)


@pytest.mark.parametrize("name", [name for name, kind in TABLES.items() if kind.sinks])
async def test_a_copy_into_every_kind_of_table_that_is_a_sink(copy, database, name):
    kind = TABLES[name]
    output = await copy("AzureSqlTable", name, source={"type": "AzureSqlSource"}, sink={"type": kind.sinks[0]})
    assert (output["rowsRead"], output["rowsCopied"]) == (2, 2)
    assert not {"filesRead", "filesWritten"} & set(output)
    [details] = output["executionDetails"]
    assert details["source"] == {"type": "AzureSqlDatabase", "region": "local stand-in (SQLite)"}
    assert details["sink"] == {"type": kind.linked_service, "region": "local stand-in (SQLite)"}
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT * FROM target").fetchall() == [
            (1, 2.5, "2030-01-31T12:00:00", None),
            (2, 3, None, "x"),
        ]


async def test_a_copy_in_ranges_with_an_upsert(copy, database):
    source = {"type": "SqlSource", "partitionOption": "DynamicRange"}
    sink = {"type": "SqlSink", "writeBehavior": "upsert", "upsertSettings": {"keys": ["id"]}}
    for _ in range(2):
        output = await copy("AzureSqlTable", "AzureSqlTable", source=source, sink=sink, parallelCopies=3)
        assert output["rowsCopied"] == 2
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM target").fetchone() == (2,)


@pytest.mark.parametrize(
    ("source", "sink", "properties", "says"),
    [
        ("AzureSqlTable", "MySqlTable", {}, "A database of type MySql is no sink"),
        ("unnamed", "AzureSqlTable", {}, "names no table, and the source has no query"),
        ("AzureSqlTable", "unnamed", {}, "names no table to copy into"),
        ("crossed", "AzureSqlTable", {}, "of type AzureSqlTable does not go with a linked service of type SqlServer"),
        ("files", "AzureSqlTable", {}, "does not go with a linked service of type AzureBlobStorage"),
        ("csv in a database", "AzureSqlTable", {}, "DelimitedText does not go with .* AzureSqlDatabase"),
        ("binary", "AzureSqlTable", {}, "Binary dataset only"),
        ("text", "AzureSqlTable", {}, "not a database.*local stand-in"),
        ("AzureSqlTable", "text", {}, "not a database.*local stand-in"),
        ("AzureSqlTable", "AzureSqlTable", {"logSettings": LOG}, "AzureSqlDatabase can keep no log"),
        ("AzureSqlTable", "OracleTable", {"sink": {"tableOption": "autoCreate"}}, "OracleSink does not create tables"),
        ("AzureSqlTable", "AzurePostgreSqlTable", {"sink": {"writeMethod": "Merge"}}, "'writeMethod' is no 'Merge'"),
    ],
)
async def test_what_cannot_be_is_told(copy, source, sink, properties, says):
    with pytest.raises(ActivityFailed, match=says) as failure:
        await copy(source, sink, **properties)
    assert failure.value.code == "2200"


@pytest.mark.parametrize(
    ("source", "sink", "properties", "says"),
    [
        ("real", "AzureSqlTable", {}, "real database.*DrydockStandIn=SQLite"),
        ("AzureSqlTable", "real", {}, "real database.*DrydockStandIn=SQLite"),
        ("AzureSqlTable", "AzureSqlTable", {"source": {"type": "OracleSource"}}, "AzureSqlSource or SqlSource"),
        ("AzureSqlTable", "AzureSqlTable", {"sink": {"type": "SqlDWSink"}}, "AzureSqlSink or SqlSink"),
        ("AzureSqlTable", "AzureSqlDWTable", {"enableStaging": True}, "'enableStaging'.*local stand-in"),
        ("AzureSqlTable", "AzureSqlDWTable", {"sink": {"copyCommandSettings": {"defaultValues": [1]}}}, "copyCommandS"),
        ("AzureSqlTable", "AzureSqlTable", {"sink": {"sqlWriterStoredProcedureName": "p"}}, "StoredProcedure activity"),
    ],
)
async def test_what_is_not_built_is_refused_by_name(copy, source, sink, properties, says):
    with pytest.raises(ActivityFailed, match=says) as failure:
        await copy(source, sink, **properties)
    assert failure.value.code == "NotSupportedByEmulator"


async def test_however_many_ranges_are_asked_for_only_so_many_are_made(copy):
    source = {"partitionOption": "DynamicRange", "partitionSettings": {"partitionUpperBound": 10**9}}
    output = await copy("AzureSqlTable", "AzureSqlTable", source=source, parallelCopies=10**6)
    assert output["rowsCopied"] == 2


async def test_metadata_of_a_table(run):
    found = await run("GetMetadata", dataset=on("AzureSqlTable"), fieldList=["structure", "columnCount", "exists"])
    assert {name: found[name] for name in ("structure", "columnCount", "exists")} == {
        "structure": [
            {"name": "id", "type": "Int32"},
            {"name": "price", "type": "Decimal"},
            {"name": "at", "type": "DateTime"},
            {"name": "note", "type": "Object"},
        ],
        "columnCount": 4,
        "exists": True,
    }
    missing = await run("GetMetadata", dataset=on("AzureSqlTable", table="none"), fieldList=["exists", "columnCount"])
    assert (missing["exists"], "columnCount" in missing) == (False, False)


@pytest.mark.parametrize(
    ("reference", "fields", "says"),
    [
        (on("AzureSqlTable", table="none"), ["columnCount"], "Invalid object name 'none'.*local stand-in"),
        (on("AzureSqlTable"), ["size"], "'size' is none of tables"),
        (on("OracleTable"), ["exists"], "not available for datasets of type OracleTable"),
        (on("unnamed"), ["exists"], "names no table"),
    ],
)
async def test_metadata_that_there_is_not(run, reference, fields, says):
    with pytest.raises(ActivityFailed, match=says) as failure:
        await run("GetMetadata", dataset=reference, fieldList=fields)
    assert failure.value.code == "2011"


@pytest.mark.parametrize("kind", ["Validation", "Delete"])
async def test_activities_on_folders_say_that_a_table_is_none(run, kind):
    with pytest.raises(ActivityFailed, match=f"{kind} is not available for AzureSqlDatabase"):
        await run(kind, dataset=on("AzureSqlTable"))
