"""GetMetadata, Lookup, Delete and Validation on real blobs."""

import asyncio
import io
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emulators.datafactory.activities import ActivityFailed
from emulators.kernel.clock import VirtualClock

ODD = "größer + 100% 'x'.csv"
CSV = {"firstRowAsHeader": True}


async def test_the_metadata_of_a_file(lake):
    lake.put(f"in/{ODD}", b"id,name\r\n1,a\r\n")
    fields = ["exists", "itemName", "itemType", "size", "lastModified", "structure", "columnCount"]
    output = await lake.run("GetMetadata", dataset=lake.dataset("DelimitedText", "in", ODD, **CSV), fieldList=fields)
    assert output["itemName"] == ODD
    assert output["itemType"] == "File"
    assert output["exists"] is True
    assert output["size"] == 14
    assert output["structure"] == [{"name": "id", "type": "String"}, {"name": "name", "type": "String"}]
    assert output["columnCount"] == 2
    assert datetime.strptime(output["lastModified"], "%Y-%m-%dT%H:%M:%SZ")
    assert output["billingReference"]["activityType"] == "PipelineActivity"


async def test_the_children_of_a_folder_are_direct_ones(lake):
    for path in ("in/a.csv", "in/b.csv", "in/deep/c.csv", "other/d.csv"):
        lake.put(path, b"x")
    output = await lake.run("GetMetadata", dataset=lake.dataset("Binary", "in"), fieldList=["childItems", "itemType"])
    assert output["childItems"] == [
        {"name": "deep", "type": "Folder"},
        {"name": "a.csv", "type": "File"},
        {"name": "b.csv", "type": "File"},
    ]
    late = {"modifiedDatetimeStart": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    output = await lake.run(
        "GetMetadata", dataset=lake.dataset("Binary", "in"), fieldList=["childItems"], storeSettings=late
    )
    assert output["childItems"] == []


async def test_what_does_not_exist(lake):
    missing = lake.dataset("Binary", "in", "missing.csv")
    output = await lake.run("GetMetadata", dataset=missing, fieldList=["exists", "size"])
    assert output["exists"] is False
    assert "size" not in output
    with pytest.raises(ActivityFailed, match=r"UserErrorSourceBlobNotExist.*path: in/missing\.csv\."):
        await lake.run("GetMetadata", dataset=missing, fieldList=["size"])
    nowhere = lake.dataset("Binary", "in", "x", container="nowhere")
    assert (await lake.run("GetMetadata", dataset=nowhere, fieldList=["exists"]))["exists"] is False


async def test_a_field_that_there_is_not_is_told(lake):
    with pytest.raises(ActivityFailed, match="'colour' is no field"):
        await lake.run("GetMetadata", dataset=lake.dataset("Binary", "in"), fieldList=["colour"])
    lake.put("in/a.csv", b"x")
    with pytest.raises(ActivityFailed, match="'size' is one of files"):
        await lake.run("GetMetadata", dataset=lake.dataset("Binary", "in"), fieldList=["size"])


async def test_the_first_row(lake):
    lake.put("a.csv", b"id,name\n1,\n2,b\n")
    output = await lake.run(
        "Lookup", dataset=lake.dataset("DelimitedText", "", "a.csv", **CSV), source={"type": "DelimitedTextSource"}
    )
    assert output["firstRow"] == {"id": "1", "name": None}
    assert "count" not in output


async def test_no_rows(lake):
    lake.put("empty.csv", b"")
    lake.put("header.csv", b"id,name\n")
    for file in ("empty.csv", "header.csv"):
        dataset = lake.dataset("DelimitedText", "", file, **CSV)
        assert "firstRow" not in await lake.run("Lookup", dataset=dataset, source={})
        output = await lake.run("Lookup", dataset=dataset, source={}, firstRowOnly="false")
        assert output["value"] == []
        assert output["count"] == 0


async def test_all_rows_end_at_the_5000th(lake):
    lake.put("many.csv", "id\n" + "".join(f"{number}\n" for number in range(6000)))
    output = await lake.run(
        "Lookup", dataset=lake.dataset("DelimitedText", "", "many.csv", **CSV), source={}, firstRowOnly=False
    )
    assert output["count"] == 5000
    assert output["value"][-1] == {"id": "4999"}


async def test_more_than_4_mb_fails(lake):
    lake.put("wide.csv", "id\n" + "".join(f"{'x' * 1000}\n" for _ in range(4500)))
    with pytest.raises(ActivityFailed, match="over limit"):
        await lake.run(
            "Lookup", dataset=lake.dataset("DelimitedText", "", "wide.csv", **CSV), source={}, firstRowOnly=False
        )


async def test_json_is_looked_up_whole_in_any_arrangement(lake):
    documents = [{"id": 1, "inner": {"a": [1, 2]}}, {"id": 2}]
    lake.put("lines.json", b'{"id":1,"inner":{"a":[1,2]}}\r\n{"id":2}')
    lake.put("array.json", b'\xef\xbb\xbf[ {"id":1,"inner":{"a":[1,2]}}, {"id":2} ]')
    for file in ("lines.json", "array.json"):
        output = await lake.run("Lookup", dataset=lake.dataset("Json", "", file), source={}, firstRowOnly=False)
        assert output["value"] == documents


async def test_parquet_is_looked_up_with_its_types(lake):
    content = io.BytesIO()
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)
    pq.write_table(pa.table({"n": [1], "x": [1.5], "b": [True], "t": [moment], "s": ["ü"]}), content)
    lake.put("a.parquet", content.getvalue())
    output = await lake.run("Lookup", dataset=lake.dataset("Parquet", "", "a.parquet"), source={})
    assert output["firstRow"] == {"n": 1, "x": 1.5, "b": True, "t": "2030-01-02T03:04:05Z", "s": "ü"}


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("Parquet", b"PAR1 this is none PAR1", "ParquetInvalidFile"),
        ("Parquet", b"", "ParquetInvalidFile"),
        ("Json", b'{"a": 1', "JsonInvalidDataFormat"),
        ("Json", b'[{"a": 1}', "JsonInvalidDataFormat"),
        ("Json", b'{"a":1}[1]', "JsonInvalidDataMixedArrayAndObject"),
        ("Orc", b"ORC", "OrcInvalidFile"),
        ("DelimitedText", b"a,b\n1,2,3\n", "DelimitedTextMoreColumnsThanDefined"),
        ("DelimitedText", b"a,\n1,2\n", "DelimitedTextColumnNameNotAllowNull"),
        ("DelimitedText", b"a,b\n\xff\xfe,2\n", "DelimitedTextBadDataDetected"),
    ],
)
async def test_damaged_files_are_told_by_code(lake, kind, content, code):
    lake.put("bad", content)
    with pytest.raises(ActivityFailed, match=f"'Source' side. ErrorCode={code},'Type=") as failure:
        await lake.run("Lookup", dataset=lake.dataset(kind, "", "bad", **CSV), source={}, firstRowOnly=False)
    assert failure.value.code == "2100"


