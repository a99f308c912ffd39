"""Script and SqlServerStoredProcedure against a real database: the SQLite stand-in that a linked service names."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.resources import Resources

PROCEDURES = """
"dbo.note_run" = "INSERT INTO runs (id, rows) VALUES (@RunId, @Rows);"
"[dbo].[broken]" = "INSERT INTO nowhere VALUES (1)"
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "claims.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE claims (id INTEGER PRIMARY KEY, driver TEXT, amount REAL, photo BLOB);"
            "INSERT INTO claims VALUES (1, 'Ann', 10.5, x'00ff'), (2, 'Bob', 20, NULL), (3, 'Cy', 30, NULL);"
            "CREATE TABLE runs (id TEXT, rows INTEGER);"
        )
    (tmp_path / "procedures.toml").write_text(PROCEDURES, "utf-8")
    return path


@pytest.fixture
def sql(database: Path, services: Any) -> Any:
    """Runs a SQL activity against the stand-in, or whatever connection string is given."""

    async def run(kind: str, connection: str | None = None, *, linked: Any = None, **properties: Any) -> Any:
        written = connection or "DrydockStandIn=SQLite;File=claims.sqlite;Procedures=procedures.toml"
        service = linked or {"type": "AzureSqlDatabase", "typeProperties": {"connectionString": written}}
        activity = Activity(
            name="Do it",
            type=kind,
            type_properties=properties,
            resources=Resources("factory", linked_services={"db": service}),
            pipeline_name="p",
            pipeline_run_id="",
            activity_run_id="",
            linked_service={"referenceName": "db"},
        )
        return await run_activity(activity, replace(services, databases=database.parent))

    return run


def _script(*texts: str, kind: str = "Query", **more: Any) -> dict[str, Any]:
    return {"scripts": [{"type": kind, "text": text, **more} for text in texts]}


def _rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


async def test_the_output_has_the_documented_shape(sql):
    output = await sql("Script", **_script("SELECT id, driver FROM claims WHERE id < 3 ORDER BY id"))
    assert output["resultSetCount"] == 1
    assert output["resultSets"] == [{"rowCount": 2, "rows": [{"id": 1, "driver": "Ann"}, {"id": 2, "driver": "Bob"}]}]
    assert (output["recordsAffected"], output["outputParameters"], output["outputLogs"]) == (0, {}, "")
    assert "outputTruncated" not in output
    assert output["effectiveIntegrationRuntime"]


async def test_several_scripts_are_merged(sql, database):
    first = {"type": "NonQuery", "text": "UPDATE claims SET amount = 0 WHERE id > 1; SELECT 1"}
    second = {"type": "Query", "text": "SELECT COUNT(*) AS n FROM claims WHERE amount = 0; SELECT 'a;b' AS t -- c; d"}
    output = await sql("Script", scripts=[first, second])
    assert [result["rows"] for result in output["resultSets"]] == [[{"n": 2}], [{"t": "a;b"}]]
    assert (output["resultSetCount"], output["recordsAffected"]) == (2, 2)
    assert _rows(database, "SELECT amount FROM claims WHERE id = 3") == [(0.0,)]


async def test_parameters_are_bound_and_never_become_sql(sql):
    parameters = [
        {"name": "@driver", "type": "String", "value": "Ann' OR 1=1 --"},
        {"name": "least", "type": "Int32", "value": "2"},
    ]
    script = _script("SELECT driver FROM claims WHERE driver = @driver OR id > @least", parameters=parameters)
    output = await sql("Script", **script)
    assert output["resultSets"][0]["rows"] == [{"driver": "Cy"}]


async def test_bytes_come_as_base64_and_nothing_as_null(sql):
    output = await sql("Script", **_script("SELECT photo FROM claims WHERE id < 3 ORDER BY id"))
    assert output["resultSets"][0]["rows"] == [{"photo": "AP8="}, {"photo": None}]


