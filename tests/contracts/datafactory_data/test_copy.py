"""Copy on real blobs: bytes as they are, and rows from every format into every other."""

import asyncio
import bz2
import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
import zipfile
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from azure.storage.blob import AccountSasPermissions, PublicAccess, ResourceTypes, generate_account_sas

from emulators.datafactory.activities import ActivityFailed
from emulators.datafactory.data import copy_binary

ODD = "größer + 100% 'x' #1?.csv"
HEADER = {"firstRowAsHeader": True}


async def copied(lake, source, sink, **settings):
    return await lake.move("Copy", source, sink, **settings)


def parquet(**columns) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()


class TestBinary:
    async def test_a_tree_keeps_its_shape(self, lake):
        contents = {f"in/{ODD}": b"\x00\xff", "in/deep/er/b.bin": b"b" * 1000, "in/empty": b"", "other/c": b"c"}
        for path, content in contents.items():
            lake.put(path, content)
        output = await copied(lake, lake.dataset("Binary", "in"), lake.dataset("Binary", "out"))
        assert lake.paths("out/") == sorted(["out/empty", "out/deep/er/b.bin", f"out/{ODD}"])
        assert lake.content(f"out/{ODD}") == b"\x00\xff"
        assert output["dataRead"] == output["dataWritten"] == 1002
        assert output["filesRead"] == output["filesWritten"] == 3
        assert "rowsRead" not in output
        assert output["billingReference"]["activityType"] == "DataMovement"
        assert output["executionDetails"][0]["source"] == {"type": "AzureBlobStorage"}

    async def test_a_file_of_many_blocks_arrives_whole(self, lake, monkeypatch):
        monkeypatch.setattr(copy_binary, "BLOCK", 1 << 20)
        content = os.urandom((21 << 20) + 17)
        lake.put("big.bin", content)
        output = await copied(
            lake,
            lake.dataset("Binary", "", "big.bin"),
            lake.dataset("Binary", "", "copy.bin"),
            write={"blockSizeInMB": 4},
        )
        assert hashlib.sha256(lake.content("copy.bin")).digest() == hashlib.sha256(content).digest()
        assert output["dataWritten"] == len(content)

    async def test_several_files_do_not_fit_into_one_name(self, lake):
        lake.put("in/a", b"a")
        lake.put("in/b", b"b")
        with pytest.raises(
            ActivityFailed, match=r"'Sink' side. ErrorCode=AzureBlobNotSupportMultipleFilesIntoSingleBlob"
        ):
            await copied(lake, lake.dataset("Binary", "in"), lake.dataset("Binary", "out", "one"))
        assert lake.paths("out") == []

    async def test_merging_and_flattening(self, lake):
        for path in ("in/a.txt", "in/deep/b.txt"):
            lake.put(path, path.encode())
        source = lake.dataset("Binary", "in")
        await copied(lake, source, lake.dataset("Binary", "merged", "m.txt"), write={"copyBehavior": "MergeFiles"})
        assert lake.content("merged/m.txt") == b"in/a.txtin/deep/b.txt"
        await copied(lake, source, lake.dataset("Binary", "flat"), write={"copyBehavior": "FlattenHierarchy"})
        flat = lake.paths("flat/")
        assert len(flat) == 2
        assert all(path.startswith("flat/data_") and path.endswith(".txt") for path in flat)

    async def test_the_source_goes_when_it_is_copied(self, lake):
        lake.put("in/a", b"a")
        lake.put("keep/b", b"b")
        await copied(
            lake, lake.dataset("Binary", "in"), lake.dataset("Binary", "out"), read={"deleteFilesAfterCompletion": True}
        )
        assert lake.paths() == ["keep/b", "out/a"]

    async def test_a_missing_file_fails_and_a_wildcard_finds_nothing(self, lake):
        sink = lake.dataset("Binary", "out")
        with pytest.raises(ActivityFailed, match=r"'Source' side. ErrorCode=UserErrorSourceBlobNotExist") as failure:
            await copied(lake, lake.dataset("Binary", "in", "missing"), sink)
        assert failure.value.code == "2200"
        output = await copied(lake, lake.dataset("Binary", "in"), sink, read={"wildcardFileName": "*.csv"})
        assert output["filesRead"] == 0

    async def test_a_list_of_files_decides(self, lake):
        for path in (f"in/{ODD}", "in/deep/b", "in/c"):
            lake.put(path, path.encode())
        lake.put("lists/today.txt", f"{ODD}\r\n\r\ndeep/b\r\n".encode())
        read = {"fileListPath": f"{lake.name}/lists/today.txt"}
        await copied(lake, lake.dataset("Binary", "in"), lake.dataset("Binary", "out"), read=read)
        assert lake.paths("out/") == sorted([f"out/{ODD}", "out/deep/b"])

    async def test_codecs_are_taken_off_and_put_on(self, lake):
        plain = b"plain text " * 100_000
        lake.put("in/a.txt.gz", gzip.compress(plain))
        gz, bz = {"compression": {"type": "gzip"}}, {"compression": {"type": "bzip2", "level": "Fastest"}}
        await copied(lake, lake.dataset("Binary", "in", **gz), lake.dataset("Binary", "out"))
        assert lake.content("out/a.txt") == plain
        await copied(lake, lake.dataset("Binary", "in", **gz), lake.dataset("Binary", "again", **bz))
        assert bz2.decompress(lake.content("again/a.txt.bz2")) == plain
        lake.put("bad/a.gz", gzip.compress(plain)[:-2000])
        with pytest.raises(ActivityFailed, match="damaged"):
            await copied(lake, lake.dataset("Binary", "bad", **gz), lake.dataset("Binary", "worse"))
        assert lake.paths("worse/") == []

    async def test_archives_are_unpacked(self, lake):
        inside = {f"deep/{ODD}": b"x" * 3_000_000, "b.txt": b"b", "empty": b""}
        zipped, tarred = io.BytesIO(), io.BytesIO()
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir("folder")
            for path, content in inside.items():
                archive.writestr(path, content)
        with tarfile.open(fileobj=tarred, mode="w:gz") as archive:
            for path, content in inside.items():
                info = tarfile.TarInfo(path)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        lake.put("zip/in/a.zip", zipped.getvalue())
        lake.put("tar/a.tgz", tarred.getvalue())
        packed = {kind: {"compression": {"type": kind}} for kind in ("ZipDeflate", "TarGzip")}
        sink = lake.dataset("Binary", "out")
        output = await copied(lake, lake.dataset("Binary", "zip", **packed["ZipDeflate"]), sink)
        assert lake.paths("out/") == sorted(f"out/in/a.zip/{path}" for path in inside)
        assert lake.content(f"out/in/a.zip/deep/{ODD}") == inside[f"deep/{ODD}"]
        assert (output["filesRead"], output["filesWritten"]) == (1, 3)
        flat = {"compressionProperties": {"type": "TarGZipReadSettings", "preserveCompressionFileNameAsFolder": False}}
        plain = lake.dataset("Binary", "plain")
        await copied(lake, lake.dataset("Binary", "tar", **packed["TarGzip"]), plain, read_format=flat)
        assert lake.paths("plain/") == sorted(f"plain/{path}" for path in inside)
        for content in (zipped.getvalue()[:-20], b""):
            lake.put("bad/a.zip", content)
            with pytest.raises(ActivityFailed, match=r"The archive 'bad/a\.zip' cannot be read"):
                await copied(lake, lake.dataset("Binary", "bad", **packed["ZipDeflate"]), sink)

    async def test_a_new_container_metadata_and_a_check(self, lake, account):
        lake.put("in/a", b"a")
        fresh = f"{lake.name}new"
        write = {"metadata": [{"name": "origin", "value": "here"}, {"name": "changed", "value": "$$LASTMODIFIED"}]}
        output = await copied(
            lake,
            lake.dataset("Binary", "in"),
            lake.dataset("Binary", "out", container=fresh),
            write=write,
            validateDataConsistency=True,
        )
        assert output["dataConsistencyVerification"]["VerificationResult"] == "Verified"
        copy = account.get_blob_client(fresh, "out/a").get_blob_properties()
        assert copy.metadata["origin"] == "here"
        assert copy.metadata["changed"].endswith("Z")

    async def test_a_cancelled_copy_writes_no_more(self, lake, monkeypatch):
        lake.put("in/a", b"a")
        reached, go_on = threading.Event(), threading.Event()

        def slow(self, *arguments):
            reached.set()
            go_on.wait(10)
            self.check()

        monkeypatch.setattr(copy_binary.BinaryCopy, "_copied", slow)
        copying = asyncio.create_task(copied(lake, lake.dataset("Binary", "in"), lake.dataset("Binary", "out")))
        await asyncio.to_thread(reached.wait, 10)
        copying.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await copying
        assert lake.paths("out") == []


