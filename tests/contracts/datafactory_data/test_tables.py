"""Copies between real blobs and tables of a stand-in, and the pipeline that a table of tables drives."""

import asyncio
import io
import itertools
import json
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from emulators.datafactory.activities import ActivityFailed
from emulators.datafactory.data.sql.table_output import TableOutput
from emulators.datafactory.engine.records import InvokedBy
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.executor import Executor
from emulators.kernel.clock import RealClock

HEADER = {"firstRowAsHeader": True}
ORDERS = """
CREATE TABLE orders (id INT PRIMARY KEY, price DECIMAL(9, 2), modified DATETIME, note NVARCHAR(20));
INSERT INTO orders VALUES
    (1, 2.5, '2030-01-01T00:00:00', 'a'),
    (2, 3, '2030-01-02T00:00:00', 'größer'),
    (3, NULL, '2030-01-03T08:00:00', NULL);
"""


@pytest.fixture
def shop(tmp_path):
    """The file of a database."""
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ORDERS)
    return path


@pytest.fixture
def lake(lake_on, shop):
    made = lake_on(RealClock())
    made.services = replace(made.services, databases=shop.parent)
    made.linked_services["shop"] = {
        "type": "AzureSqlDatabase",
        "typeProperties": {"connectionString": "DrydockStandIn=SQLite;File=shop.sqlite"},
    }
    return made


def table(lake, name):
    """Declare a dataset of a table and return a reference to it."""
    lake.datasets[f"table {name}"] = {
        "type": "AzureSqlTable",
        "linkedServiceName": {"referenceName": "shop", "type": "LinkedServiceReference"},
        "typeProperties": {"schema": "dbo", "table": name},
    }
    return {"referenceName": f"table {name}", "type": "DatasetReference"}


def rows(shop, query):
    with closing(sqlite3.connect(shop)) as connection:
        return connection.execute(query).fetchall()


async def copied(lake, source, sink, *, read=None, write=None, **properties):
    return await lake.run("Copy", inputs=[source], outputs=[sink], source=read or {}, sink=write or {}, **properties)


async def test_a_table_becomes_files_of_every_format(lake):
    source = table(lake, "orders")
    output = await copied(lake, source, lake.dataset("Parquet", "out", "orders.parquet"))
    assert (output["rowsRead"], output["rowsCopied"], output["filesWritten"]) == (3, 3, 1)
    parquet = pq.read_table(io.BytesIO(lake.content("out/orders.parquet")))
    assert [str(field.type) for field in parquet.schema] == ["int32", "decimal128(9, 2)", "timestamp[us]", "string"]
    assert parquet["note"].to_pylist() == ["a", "größer", None]
    await copied(lake, source, lake.dataset("DelimitedText", "out", "orders.csv", **HEADER))
    assert lake.content("out/orders.csv").decode().splitlines() == [
        "id,price,modified,note",
        "1,2.50,2030-01-01 00:00:00.0000000,a",
        "2,3.00,2030-01-02 00:00:00.0000000,größer",
        "3,,2030-01-03 08:00:00.0000000,",
    ]
    await copied(lake, source, lake.dataset("Json", "out", "orders.json"), read={"sqlReaderQuery": "SELECT 1 AS one"})
    assert json.loads(lake.content("out/orders.json")) == {"one": 1}


async def test_ranges_become_a_file_each_in_a_folder_and_one_file_where_it_is_named(lake):
    read = {"partitionOption": "DynamicRange"}
    source = table(lake, "orders")
    output = await copied(lake, source, lake.dataset("Parquet", "many"), read=read, parallelCopies=2)
    assert (output["filesWritten"], len(lake.paths("many/")), output["rowsCopied"]) == (2, 2, 3)
    assert all(path.startswith("many/data_") and path.endswith(".parquet") for path in lake.paths("many/"))
    await copied(lake, source, lake.dataset("Parquet", "one", "all.parquet"), read=read, parallelCopies=2)
    assert lake.paths("one/") == ["one/all.parquet"]
    assert pq.read_table(io.BytesIO(lake.content("one/all.parquet")))["id"].to_pylist() == [1, 2, 3]


async def test_a_table_is_cut_into_files(lake):
    write = {"formatSettings": {"maxRowsPerFile": 2, "fileNamePrefix": "orders"}}
    await copied(lake, table(lake, "orders"), lake.dataset("Parquet", "cut"), write=write)
    assert lake.paths("cut/") == ["cut/orders_00000.parquet", "cut/orders_00001.parquet"]


