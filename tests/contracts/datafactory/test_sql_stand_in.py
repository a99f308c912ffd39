"""SQL activities through azure-mgmt-datafactory: a linked service whose connection string names the local stand-in.

So is the load that a table of tables drives. And what passes through such a pipeline as a secret: a rerun from failure
has it, no answer shows it.
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


TABLES = {
    "type": "AzureSqlTable",
    "linkedServiceName": DATABASE,
    "parameters": {"table": {"type": "String", "defaultValue": "control"}},
    "typeProperties": {"schema": "dbo", "table": {"value": "@dataset().table", "type": "Expression"}},
}


def _table(**parameters: Any) -> dict[str, Any]:
    return {"referenceName": "tables", "type": "DatasetReference", "parameters": parameters}


CONTROL = {
    "name": "Tables",
    "type": "Lookup",
    "typeProperties": {"source": {"type": "AzureSqlSource"}, "dataset": _table(), "firstRowOnly": False},
}
LOAD = {
    "name": "Load",
    "type": "Copy",
    "inputs": [_table()],
    "outputs": [_table(table={"value": "@concat(item().name, '_copy')", "type": "Expression"})],
    "typeProperties": {
        "source": {
            "type": "AzureSqlSource",
            "sqlReaderQuery": "SELECT * FROM @{item().name} WHERE modified > '@{item().watermark}'",
            "queryTimeout": "02:00:00",
            "partitionOption": "None",
        },
        "sink": {
            "type": "AzureSqlSink",
            "writeBehavior": "upsert",
            "upsertSettings": {"useTempDB": True, "keys": ["id"]},
            "tableOption": "autoCreate",
            "sqlWriterUseTableLock": False,
            "disableMetricsCollection": False,
        },
        "translator": {
            "type": "TabularTranslator",
            "typeConversion": True,
            "typeConversionSettings": {"allowDataTruncation": True, "treatBooleanAsNumber": False},
        },
    },
}
MOVE = {
    "name": "Move watermark",
    "type": "Script",
    "dependsOn": [{"activity": "Load", "dependencyConditions": ["Succeeded"]}],
    "linkedServiceName": DATABASE,
    "typeProperties": {
        "scripts": [
            {
                "type": "NonQuery",
                "text": "UPDATE control SET watermark = (SELECT MAX(modified) FROM @{item().name}) WHERE name = @name",
                "parameters": [{"name": "name", "type": "String", "value": "@item().name", "direction": "Input"}],
            }
        ]
    },
}
EACH = {
    "name": "Each",
    "type": "ForEach",
    "dependsOn": [{"activity": "Tables", "dependencyConditions": ["Succeeded"]}],
    "typeProperties": {
        "items": {"value": "@activity('Tables').output.value", "type": "Expression"},
        "activities": [LOAD, MOVE],
    },
}


def test_a_table_of_tables_drives_a_load(factory: Any, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("""
            CREATE TABLE control (name NVARCHAR(20), watermark DATETIME);
            INSERT INTO control VALUES ('a', '2030-01-01T00:00:00'), ('b', '2030-01-01T00:00:00');
            CREATE TABLE a (id INT PRIMARY KEY, modified DATETIME);
            INSERT INTO a VALUES (1, '2030-01-01T00:00:00'), (2, '2030-01-02T00:00:00');
            CREATE TABLE b (id INT PRIMARY KEY, modified DATETIME, note NVARCHAR(9));
            INSERT INTO b VALUES (3, '2030-01-03T00:00:00.25', 'x');
        """)
    place = factory.group, factory.name
    factory.client.datasets.create_or_update(*place, "tables", {"properties": TABLES})
    factory.pipeline("load", CONTROL, EACH)

    def loaded(name: str) -> list[Any]:
        with closing(sqlite3.connect(database)) as connection:
            return connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()  # noqa: S608

    def run() -> None:
        ended = factory.ended(factory.client.pipelines.create_run(*place, "load").run_id)
        assert ended.status == "Succeeded", ended.message

    run()
    assert loaded("a_copy") == [(2, "2030-01-02T00:00:00")]
    assert loaded("b_copy") == [(3, "2030-01-03T00:00:00.25", "x")]
    assert loaded("control") == [("a", "2030-01-02T00:00:00"), ("b", "2030-01-03T00:00:00.25")]
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript("""
            UPDATE a SET modified = '2030-02-01T00:00:00' WHERE id = 2;
            INSERT INTO a VALUES (5, '2030-02-02T00:00:00');
        """)
    run()
    assert loaded("a_copy") == [(2, "2030-02-01T00:00:00"), (5, "2030-02-02T00:00:00")]
    assert loaded("b_copy") == [(3, "2030-01-03T00:00:00.25", "x")]