class TestTables:
    async def test_delimited_text_to_parquet_by_name(self, lake):
        lake.put(f"in/{ODD}", 'id,name\r\n1,"Müller, ""Max"""\r\n2,\r\n3\r\n'.encode())
        source = lake.dataset("DelimitedText", "in", ODD, escapeChar='"', **HEADER)
        output = await copied(lake, source, lake.dataset("Parquet", "out", "a.parquet"))
        rows = pq.read_table(io.BytesIO(lake.content("out/a.parquet"))).to_pylist()
        assert rows == [
            {"id": "1", "name": 'Müller, "Max"'},
            {"id": "2", "name": None},
            {"id": "3", "name": None},
        ]
        assert output["rowsRead"] == output["rowsCopied"] == 3
        assert "rowsSkipped" not in output

    async def test_parquet_to_delimited_text(self, lake):
        content = parquet(
            id=pa.array([1, None], pa.int64()),
            share=[0.5, 1.0],
            ok=[True, False],
            note=['say "hi", ü', "line\nbreak"],
            at=pa.array([0, 1_500_000], pa.timestamp("us")),
        )
        lake.put("in/a.parquet", content)
        sink = lake.dataset("DelimitedText", "out", **HEADER)
        await copied(lake, lake.dataset("Parquet", "in"), sink, write_format={"fileExtension": ".csv"})
        assert lake.content("out/a.csv").decode() == (
            "id,share,ok,note,at\r\n"
            '1,0.5,True,"say \\"hi\\", ü",1970-01-01 00:00:00.0000000\r\n'
            ',1,False,"line\nbreak",1970-01-01 00:00:01.5000000\r\n'
        )

    async def test_types_are_converted_and_bad_rows_skipped_with_a_log(self, lake):
        lake.put(
            "a.csv", "id,amount,day\n1,1.5,2030-01-02\nx,2,2030-01-03\n3,y,2030-01-04\n4,4,2030-01-05,extra\n5,5,\n"
        )
        mappings = [
            {"source": {"name": "id"}, "sink": {"name": "Id", "type": "Int32"}},
            {"source": {"name": "amount"}, "sink": {"name": "Amount", "type": "Decimal"}},
            {"source": {"ordinal": 3}, "sink": {"name": "Day", "type": "DateTime"}},
        ]
        translator = {"type": "TabularTranslator", "mappings": mappings, "typeConversion": True}
        source = lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        sink = lake.dataset("Parquet", "", "a.parquet")
        with pytest.raises(ActivityFailed, match=r"TypeConversionFailure.*'x' for column name 'Id'.*'Int32'"):
            await copied(lake, source, sink, translator=translator)
        assert "a.parquet" not in lake.paths()
        output = await copied(
            lake, source, sink, translator=translator, enableSkipIncompatibleRow=True, logSettings=lake.log_settings()
        )
        assert (output["rowsRead"], output["rowsCopied"], output["rowsSkipped"]) == (5, 2, 3)
        rows = pq.read_table(io.BytesIO(lake.content("a.parquet"))).to_pylist()
        assert [(row["Id"], str(row["Day"])) for row in rows] == [(1, "2030-01-02 00:00:00"), (5, "None")]
        assert output["logFilePath"].startswith(f"{lake.name}/logs/copyactivity-logs/Move/22222222")
        lines = lake.log_lines(output["logFilePath"])
        assert lines[0] == ["Timestamp", "Level", "OperationName", "OperationItem", "Message"]
        assert [line[1:3] for line in lines[1:]] == [["Warning", "TabularRowSkip"]] * 3

    async def test_more_columns_than_the_first_row_end_the_copy(self, lake):
        lake.put("a.csv", "a,b\n1,2\n1,2,3\n")
        with pytest.raises(ActivityFailed, match=r"row number 3: found more columns than expected column count 2\."):
            await copied(lake, lake.dataset("DelimitedText", "", "a.csv", **HEADER), lake.dataset("Json", "", "a.json"))
        assert lake.paths() == ["a.csv"]

    async def test_json_goes_through_whole(self, lake):
        documents = [{"id": 1, "inner": {"list": [1, {"x": None}]}}, {"other": "ü"}]
        lake.put("in/a.json", json.dumps(documents))
        await copied(lake, lake.dataset("Json", "in"), lake.dataset("Json", "out"))
        lines = lake.content("out/a.json").decode().splitlines()
        assert [json.loads(line) for line in lines] == documents
        await copied(
            lake,
            lake.dataset("Json", "out"),
            lake.dataset("Json", "x", "a"),
            write_format={"filePattern": "arrayOfObjects"},
        )
        assert json.loads(lake.content("x/a")) == documents

    async def test_a_mapping_makes_rows_of_an_array_in_documents(self, lake):
        lake.put(
            "a.json", json.dumps({"no": 7, "who": {"name": "A"}, "lines": [{"p": "x", "n": 1}, {"p": "y", "n": 2}]})
        )
        mappings = [
            {"source": {"path": "$['no']"}, "sink": {"name": "no"}},
            {"source": {"path": "$.who.name"}, "sink": {"name": "who"}},
            {"source": {"path": "['p']"}, "sink": {"name": "p"}},
            {"source": {"path": "['n']"}, "sink": {"name": "n", "type": "String"}},
        ]
        translator = {
            "type": "TabularTranslator",
            "mappings": mappings,
            "collectionReference": "$['lines']",
            "typeConversion": True,
        }
        sink = lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        await copied(lake, lake.dataset("Json", "", "a.json"), sink, translator=translator)
        assert lake.content("a.csv").decode() == "no,who,p,n\r\n7,A,x,1\r\n7,A,y,2\r\n"

    async def test_a_tree_does_not_fit_into_a_column(self, lake):
        lake.put("a.json", '{"id":1,"inner":{"x":1}}{"id":2,"inner":null}')
        source, sink = lake.dataset("Json", "", "a.json"), lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        with pytest.raises(ActivityFailed, match=r"JsonUnsupportedHierarchicalComplexValue.*JObject.*'inner'"):
            await copied(lake, source, sink)
        await copied(lake, source, sink, translator={"type": "TabularTranslator", "mapComplexValuesToString": True})
        assert lake.content("a.csv").decode() == 'id,inner\r\n1,"{\\"x\\":1}"\r\n2,\r\n'

    async def test_xml_becomes_rows_and_documents(self, lake):
        lake.put("a.xml", "<o d='2030'><l n='1'>x</l><l n='2'>ü</l></o>")
        pairs = [("$.o['@d']", "day"), ("['@n']", "n"), ("_value_", "text")]
        mappings = [{"source": {"path": path}, "sink": {"name": name}} for path, name in pairs]
        translator = {"type": "TabularTranslator", "mappings": mappings, "collectionReference": "$.o.l"}
        source, sink = lake.dataset("Xml", "", "a.xml"), lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        await copied(lake, source, sink, translator=translator)
        assert lake.content("a.csv").decode() == "day,n,text\r\n2030,1,x\r\n2030,2,ü\r\n"
        await copied(lake, source, lake.dataset("Json", "", "a.json"))
        assert json.loads(lake.content("a.json"))["o"]["l"][1] == {"@n": 2, "_value_": "ü"}
        with pytest.raises(ActivityFailed, match="read and not written"):
            await copied(lake, sink, source)
        lake.put("a.xml", "<o>")
        with pytest.raises(ActivityFailed, match="ErrorCode=XmlInvalid,"):
            await copied(lake, source, sink, translator=translator)

    async def test_rows_become_documents_by_path(self, lake):
        lake.put("a.csv", "id,city\n1,Ulm\n")
        mappings = [
            {"source": {"name": "id"}, "sink": {"path": "$.key.id"}},
            {"source": {"name": "city"}, "sink": {"path": "$['city']"}},
        ]
        await copied(
            lake,
            lake.dataset("DelimitedText", "", "a.csv", **HEADER),
            lake.dataset("Json", "", "a.json"),
            translator={"type": "TabularTranslator", "mappings": mappings},
        )
        assert json.loads(lake.content("a.json")) == {"key": {"id": "1"}, "city": "Ulm"}

    async def test_columns_from_the_path_and_the_activity(self, lake):
        lake.put("in/year=2030/month=01/a.csv", "id\n1\n")
        lake.put("in/year=2030/month=02/b.csv", "id\n2\n")
        await copied(
            lake,
            lake.dataset("DelimitedText", "in", **HEADER),
            lake.dataset("DelimitedText", "", "all.csv", **HEADER),
            read={
                "wildcardFolderPath": "in/year=*",
                "wildcardFileName": "*.csv",
                "enablePartitionDiscovery": True,
                "partitionRootPath": "in",
            },
            write={"copyBehavior": "MergeFiles"},
            reads={
                "additionalColumns": [
                    {"name": "path", "value": "$$FILEPATH"},
                    {"name": "again", "value": "$$COLUMN:id"},
                    {"name": "fixed", "value": "x"},
                ]
            },
        )
        assert lake.content("all.csv").decode().splitlines() == [
            "id,path,again,fixed,year,month",
            "1,year=2030/month=01/a.csv,1,x,2030,01",
            "2,year=2030/month=02/b.csv,2,x,2030,02",
        ]

    async def test_files_are_merged_when_their_columns_are_the_same(self, lake):
        for path, content in (("a", "id\n1\n"), ("b", ""), ("c", "id\n"), ("d", "id\n2\n")):
            lake.put(f"in/{path}.csv", content)
        ends = lake.dataset("DelimitedText", "in", **HEADER), lake.dataset("DelimitedText", "out", "m.csv", **HEADER)
        await copied(lake, *ends, write={"copyBehavior": "MergeFiles"})
        assert lake.content("out/m.csv") == b"id\r\n1\r\n2\r\n"
        lake.put("in/e.csv", "no\n3\n")
        with pytest.raises(ActivityFailed, match="different columns cannot be merged"):
            await copied(lake, *ends, write={"copyBehavior": "MergeFiles"})

    async def test_a_file_is_cut_by_rows(self, lake):
        lake.put("in/a.csv", "id\n" + "".join(f"{number}\n" for number in range(5)))
        source = lake.dataset("DelimitedText", "in", **HEADER)
        output = await copied(
            lake,
            source,
            lake.dataset("DelimitedText", "out", **HEADER),
            write_format={"fileExtension": ".csv", "maxRowsPerFile": 2},
        )
        assert lake.paths("out/") == [f"out/a_0000{part}.csv" for part in range(3)]
        assert lake.content("out/a_00002.csv") == b"id\r\n4\r\n"
        assert output["filesWritten"] == 3

    @pytest.mark.parametrize("content", [b"", b"a,b\n", b"\n\n"])
    async def test_a_file_without_rows_makes_one_without_rows(self, lake, content):
        lake.put("a.csv", content)
        for kind in ("Avro", "DelimitedText", "Json", "Parquet", "Orc"):
            output = await copied(
                lake, lake.dataset("DelimitedText", "", "a.csv", **HEADER), lake.dataset(kind, "out", kind)
            )
            assert output["rowsCopied"] == 0
        assert len(lake.paths("out/")) == 5

    async def test_orc_both_ways_and_compressed_text(self, lake):
        lake.put("in/a.csv", gzip.compress(b"id;name\n1;a\n"))
        gz = {"compressionCodec": "gzip", "columnDelimiter": ";", **HEADER}
        await copied(lake, lake.dataset("DelimitedText", "in", **gz), lake.dataset("Orc", "orc"))
        assert pyarrow.orc.read_table(io.BytesIO(lake.content("orc/a.orc"))).to_pylist() == [{"id": "1", "name": "a"}]
        await copied(lake, lake.dataset("Orc", "orc"), lake.dataset("DelimitedText", "out", **gz))
        assert gzip.decompress(lake.content("out/a.txt.gz")) == b"id;name\r\n1;a\r\n"

    async def test_a_column_that_is_missing_and_one_that_parquet_cannot_name(self, lake):
        lake.put("a.csv", "my id\n1\n")
        source, sink = lake.dataset("DelimitedText", "", "a.csv", **HEADER), lake.dataset("Parquet", "", "a.parquet")
        with pytest.raises(ActivityFailed, match=r"'Sink' side. ErrorCode=ParquetInvalidColumnName"):
            await copied(lake, source, sink)
        translator = {"type": "TabularTranslator", "mappings": [{"source": {"name": "ID"}, "sink": {"name": "id"}}]}
        with pytest.raises(ActivityFailed, match=r"MappingColumnNameNotFoundInSourceFile.*'ID'.*'a.csv'"):
            await copied(lake, source, sink, translator=translator)

    async def test_what_is_not_built_is_refused_by_name(self, lake):
        lake.put("a.csv", "id\n1\n")
        ends = lake.dataset("DelimitedText", "", "a.csv"), lake.dataset("Parquet", "", "a.parquet")
        with pytest.raises(ActivityFailed, match="'enableStaging'") as failure:
            await copied(lake, *ends, enableStaging=True)
        assert failure.value.code == "NotSupportedByEmulator"
        with pytest.raises(ActivityFailed, match=r"'snappy' is not supported by the Copy activity") as failure:
            await copied(lake, lake.dataset("DelimitedText", "", "a.csv", compressionCodec="snappy"), ends[1])
        assert failure.value.code == "2200"
        assert lake.paths() == ["a.csv"]