async def test_a_missing_file_is_told(lake):
    with pytest.raises(ActivityFailed, match=r"ErrorCode=UserErrorSourceBlobNotExist.*The required Blob is missing"):
        await lake.run("Lookup", dataset=lake.dataset("Json", "", "missing"), source={})


async def test_what_is_not_built_is_refused_by_name(lake):
    with pytest.raises(ActivityFailed, match=r"'CosmosDbSqlApiCollection'.*data/formats") as failure:
        await lake.run("Lookup", dataset=lake.dataset("CosmosDbSqlApiCollection", "", "x"), source={})
    assert failure.value.code == "NotSupportedByEmulator"


async def test_deleting_a_folder_keeps_what_lies_deeper(lake):
    for path in ("in/a.csv", "in/b.txt", "in/deep/c.csv", "in2/d.csv"):
        lake.put(path, b"x")
    output = await lake.run("Delete", dataset=lake.dataset("Binary", "in"), enableLogging=False)
    assert output["filesDeleted"] == 2
    assert output["recursive"] is False
    assert lake.paths() == ["in/deep/c.csv", "in2/d.csv"]


async def test_deleting_by_wildcard_with_a_log(lake):
    for path in ("in/a.csv", "in/b.txt", f"in/deep/{ODD}"):
        lake.put(path, b"x")
    output = await lake.run(
        "Delete",
        dataset=lake.dataset("Binary", "in"),
        storeSettings={"type": "AzureBlobStorageReadSettings", "recursive": True, "wildcardFileName": "*.csv"},
        enableLogging=True,
        logStorageSettings={
            "linkedServiceName": {"referenceName": "lake", "type": "LinkedServiceReference"},
            "path": f"{lake.name}/logs",
        },
    )
    assert output["filesDeleted"] == 2
    assert output["isWildcardUsed"] is True
    log = output["logPath"].removeprefix(f"{lake.name}/")
    assert sorted(lake.paths()) == sorted(["in/b.txt", log])
    lines = lake.content(log).decode().splitlines()
    assert lines[0] == "Name,Category,Status,Error"
    assert sorted(lines[1:]) == ["in/a.csv,File,Deleted,", f"in/deep/{ODD},File,Deleted,"]


async def test_deleting_a_file_that_is_not_there_fails(lake):
    with pytest.raises(ActivityFailed, match="UserErrorSourceBlobNotExist"):
        await lake.run("Delete", dataset=lake.dataset("Binary", "in", "a.csv"), enableLogging=False)


async def test_a_validation_waits_in_emulated_time(lake_on):
    clock = VirtualClock()
    lake = lake_on(clock)
    began = clock.now()
    wanted = {"dataset": lake.dataset("Binary", "in", "a.csv"), "minimumSize": 3, "sleep": 10, "timeout": "0.01:00:00"}
    waiting = asyncio.create_task(lake.run("Validation", **wanted))

    async def arrive() -> None:
        await clock.sleep(95)
        lake.put("in/a.csv", b"12")
        await clock.sleep(100)
        lake.put("in/a.csv", b"123")

    arrival = asyncio.create_task(arrive())
    output = await waiting
    await arrival
    assert output["size"] == 3
    assert clock.now() - began == timedelta(seconds=200)


async def test_a_validation_times_out(lake_on):
    clock = VirtualClock()
    lake = lake_on(clock)
    lake.put("in/a.csv", b"x")
    began = clock.now()
    with pytest.raises(ActivityFailed, match="0:00:35"):
        await lake.run("Validation", dataset=lake.dataset("Binary", "in"), childItems=False, timeout="00:00:35")
    assert clock.now() - began == timedelta(seconds=35)
    output = await lake.run("Validation", dataset=lake.dataset("Binary", "in"), childItems=True)
    assert output["childItems"] == [{"name": "a.csv", "type": "File"}]