async def test_an_error_names_script_and_statement(sql, database):
    with pytest.raises(ActivityFailed, match=r"Script 2 of 2: Statement 2 \(SELECT TOP 1 .*SQLite's SQL") as failure:
        await sql("Script", **_script("DELETE FROM claims WHERE id = 1", "SELECT 1; SELECT TOP 1 * FROM claims;"))
    assert failure.value.code == "2011"
    assert _rows(database, "SELECT COUNT(*) FROM claims") == [(2,)]  # what ran before stays done


async def test_a_transaction_that_is_left_open_is_rolled_back(sql, database):
    await sql("Script", **_script("BEGIN; DELETE FROM claims", kind="NonQuery"))
    assert _rows(database, "SELECT COUNT(*) FROM claims") == [(3,)]


async def test_the_time_has_the_form_that_data_factorys_texts_have(sql, database):
    await sql("Script", **_script("CREATE TABLE log (id INT, at DATETIME DEFAULT CURRENT_TIMESTAMP)", kind="NonQuery"))
    await sql("Script", **_script("INSERT INTO log (id) VALUES (1); INSERT INTO log VALUES (2, CURRENT_TIMESTAMP)"))
    assert {len(at) for _, at in _rows(database, "SELECT * FROM log WHERE at LIKE '____-__-__T__:__:__'")} == {19}


async def test_truncating_a_table_is_emptying_it(sql, database):
    output = await sql("Script", **_script("truncate  table [claims];", kind="NonQuery"))
    assert (output["recordsAffected"], _rows(database, "SELECT * FROM claims")) == (3, [])


async def test_a_script_reaches_the_schemas_that_have_a_file(sql, database):
    (database.parent / "hr.sqlite").touch()
    words = "DrydockStandIn=SQLite;File=claims.sqlite;Schema.hr=hr.sqlite"
    await sql("Script", words, **_script("CREATE TABLE hr.people (id INT)", kind="NonQuery"))
    assert _rows(database.parent / "hr.sqlite", "SELECT COUNT(*) FROM people") == [(0,)]
    assert _rows(database, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'people'") == [(0,)]


@pytest.mark.parametrize("text", ["ATTACH DATABASE 'other.sqlite' AS o", "VACUUM INTO 'other.sqlite'"])
async def test_a_script_cannot_reach_other_files(sql, database, tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ActivityFailed):
        await sql("Script", **_script(text))
    assert not (tmp_path / "other.sqlite").exists()


COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {0}) SELECT i, {1} AS t FROM n"


async def test_a_block_that_takes_too_long(sql):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT COUNT(*) FROM n"
    with pytest.raises(ActivityFailed, match="did not end within 0 seconds"):
        await sql("Script", **_script(endless), scriptBlockExecutionTimeout="00:00:00")


async def test_cancelling_interrupts_the_database(sql):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT COUNT(*) FROM n"
    task = asyncio.ensure_future(sql("Script", **_script(endless)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


async def test_what_is_over_4_mb_is_cut_off_and_said(sql):
    output = await sql("Script", **_script(COUNT.format(1000, "hex(zeroblob(5000))")))
    [result] = output["resultSets"]
    assert output["outputTruncated"] is True
    assert result["rowCount"] == 1000
    assert 400 < len(result["rows"]) < 420


async def test_at_most_5000_rows(sql):
    output = await sql("Script", **_script(COUNT.format(6000, "1")))
    [result] = output["resultSets"]
    assert (output["outputTruncated"], result["rowCount"], len(result["rows"])) == (True, 6000, 5000)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({}, "2103"),
        ({"scripts": []}, "2103"),
        ({"scripts": ["SELECT 1"]}, "2104"),
        (_script(""), "2103"),
        (_script("SELECT 1", kind="Other"), "2104"),
        (_script("SELECT 1", parameters={"a": 1}), "2104"),
        (_script("SELECT 1", parameters=[{"name": "a", "type": "Int32", "value": "x"}]), "2104"),
        (_script("SELECT 1", parameters=[{"name": "a", "type": "Money", "value": 1}]), "2104"),
        (_script("SELECT @missing"), "2011"),
        (_script("SELECT '\x00'"), "2011"),
        (_script("SELECT '\ud800'"), "2011"),
        (_script("SELECT 1", parameters=[{"name": "a", "direction": "Output"}]), "NotSupportedByEmulator"),
        (_script("SELECT 1") | {"scriptBlockExecutionTimeout": "soon"}, "2104"),
        (_script("SELECT 1") | {"logSettings": {"logDestination": "ExternalStore"}}, "NotSupportedByEmulator"),
    ],
)
async def test_wrong_scripts(sql, properties, code):
    with pytest.raises(ActivityFailed) as failure:
        await sql("Script", **properties)
    assert failure.value.code == code