async def test_a_shared_access_signature_opens_the_place_and_is_never_told(lake, account):
    """The signature's rights are those of the container's reader; the sentences of errors leave it out."""
    signature = generate_account_sas(
        account.account_name,
        account.credential.account_key,
        resource_types=ResourceTypes(container=True, object=True),
        permission=AccountSasPermissions(read=True, list=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    address = account.url.rstrip("/")
    lake.linked_services["shared"] = {
        "type": "AzureBlobStorage",
        "typeProperties": {
            "sasUri": {"type": "SecureString", "value": address},
            "sasToken": {"type": "SecureString", "value": f"?{signature}"},
        },
    }
    lake.put("a", b"x")
    shared = lake.dataset("Binary", "", "a", lake="shared")
    await copied(lake, shared, lake.dataset("Binary", "", "b"))
    assert lake.content("b") == b"x"
    with pytest.raises(ActivityFailed, match=r"'Sink' side. ErrorCode=AzureBlobOperationFailed") as failure:
        await copied(lake, lake.dataset("Binary", "", "b"), shared)
    assert "403 AuthorizationPermissionMismatch" in failure.value.message
    assert "sig=" not in failure.value.message


async def test_a_container_that_everybody_may_read_needs_no_key(lake):
    lake.put("in/a", b"x")
    lake.linked_services["public"] = {"type": "AzureBlobStorage", "typeProperties": {"containerUri": lake.client.url}}
    public = lake.dataset("Binary", "in", lake="public")
    with pytest.raises(ActivityFailed, match=r"not open to everybody: the service answered 403"):
        await copied(lake, public, lake.dataset("Binary", "out"))
    lake.client.set_container_access_policy({}, public_access=PublicAccess.BLOB)
    await copied(lake, lake.dataset("Binary", "in", "a", lake="public"), lake.dataset("Binary", "one"))
    with pytest.raises(ActivityFailed, match="with 'Blob' it cannot be listed"):
        await copied(lake, public, lake.dataset("Binary", "out"))
    lake.client.set_container_access_policy({}, public_access=PublicAccess.CONTAINER)
    await copied(lake, public, lake.dataset("Binary", "out"))
    assert (lake.content("one/a"), lake.content("out/a")) == (b"x", b"x")
    with pytest.raises(ActivityFailed, match="UserErrorSourceBlobNotExist"):
        await copied(lake, lake.dataset("Binary", "in", "b", lake="public"), lake.dataset("Binary", "out"))
    with pytest.raises(ActivityFailed, match="it can be no sink"):
        await copied(lake, lake.dataset("Binary", "in"), public)
    with pytest.raises(ActivityFailed, match="nothing can be deleted there"):
        await lake.run("Delete", dataset=public, enableLogging=False)
