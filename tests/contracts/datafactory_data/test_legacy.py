"""Datasets, sources and sinks from before there were formats, on real blobs."""

import gzip
import json
from typing import Any

import pytest

from emulators.datafactory.activities import ActivityFailed

BLOB_SOURCE, BLOB_SINK = {"type": "BlobSource"}, {"type": "BlobSink"}


def old(lake, folder: str, file: str = "", *, linked_service: str = "lake", **properties: Any) -> dict[str, Any]:
    """Declare a dataset of type AzureBlob and return a reference to it."""
    name = f"old_{len(lake.datasets)}"
    lake.datasets[name] = {
        "type": "AzureBlob",
        "linkedServiceName": {"referenceName": linked_service, "type": "LinkedServiceReference"},
        "typeProperties": {"folderPath": f"{lake.name}/{folder}", "fileName": file or None, **properties},
    }
    return {"referenceName": name, "type": "DatasetReference"}


async def copied(lake, source, sink, *, read=None, write=None, **more):
    ends = {"source": {**BLOB_SOURCE, **(read or {})}, "sink": {**BLOB_SINK, **(write or {})}}
    return await lake.run("Copy", inputs=[source], outputs=[sink], **ends, **more)


async def test_files_are_copied_as_they_are_and_unpacked(lake):
    lake.put("in/a.gz", gzip.compress(b"a"))
    lake.put("in/deep/b.gz", gzip.compress(b"b"))
    await copied(lake, old(lake, "in/"), old(lake, "out"))
    assert lake.content("out/deep/b.gz") == lake.content("in/deep/b.gz")
    unpacked = old(lake, "in", compression={"type": "GZip"})
    await copied(lake, unpacked, old(lake, "flat", "one"), write={"copyBehavior": "MergeFiles"})
    assert lake.content("flat/one") == b"ab"
    await copied(lake, unpacked, old(lake, "direct"), read={"recursive": False})
    assert lake.paths("direct/") == ["direct/a"]


async def test_text_reads_its_nulls_and_writes_them(lake):
    lake.put("in/a.csv", "skipped\nid,name\n1,NULL\n2,\n\\N,'x,''y'''\n")
    text = {"type": "TextFormat", "quoteChar": "'", "firstRowAsHeader": True}
    source, sink = old(lake, "in", "*.csv", format=text), lake.dataset("Json", "", "a.json")
    new = {"type": "JsonSink", "storeSettings": {"type": "AzureBlobStorageWriteSettings"}}
    read = {"skipHeaderLineCount": 1}
    await lake.run("Copy", inputs=[source], outputs=[sink], source={**BLOB_SOURCE, **read}, sink=new)
    assert [json.loads(line) for line in lake.content("a.json").splitlines()] == [
        {"id": "1", "name": None},
        {"id": "2", "name": None},
        {"id": None, "name": "x,'y'"},
    ]
    await copied(
        lake,
        source,
        old(lake, "out", "a.txt", format={"type": "TextFormat"}),
        read={**read, "treatEmptyAsNull": False},
        write={"blobWriterAddHeader": True},
    )
    assert lake.content("out/a.txt").decode().splitlines()[:3] == ["id,name", "1,\\N", "2,"]


async def test_json_paths_in_the_dataset_make_columns(lake):
    lake.put("in/a.json", json.dumps({"no": 7, "lines": [{"prod": "x", "n": 1}, {"prod": "y", "n": 2}]}))
    paths = {"no": "$.no", "part": "prod"}
    source = old(lake, "in", format={"type": "JsonFormat", "jsonNodeReference": "$.lines", "jsonPathDefinition": paths})
    sink = old(lake, "out", "a.csv", format={"type": "TextFormat", "firstRowAsHeader": True})
    await copied(lake, source, sink)
    assert lake.content("out/a.csv").decode() == "no,part\r\n7,x\r\n7,y\r\n"
    with pytest.raises(ActivityFailed, match="'translator' with 'jsonPathDefinition'"):
        await copied(lake, source, sink, translator={"type": "TabularTranslator", "mappings": []})
    with pytest.raises(ActivityFailed, match="lookup with 'jsonPathDefinition'"):
        await lake.run("Lookup", dataset=source, source=BLOB_SOURCE)


async def test_the_other_activities_know_them_too(lake):
    lake.put("in/a.csv", "1;a\n")
    lake.put("in/b.csv", "2;NULL\n")
    lake.put("in/c.txt", "x")
    text = {"type": "TextFormat", "columnDelimiter": ";"}
    source = old(lake, "in", "*.csv", format=text)
    output = await lake.run("Lookup", dataset=source, source=BLOB_SOURCE, firstRowOnly=False)
    assert output["value"] == [{"Prop_0": "1", "Prop_1": "a"}, {"Prop_0": "2", "Prop_1": None}]
    output = await lake.run("GetMetadata", dataset=old(lake, "in", "a.csv", format=text), fieldList=["columnCount"])
    assert output["columnCount"] == 2
    output = await lake.run("Delete", dataset=source, enableLogging=False)
    assert output["filesDeleted"] == 2
    assert lake.paths("in/") == ["in/c.txt"]


async def test_types_of_two_times_do_not_mix(lake):
    lake.put("in/a", "x")
    with pytest.raises(ActivityFailed, match="A legacy dataset goes with a 'BlobSource', not with a 'BinarySource'"):
        await copied(lake, old(lake, "in"), old(lake, "out"), read={"type": "BinarySource"})
    with pytest.raises(ActivityFailed, match="'BlobSink' on a dataset of type 'Binary'"):
        await copied(lake, old(lake, "in"), lake.dataset("Binary", "out"))