@pytest.mark.parametrize("name", ["dbo.note_run", "[dbo].[Note_Run]"])
async def test_a_procedure_is_what_the_table_says(sql, database, name):
    parameters = {"RunId": {"value": "r1", "type": "String"}, "Rows": {"value": "7", "type": "Int64"}}
    output = await sql("SqlServerStoredProcedure", storedProcedureName=name, storedProcedureParameters=parameters)
    assert output["executionDuration"] == 0
    assert _rows(database, "SELECT * FROM runs") == [("r1", 7)]


async def test_a_procedure_that_is_not_in_the_table_says_where_to_put_it(sql):
    with pytest.raises(ActivityFailed, match=r"Could not find stored procedure 'dbo\.other'.*Procedures=") as failure:
        await sql("SqlServerStoredProcedure", storedProcedureName="dbo.other")
    assert failure.value.code == "2402"


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({}, "2103"),
        ({"storedProcedureName": "dbo.broken"}, "2402"),
        ({"storedProcedureName": "dbo.note_run"}, "2402"),
        ({"storedProcedureName": "dbo.note_run", "storedProcedureParameters": [1]}, "2104"),
    ],
)
async def test_wrong_procedures(sql, properties, code):
    with pytest.raises(ActivityFailed) as failure:
        await sql("SqlServerStoredProcedure", **properties)
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        ("Server=tcp:x.database.windows.net;Database=d", r"real database.*DrydockStandIn=SQLite"),
        ("DrydockStandIn=PostgreSQL;File=claims.sqlite", "PostgreSQL"),
        ("DrydockStandIn=SQLite", "The File of .* is missing"),
        ("DrydockStandIn=SQLite;File=none.sqlite", "does not exist"),
        ("DrydockStandIn=SQLite;File=../claims.sqlite", "lies outside"),
        ("DrydockStandIn=SQLite;File=/etc/passwd", "lies outside"),
        ("DrydockStandIn=SQLite;File=claims.sqlite;Procedures=claims.sqlite", "cannot be read"),
        ("DrydockStandIn=SQLite;File=procedures.toml", "not a database"),
        (
            "DrydockStandIn=SQLite;File=claims.sqlite;Schema.a=procedures.toml",
            "ATTACH.*not a database",
        ),
        ("DrydockStandIn=SQLite;File=claims.sqlite;Schema.a=none.sqlite", "The schema.a .* does not exist"),
    ],
)
async def test_a_connection_that_names_no_stand_in(sql, connection, says):
    with pytest.raises(ActivityFailed, match=says):
        await sql("Script", connection, **_script("SELECT id FROM claims"))


async def test_the_newer_form_of_a_linked_service_and_secret_connection_strings(sql):
    stand_in = "DrydockStandIn=SQLite;File=claims.sqlite"
    for properties in ({"server": stand_in}, {"connectionString": {"type": "SecureString", "value": stand_in}}):
        linked = {"type": "SqlServer", "typeProperties": properties}
        assert await sql("Script", linked=linked, **_script("SELECT 1 AS one"))


async def test_another_type_of_linked_service(sql):
    with pytest.raises(ActivityFailed) as failure:
        await sql("Script", linked={"type": "AzureBlobStorage", "typeProperties": {}}, **_script("SELECT 1"))
    assert failure.value.code == "2110"
