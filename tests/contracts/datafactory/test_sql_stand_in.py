"""SQL activities through azure-mgmt-datafactory: a linked service whose connection string names the local stand-in.

And what passes through such a pipeline as a secret: a rerun from failure has it, no answer shows it.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

SECRET = "s3cret-customer"
STAND_IN = "DrydockStandIn=SQLite;File=claims.sqlite;Procedures=procedures.toml"
DATABASE = {"referenceName": "claims", "type": "LinkedServiceReference"}

LOOK = {
    "name": "Look",
    "type": "Script",
    "linkedServiceName": DATABASE,
    "policy": {"secureOutput": True},
    "typeProperties": {
        "scripts": [
            {
                "type": "Query",
                "text": "SELECT id, driver FROM claims WHERE driver = @driver",
                "parameters": [
                    {
                        "name": "driver",
                        "type": "String",
                        "direction": "Input",
                        "value": {"value": "@pipeline().parameters.driver", "type": "Expression"},
                    }
                ],
            }
        ]
    },
}
NOTE = {
    "name": "Note",
    "type": "SqlServerStoredProcedure",
    "linkedServiceName": DATABASE,
    "dependsOn": [{"activity": "Look", "dependencyConditions": ["Succeeded"]}],
    "typeProperties": {
        "storedProcedureName": "[dbo].[note]",
        "storedProcedureParameters": {
            "Driver": {"value": "@activity('Look').output.resultSets[0].rows[0].driver", "type": "String"}
        },
    },
}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database in the folder that the emulator will be started in."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "claims.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE claims (id INTEGER, driver TEXT)")
        connection.execute("INSERT INTO claims VALUES (1, ?)", (SECRET,))
        connection.commit()
    (tmp_path / "procedures.toml").write_text('"dbo.note" = "INSERT INTO notes VALUES (@Driver)"\n', "utf-8")
    return path


@pytest.fixture
def factory(database: Path, durable: Any, new_factory: Callable[[Any], Any]) -> Any:
    made = new_factory(durable)
    properties = {"type": "AzureSqlDatabase", "typeProperties": {"connectionString": STAND_IN}}
    made.client.linked_services.create_or_update(made.group, made.name, "claims", {"properties": properties})
    made.pipeline("note", LOOK, NOTE, parameters={"driver": {"type": "SecureString"}})
    return made


def _activities(factory: Any, run_id: str) -> dict[str, Any]:
    found = factory.client.activity_runs.query_by_pipeline_run(factory.group, factory.name, run_id, factory.window())
    return {activity.activity_name: activity for activity in found.value}


def _notes(database: Path) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT * FROM notes").fetchall()


def test_a_rerun_from_failure_goes_on_with_what_the_earlier_run_hid(factory: Any, database: Path) -> None:
    run = factory.client.pipelines.create_run(factory.group, factory.name, "note", {"driver": SECRET})
    failed = factory.ended(run.run_id)
    assert failed.status == "Failed"
    assert "no such table: notes" in failed.message
    before = _activities(factory, run.run_id)
    assert (before["Look"].status, before["Note"].error["errorCode"]) == ("Succeeded", "2402")

    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE notes (driver TEXT)")
    again = factory.client.pipelines.create_run(
        factory.group,
        factory.name,
        "note",
        reference_pipeline_run_id=run.run_id,
        is_recovery=True,
        start_from_failure=True,
    )
    ended = factory.ended(again.run_id)
    assert ended.status == "Succeeded", ended.message
    after = _activities(factory, again.run_id)
    assert set(after) == {"Note"}
    assert _notes(database) == [(SECRET,)]

    shown = [failed, ended, *before.values(), *after.values()]
    assert not [item for item in shown if SECRET in str(item.as_dict())]


def _script(name: str, text: str, *, after: str = "") -> dict[str, Any]:
    return {
        "name": name,
        "type": "Script",
        "linkedServiceName": DATABASE,
        "dependsOn": [{"activity": after, "dependencyConditions": ["Succeeded"]}] if after else [],
        "typeProperties": {"scripts": [{"type": "NonQuery", "text": text}]},
    }


def test_a_recovery_runs_only_what_failed_in_the_loop_of_a_child_also_after_a_kill(
    factory: Any, durable: Any, database: Path
) -> None:
    """Each attempt leaves its mark in the database, so what ran twice would show."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("CREATE TABLE marks (mark TEXT); CREATE TABLE t1 (n INTEGER);")
    loop = {
        "name": "Each",
        "type": "ForEach",
        "typeProperties": {
            "items": {"value": "@createArray('t1', 't2')", "type": "Expression"},
            "isSequential": True,
            "activities": [
                _script("Fill", "@concat('INSERT INTO ', item(), ' VALUES (1)')"),
                _script("Mark", "@concat('INSERT INTO marks VALUES (''', item(), ''')')", after="Fill"),
            ],
        },
    }
    factory.pipeline("child", loop)
    call = {
        "name": "Call",
        "type": "ExecutePipeline",
        "typeProperties": {
            "pipeline": {"referenceName": "child", "type": "PipelineReference"},
            "waitOnCompletion": True,
        },
    }
    factory.pipeline("parent", _script("Before", "INSERT INTO marks VALUES ('before')"), call)
    first = factory.client.pipelines.create_run(factory.group, factory.name, "parent").run_id
    failed = factory.ended(first)
    assert failed.status == "Failed"
    assert "no such table: t2" in failed.message

    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE t2 (n INTEGER)")
    durable.restart(kill=True)
    again = factory.client.pipelines.create_run(
        factory.group,
        factory.name,
        "parent",
        reference_pipeline_run_id=first,
        is_recovery=True,
        start_from_failure=True,
    )
    ended = factory.ended(again.run_id)
    assert ended.status == "Succeeded", ended.message
    with closing(sqlite3.connect(database)) as connection:
        marks = [mark for (mark,) in connection.execute("SELECT mark FROM marks")]
        filled = connection.execute("SELECT (SELECT count(*) FROM t1), (SELECT count(*) FROM t2)").fetchone()
    assert sorted(marks) == ["before", "t1", "t2"]
    assert filled == (1, 1)
    children = [run for run in factory.pipeline_runs() if run.pipeline_name == "child"]
    assert sorted(run.status for run in children) == ["Failed", "Succeeded"]
    assert len({run.run_group_id for run in children}) == 1
