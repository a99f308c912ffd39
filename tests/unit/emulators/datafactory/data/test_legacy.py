"""Datasets from before there were formats, as their format-based likes."""

from typing import Any

import pytest

from emulators.datafactory.data.dataset import Dataset, resolve_dataset
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.location import Location
from emulators.datafactory.engine.resources import Resources


def dataset(kind: str, more: Any = None, **properties: Any) -> Dataset:
    written = {"type": kind, "linkedServiceName": {"referenceName": "lake"}, "typeProperties": properties}
    resources = Resources("factory", datasets={"old": {**written, **(more or {})}})
    return resolve_dataset({"referenceName": "old"}, resources, "this test")


def blob(**properties: Any) -> Dataset:
    return dataset("AzureBlob", folderPath="c/in/deep/", **properties)


def test_without_a_format_files_are_copied_as_they_are():
    found = blob(fileName="a.zip", compression={"type": "ZipDeflate", "level": "Fastest"})
    assert (found.type, found.location) == ("Binary", Location("c", "in/deep", "a.zip"))
    assert found.properties["compression"] == {"type": "ZipDeflate", "level": "Fastest"}


def test_text_and_its_defaults():
    found = blob(format={"type": "TextFormat"})
    assert found.type == "DelimitedText"
    assert {name: found.properties[name] for name in ("quoteChar", "escapeChar", "nullValue")} == {
        "quoteChar": "",
        "escapeChar": "",
        "nullValue": "\\N",
    }
    read, source = found.as_source({"type": "BlobSource"})
    assert read.nulls == ("NULL", "")
    assert source == {"type": "DelimitedTextSource", "storeSettings": {}, "formatSettings": {}}


def test_what_text_says_of_itself_whatever_the_case():
    found = blob(
        format={
            "type": "textformat",
            "columnDelimiter": ";",
            "quoteChar": "'",
            "NullValue": "NaN",
            "firstRowAsHeader": True,
            "skipLineCount": 2,
            "treatEmptyAsNull": False,
            "encodingName": "utf-16",
        },
        compression={"type": "GZip", "level": "Optimal"},
    )
    wanted = {
        "columnDelimiter": ";",
        "quoteChar": "'",
        "escapeChar": "'",
        "nullValue": "NaN",
        "firstRowAsHeader": True,
        "encodingName": "utf-16",
        "compressionCodec": "GZip",
        "compressionLevel": "Optimal",
    }
    assert {name: found.properties[name] for name in wanted} == wanted
    read, source = found.as_source({"type": "BlobSource"})
    assert read.nulls == ()
    assert source["formatSettings"] == {"skipLineCount": 2}


def test_the_source_decides_over_its_dataset():
    found = blob(format={"type": "TextFormat", "skipLineCount": 1}, modifiedDatetimeStart="2030-01-01")
    written = {"type": "BlobSource", "recursive": False, "skipHeaderLineCount": 3, "treatEmptyAsNull": False}
    read, source = found.as_source(written)
    assert read.nulls == ("NULL",)
    assert source["storeSettings"] == {"recursive": False, "modifiedDatetimeStart": "2030-01-01"}
    assert source["formatSettings"] == {"skipLineCount": 3}
    assert found.as_source({"skipHeaderLineCount": 0})[1]["formatSettings"] == {"skipLineCount": 0}


def test_the_sink_decides_over_its_dataset():
    found = blob(format={"type": "TextFormat"})
    written, sink = found.as_sink({"type": "BlobSink", "copyBehavior": "MergeFiles", "blobWriterAddHeader": True})
    assert written.properties["firstRowAsHeader"] is True
    assert sink["storeSettings"] == {"copyBehavior": "MergeFiles"}


def test_wildcards_become_settings():
    found = dataset("AzureBlob", folderPath="c/in/y=*", fileName="*.csv", format={"type": "JsonFormat"})
    assert found.location == Location("c", "", "")
    _, source = found.as_source({})
    assert source["storeSettings"] == {"wildcardFolderPath": "in/y=*", "wildcardFileName": "*.csv"}


def test_json_with_paths_is_a_mapping():
    found = blob(
        format={
            "type": "JsonFormat",
            "filePattern": "arrayOfObjects",
            "jsonNodeReference": "$.lines",
            "jsonPathDefinition": {"no": " $.no", "part": "prod"},
        }
    )
    assert found.type == "Json"
    assert found.as_sink({})[1]["formatSettings"] == {"filePattern": "arrayOfObjects"}
    assert found.legacy.translator == {
        "type": "TabularTranslator",
        "collectionReference": "$.lines",
        "mappings": [
            {"source": {"path": "$.no"}, "sink": {"name": "no"}},
            {"source": {"path": "prod"}, "sink": {"name": "part"}},
        ],
    }


def test_the_other_formats_and_places():
    assert blob(format={"type": "ParquetFormat"}).type == "Parquet"
    assert blob(format={"type": "OrcFormat"}).properties["orcCompressionCodec"] == "zlib"
    lake = dataset("AzureBlobFSFile", folderPath="fs/in", fileName="a", format={"type": "JsonFormat"})
    assert lake.location == Location("fs", "in", "a")
    assert lake.as_sink({"type": "AzureBlobFSSink"})[1]["type"] == "JsonSink"
    web = dataset("HttpFile", relativeUrl="a.csv", requestMethod="POST", requestBody="x", format={"type": "TextFormat"})
    _, source = web.as_source({"type": "HttpSource", "httpRequestTimeout": "00:00:05"})
    assert source["storeSettings"] == {"requestMethod": "POST", "requestBody": "x", "requestTimeout": "00:00:05"}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: dataset("AzureBlob"), InvalidSettings, "'old' has no value for the property 'folderPath'"),
        (lambda: blob(format={"type": "Magic"}), InvalidSettings, "'Magic' is no format of a legacy dataset"),
        (lambda: blob(format={"type": "TextFormat", "quoteChar": "'", "escapeChar": "$"}), InvalidSettings, "not both"),
        (
            lambda: blob(format={"type": "JsonFormat", "nestingSeparator": "/"}),
            Unsupported,
            "'nestingSeparator'",
        ),
        (lambda: blob(format={"type": "JsonFormat", "jsonNodeReference": "$.a"}), Unsupported, "'jsonNodeReference'"),
        (lambda: blob(partitionedBy=[{"name": "x"}]), Unsupported, "'partitionedBy' of the legacy dataset 'old'"),
        (lambda: dataset("AzureBlob", {"structure": [{"name": "a"}]}, folderPath="c"), Unsupported, "'structure'"),
        (lambda: blob().as_source({"type": "BinarySource"}), InvalidSettings, "goes with a 'BlobSource'"),
        (lambda: blob().as_sink({"blobWriterDateTimeFormat": "x"}), Unsupported, "'blobWriterDateTimeFormat'"),
        (lambda: blob().as_sink({"blobWriterOverwriteFiles": False}), Unsupported, "'blobWriterOverwriteFiles' off"),
        (lambda: dataset("HttpFile").as_sink({"type": "X"}), InvalidSettings, "can be no sink"),
    ],
)
def test_what_has_no_like_is_told(make, error, message):
    with pytest.raises(error, match=message):
        make()