async def test_files_become_rows_and_what_does_not_fit_is_logged(lake, shop):
    lake.put("in/a.csv", "id,price\n10,1.5\nx,1\n")
    lake.put("in/b.csv", "id,price,note\n10,2,twice\n11,2,this note is longer than twenty\n12,3,fine\n13,1,a,b\n")
    sink = table(lake, "orders")
    source = lake.dataset("DelimitedText", "in", **HEADER)
    output = await copied(lake, source, sink, enableSkipIncompatibleRow=True, logSettings=lake.log_settings())
    assert (output["rowsRead"], output["rowsCopied"], output["rowsSkipped"], output["filesRead"]) == (6, 2, 4, 2)
    assert "filesWritten" not in output
    assert rows(shop, "SELECT id, price, note FROM orders WHERE id > 9") == [(10, 1.5, None), (12, 3, "fine")]
    _, *logged = lake.log_lines(output["logFilePath"])
    assert {line[2] for line in logged} == {"TabularRowSkip"}
    told = "\n".join(line[4] for line in logged)
    for said in ("to type 'Int32'", "UNIQUE constraint failed", "invalid column length", "more columns"):
        assert said in told


async def test_documents_become_rows(lake, shop):
    lake.put("in/a.json", '{"order": {"id": 20}, "tags": ["x"]}\n{"order": {"id": 21}}')
    mapping = {"mappings": [{"source": {"path": "$['order']['id']"}, "sink": {"name": "id"}}]}
    await copied(lake, lake.dataset("Json", "in", "a.json"), table(lake, "orders"), translator=mapping)
    assert rows(shop, "SELECT id FROM orders WHERE id > 9") == [(20,), (21,)]


async def test_a_copy_that_is_cancelled_leaves_the_batches_it_committed(lake, shop, monkeypatch):
    lake.put("in/a.csv", "id\n" + "".join(f"{number}\n" for number in range(100, 200)))
    reached, go_on = threading.Event(), threading.Event()
    write = TableOutput.write

    def slow(self, batch):
        write(self, batch)
        reached.set()
        go_on.wait(10)

    monkeypatch.setattr(TableOutput, "write", slow)
    source, sink = lake.dataset("DelimitedText", "in", "a.csv", **HEADER), table(lake, "orders")
    copying = asyncio.create_task(copied(lake, source, sink, write={"writeBatchSize": 30}))
    await asyncio.to_thread(reached.wait, 10)
    copying.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await copying
    assert rows(shop, "SELECT COUNT(*) FROM orders WHERE id > 99") == [(90,)]


async def test_a_copy_that_fails_says_what_stays(lake, shop):
    lake.put("in/a.csv", "id\n100\n101\n102\n1\n")
    source = lake.dataset("DelimitedText", "in", "a.csv", **HEADER)
    with pytest.raises(ActivityFailed, match=r"on 'Sink' side\. ErrorCode=SqlOperationFailed.* 2 rows had been commit"):
        await copied(lake, source, table(lake, "orders"), write={"writeBatchSize": 2})
    assert rows(shop, "SELECT id FROM orders WHERE id > 99") == [(100,), (101,)]


class Observer:
    """Keeps the last record of every activity run."""

    def __init__(self):
        self.runs = {}

    def pipeline_run_changed(self, run):
        """Not of interest here."""

    def activity_run_changed(self, run):
        self.runs[run.activity_run_id] = run


CONTROL = """
CREATE TABLE control (name NVARCHAR(50) PRIMARY KEY, keyColumn NVARCHAR(50), watermark DATETIME);
INSERT INTO control VALUES ('orders', 'id', '2030-01-01T00:00:00'), ('customers', 'number', '2030-01-01T00:00:00');
CREATE TABLE customers (number INT PRIMARY KEY, modified DATETIME);
INSERT INTO customers VALUES (7, '2030-01-01T00:00:00'), (8, '2030-01-05T00:00:00');
"""


LATER = """
INSERT INTO orders VALUES (4, 1, '2030-01-03T08:00:01', NULL);
INSERT INTO customers VALUES (9, '2030-01-05T00:00:00.5');
"""


