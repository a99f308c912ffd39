"""Copy, before anything is read: what cannot be is told, what is not built is refused by name."""

from dataclasses import replace
from typing import Any

import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity
from emulators.datafactory.engine.resources import Resources

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=lake;AccountKey=a2V5;EndpointSuffix=core.windows.net"
LAKE = {"type": "AzureBlobStorage", "typeProperties": {"connectionString": CONNECTION}}


def dataset(kind: str, linked_service: str = "lake", **properties: Any) -> dict[str, Any]:
    location = {"type": "AzureBlobStorageLocation", "container": "c", "fileName": "f"}
    return {
        "type": kind,
        "linkedServiceName": {"referenceName": linked_service},
        "typeProperties": {"location": location, **properties},
    }


CHANGED = {"metadata": [{"name": "changed", "value": "$$LASTMODIFIED"}]}
LOUD = {"enableCopyActivityLog": True, "copyActivityLogSettings": {"logLevel": "Loud"}}
ON_THE_WEB = {"linkedServiceName": {"referenceName": "site"}, "path": "x"}
SITE = {"type": "HttpServer", "typeProperties": {"url": "https://site.test"}}
RESOURCES = Resources(
    "factory",
    linked_services={"lake": LAKE, "site": SITE, "ftp": {"type": "FtpServer", "typeProperties": {}}},
    datasets={
        "binary": dataset("Binary"),
        "csv": dataset("DelimitedText"),
        "parquet": dataset("Parquet"),
        "excel": dataset("Excel"),
        "collection": dataset("CosmosDbSqlApiCollection"),
        "ftp": dataset("Binary", "ftp"),
        "snappy": dataset("DelimitedText", compressionCodec="snappy"),
        "legacy": dataset("AzureBlob", folderPath="c", format={"type": "TextFormat"}),
        "web": dataset("HttpFile", relativeUrl="x", format={"type": "TextFormat"}),
        "lost": dataset("Binary", "nobody"),
        "asking": dataset("DelimitedText", columnDelimiter="@dataset().missing"),
    },
)


@pytest.fixture
def copy(activity, services):
    async def run(source: str, sink: str, /, **properties: Any) -> dict[str, Any]:
        ends = {"inputs": ({"referenceName": source},), "outputs": ({"referenceName": sink},)}
        return await run_activity(replace(activity("Copy", **properties), resources=RESOURCES, **ends), services)

    return run


async def test_a_copy_has_two_ends(activity, services):
    with pytest.raises(ActivityFailed, match="exactly one dataset in 'inputs', not 0") as failure:
        await run_activity(activity("Copy"), services)
    assert failure.value.code == "2200"


@pytest.mark.parametrize(
    ("source", "sink", "properties", "message"),
    [
        ("nothing", "csv", {}, "The dataset 'nothing' that activity 'Do it' refers to does not exist"),
        ("lost", "binary", {}, "The linked service 'nobody' that dataset 'lost' refers to does not exist"),
        ("binary", "csv", {}, "Binary dataset only"),
        ("csv", "binary", {}, "Binary dataset only"),
        ("csv", "excel", {}, "Excel can be read and not written"),
        ("asking", "csv", {}, "In the dataset 'asking': .*'missing'"),
        ("csv", "parquet", {"translator": {"type": "Magic"}}, "TabularTranslator"),
        ("csv", "csv", {"sink": {"formatSettings": {"maxRowsPerFile": 2}}}, "'maxRowsPerFile' writes into a folder"),
        ("binary", "binary", {"sink": {"storeSettings": {"copyBehavior": "Mix"}}}, "'Mix' is no copy behaviour"),
        ("binary", "binary", {"sink": {"storeSettings": {"blockSizeInMB": 200}}}, "between 4 and 100, not 200"),
        ("binary", "binary", {"source": {"additionalColumns": [{"name": "x"}]}}, "Binary copies have no columns"),
        ("csv", "csv", {"source": "text"}, "'source' must be an object"),
        (
            "csv",
            "csv",
            {"source": {"formatSettings": {"compressionProperties": {"type": "x"}}}},
            "'x' is no type of 'compressionProperties'",
        ),
        ("snappy", "csv", {}, "'snappy' is not supported by the Copy activity, only by mapping data flows"),
        ("csv", "csv", {"sink": {"storeSettings": CHANGED}}, "'\\$\\$LASTMODIFIED' is for binary copies only"),
        ("csv", "csv", {"sink": {"storeSettings": {"metadata": ["x"]}}}, "'metadata' is an array of objects"),
        ("csv", "csv", {"preserve": ["Attributes"]}, "'preserve' is for binary copies only"),
        ("csv", "csv", {"logSettings": LOUD}, "'Loud' is no level of a log"),
        ("csv", "csv", {"logStorageSettings": ON_THE_WEB}, "of type HttpServer can keep no log"),
        ("csv", "csv", {"logStorageSettings": {"path": "x"}}, "'linkedServiceName' of the log of activity 'Do it'"),
        ("legacy", "csv", {"source": {"type": "DelimitedTextSource"}}, "goes with a 'BlobSource'"),
        ("csv", "web", {"sink": {"type": "HttpSink"}}, "can be no sink"),
    ],
)
async def test_what_cannot_be_is_told(copy, source, sink, properties, message):
    with pytest.raises(ActivityFailed, match=message):
        await copy(source, sink, **properties)


@pytest.mark.parametrize(
    ("source", "sink", "properties", "message"),
    [
        ("collection", "csv", {}, "'CosmosDbSqlApiCollection'.*'collection'.*data/formats"),
        ("ftp", "binary", {}, "'FtpServer'"),
        ("csv", "parquet", {"enableStaging": True}, "'enableStaging'"),
        ("csv", "parquet", {"source": {"type": "BlobSource"}}, "'BlobSource'"),
        ("binary", "binary", {"preserve": ["ACL"]}, "'preserve' with .*ACL"),
    ],
)
async def test_what_is_not_built_is_refused_by_name(copy, source, sink, properties, message):
    with pytest.raises(ActivityFailed, match=message) as failure:
        await copy(source, sink, **properties)
    assert failure.value.code == "NotSupportedByEmulator"
    assert "To add it" in failure.value.message