async def test_a_control_table_drives_an_incremental_load(lake, shop):
    with closing(sqlite3.connect(shop)) as connection:
        connection.executescript(CONTROL)
    shop_tables = {
        "type": "AzureSqlTable",
        "linkedServiceName": {"referenceName": "shop", "type": "LinkedServiceReference"},
        "parameters": {"table": {"type": "String", "defaultValue": "control"}},
        "typeProperties": {"table": {"value": "@dataset().table", "type": "Expression"}},
    }
    files = {
        "type": "Parquet",
        "linkedServiceName": {"referenceName": "lake", "type": "LinkedServiceReference"},
        "parameters": {"file": {"type": "String"}},
        "typeProperties": {
            "location": {
                "type": "AzureBlobStorageLocation",
                "container": lake.name,
                "folderPath": "landing",
                "fileName": "@dataset().file",
            }
        },
    }
    newest = "SELECT MAX(modified) AS modified FROM @{item().name} WHERE modified > '@{item().watermark}'"
    newer = (
        "SELECT * FROM @{item().name} WHERE modified > '@{item().watermark}' "
        "AND modified <= '@{activity('New watermark').output.firstRow.modified}'"
    )
    each = [
        {
            "name": "New watermark",
            "type": "Lookup",
            "typeProperties": {
                "source": {"type": "AzureSqlSource", "sqlReaderQuery": newest},
                "dataset": {"referenceName": "tables"},
            },
        },
        {
            "name": "Load",
            "type": "Copy",
            "dependsOn": [{"activity": "New watermark", "dependencyConditions": ["Succeeded"]}],
            "inputs": [{"referenceName": "tables", "parameters": {"table": "@item().name"}}],
            "outputs": [{"referenceName": "files", "parameters": {"file": "@concat(item().name, '.parquet')"}}],
            "typeProperties": {
                "source": {"type": "AzureSqlSource", "sqlReaderQuery": newer},
                "sink": {"type": "ParquetSink"},
            },
        },
        {
            "name": "Move watermark",
            "type": "Script",
            "linkedServiceName": {"referenceName": "shop"},
            "dependsOn": [{"activity": "Load", "dependencyConditions": ["Succeeded"]}],
            "typeProperties": {
                "scripts": [
                    {
                        "type": "NonQuery",
                        "text": "UPDATE control SET watermark = @moved WHERE name = @name",
                        "parameters": [
                            {
                                "name": "moved",
                                "type": "DateTime",
                                "value": "@activity('New watermark').output.firstRow.modified",
                            },
                            {"name": "name", "type": "String", "value": "@item().name"},
                        ],
                    }
                ]
            },
        },
    ]
    activities = [
        {
            "name": "Tables",
            "type": "Lookup",
            "typeProperties": {
                "source": {"type": "AzureSqlSource"},
                "dataset": {"referenceName": "tables"},
                "firstRowOnly": False,
            },
        },
        {
            "name": "Each table",
            "type": "ForEach",
            "dependsOn": [{"activity": "Tables", "dependencyConditions": ["Succeeded"]}],
            "typeProperties": {
                "items": {"value": "@activity('Tables').output.value", "type": "Expression"},
                "activities": each,
            },
        },
    ]
    resources = Resources(
        "factory",
        pipelines={"load": {"activities": activities}},
        datasets={"tables": shop_tables, "files": files},
        linked_services=lake.linked_services,
    )
    numbers, observer = itertools.count(1), Observer()
    executor = Executor(
        clock=lake.services.clock,
        services=lake.services,
        ids=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
        observer=observer,
    )
    for changed, expected in (
        ("", {"orders": [2, 3], "customers": [8]}),
        (LATER, {"orders": [4], "customers": [9]}),
    ):
        with closing(sqlite3.connect(shop)) as connection:
            connection.executescript(changed)
        started = executor.start(resources, "load", parameters={}, invoked_by=InvokedBy("id", "Manual", "Manual"))
        ended = await executor.wait(started.run_id)
        assert ended.status == "Succeeded", ended.message
        for name, keys in expected.items():
            loaded = pq.read_table(io.BytesIO(lake.content(f"landing/{name}.parquet")))
            assert loaded.column(0).to_pylist() == keys
    await executor.close()
    assert rows(shop, "SELECT name, watermark FROM control ORDER BY name") == [
        ("customers", "2030-01-05T00:00:00.5"),
        ("orders", "2030-01-03T08:00:01"),
    ]
    assert [run.output["rowsCopied"] for run in observer.runs.values() if run.activity_name == "Load"].count(1) == 3
