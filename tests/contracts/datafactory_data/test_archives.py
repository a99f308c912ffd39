"""Archives on real blobs: what is inside is a source like any other, and a sink may be packed."""

import io
import json
import os
import tarfile
import zipfile

import pytest

from emulators.datafactory.activities import ActivityFailed

ODD = "größer + 100%.csv"
HEADER = {"firstRowAsHeader": True}
ZIP, TAR, TAR_GZIP = ({"compression": {"type": kind}} for kind in ("ZipDeflate", "Tar", "TarGzip"))
CSV = {ODD: b"id,name\n1,a\n2,b\n", "deep/er/b.csv": b"id,name\n3,c\n", "empty.csv": b""}
NO_FOLDER = {"compressionProperties": {"type": "ZipDeflateReadSettings", "preserveZipFileNameAsFolder": False}}


async def copied(lake, source, sink, **settings):
    return await lake.move("Copy", source, sink, **settings)


def text(kind: str) -> dict:
    return {"compressionCodec": kind, **HEADER}


def packed(kind: str, inside: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    if kind == "ZipDeflate":
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, part in inside.items():
                archive.writestr(path, part)
        return content.getvalue()
    with tarfile.open(fileobj=content, mode="w:gz" if kind == "TarGzip" else "w") as tar:
        for path, part in inside.items():
            info = tarfile.TarInfo(path)
            info.size = len(part)
            tar.addfile(info, io.BytesIO(part))
    return content.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


class TestSource:
    @pytest.mark.parametrize("kind", ["ZipDeflate", "Tar", "TarGzip"])
    async def test_every_table_inside_is_a_source_file(self, lake, kind):
        lake.put("in/day/a.pack", packed(kind, CSV))
        source, sink = lake.dataset("DelimitedText", "in", **text(kind)), lake.dataset("Json", "out")
        output = await copied(lake, source, sink, reads={"additionalColumns": [{"name": "at", "value": "$$FILEPATH"}]})
        stem = ODD.removesuffix(".csv")
        assert lake.paths("out/") == sorted(f"out/day/a.pack/{path}.json" for path in (stem, "deep/er/b", "empty"))
        first = json.loads(lake.content(f"out/day/a.pack/{stem}.json").splitlines()[0])
        assert first == {"id": "1", "name": "a", "at": f"day/a.pack/{ODD}"}
        assert (output["filesRead"], output["filesWritten"], output["rowsCopied"]) == (1, 3, 3)
        assert output["dataRead"] > 0

    async def test_without_the_folder_not_even_the_archives_own_counts(self, lake):
        lake.put("in/day/a.zip", packed("ZipDeflate", {"x/a.csv": b"id\n1\n"}))
        source, sink = lake.dataset("DelimitedText", "in", **text("ZipDeflate")), lake.dataset("Json", "out")
        await copied(lake, source, sink, read_format=NO_FOLDER)
        assert lake.paths("out/") == ["out/x/a.json"]
        await copied(lake, lake.dataset("Binary", "in", **ZIP), lake.dataset("Binary", "as is"), read_format=NO_FOLDER)
        assert lake.paths("as is/") == ["as is/x/a.csv"]

    async def test_documents_and_trees_in_archives(self, lake):
        lake.put("in/a.tgz", packed("TarGzip", {"a.json": b'{"a":{"b":1}}{"a":null}', "b.json": b'[{"a":2}]'}))
        await copied(lake, lake.dataset("Json", "in", **TAR_GZIP), lake.dataset("Json", "out"))
        assert [json.loads(line) for line in lake.content("out/a.tgz/a.json").splitlines()] == [
            {"a": {"b": 1}},
            {"a": None},
        ]
        lake.put("xml/a.zip", packed("ZipDeflate", {"a.xml": b"<o><l>x</l></o>"}))
        await copied(lake, lake.dataset("Xml", "xml", **ZIP), lake.dataset("Json", "trees"))
        assert json.loads(lake.content("trees/a.zip/a.json")) == {"o": {"l": "x"}}

    async def test_a_lookup_reads_through_an_archive(self, lake):
        lake.put("in/a.tar", packed("Tar", CSV))
        source = lake.dataset("DelimitedText", "in", **text("Tar"))
        output = await lake.run("Lookup", dataset=source, source={}, firstRowOnly=False)
        assert output["value"] == [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}, {"id": "3", "name": "c"}]
        output = await lake.run("GetMetadata", dataset=source, fieldList=["itemType"])
        assert output["itemType"] == "Folder"
        file = lake.dataset("DelimitedText", "in", "a.tar", **text("Tar"))
        assert (await lake.run("GetMetadata", dataset=file, fieldList=["columnCount"]))["columnCount"] == 2

    async def test_a_name_of_ones_own_is_for_the_one_file_inside(self, lake):
        lake.put("one/a.tgz", packed("TarGzip", {"x.csv": b"id\n1\n"}))
        lake.put("two/a.tgz", packed("TarGzip", {"x.csv": b"id\n1\n", "y.csv": b"id\n2\n"}))
        for kind, more, sink in (("Binary", TAR_GZIP, {}), ("DelimitedText", text("TarGzip"), HEADER)):
            target = lake.dataset(kind, "out", f"{kind}.csv", **sink)
            await copied(lake, lake.dataset(kind, "one", **more), target)
            assert lake.content(f"out/{kind}.csv").split() == [b"id", b"1"]
            with pytest.raises(ActivityFailed, match="AzureBlobNotSupportMultipleFilesIntoSingleBlob"):
                await copied(lake, lake.dataset(kind, "two", **more), lake.dataset(kind, "none", "x", **sink))
        assert lake.paths("none/") == []

    @pytest.mark.parametrize("kind", ["Binary", "DelimitedText"])
    async def test_what_is_in_several_archives_is_merged(self, lake, kind):
        for name in ("a", "b"):
            lake.put(f"in/{name}.zip", packed("ZipDeflate", {f"{part}.csv": b"id\r\n1\r\n" for part in (1, 2)}))
        source = lake.dataset(kind, "in", **(ZIP if kind == "Binary" else text("ZipDeflate")))
        sink = lake.dataset(kind, "out", "all", **({} if kind == "Binary" else HEADER))
        output = await copied(lake, source, sink, write={"copyBehavior": "MergeFiles"})
        once, header = (b"id\r\n1\r\n", b"") if kind == "Binary" else (b"1\r\n", b"id\r\n")
        assert lake.content("out/all") == header + once * 4
        assert (output["filesRead"], output["filesWritten"]) == (2, 1)

    @pytest.mark.parametrize("kind", ["ZipDeflate", "Tar", "TarGzip"])
    async def test_a_damaged_archive_is_told_and_writes_no_table(self, lake, kind):
        whole = packed(kind, {"a.csv": b"id\n" + os.urandom(50_000).hex().encode()})
        lake.put("in/a", whole[: len(whole) // 2])
        source, sink = lake.dataset("DelimitedText", "in", **text(kind)), lake.dataset("Json", "out")
        with pytest.raises(ActivityFailed, match=r"UserErrorInvalidCompressedData.*The archive 'in/a' cannot be read"):
            await copied(lake, source, sink)
        assert lake.paths("out/") == []

    async def test_an_error_in_a_table_names_archive_and_file(self, lake):
        lake.put("in/a.zip", packed("ZipDeflate", {"x/a.csv": b"a,b\n1,2,3\n"}))
        with pytest.raises(ActivityFailed, match=r"source 'in/a\.zip/x/a\.csv' with row number 2"):
            await copied(
                lake, lake.dataset("DelimitedText", "in", **text("ZipDeflate")), lake.dataset("Parquet", "out")
            )


class TestSink:
    @pytest.mark.parametrize(("kind", "suffix"), [("ZipDeflate", ".zip"), ("Tar", ".tar"), ("TarGzip", ".tar.gz")])
    async def test_one_archive_for_each_file(self, lake, kind, suffix):
        contents = {"a.csv": b"x" * 3_000_000, f"deep/{ODD}": b"id\n", "empty": b""}
        for path, content in contents.items():
            lake.put(f"in/{path}", content)
        sink = lake.dataset("Binary", "out", compression={"type": kind, "level": "Fastest"})
        output = await copied(lake, lake.dataset("Binary", "in"), sink)
        assert lake.paths("out/") == sorted(f"out/{path}{suffix}" for path in contents)
        for path, content in contents.items():
            assert unpacked(lake.content(f"out/{path}{suffix}")) == {path.rpartition("/")[2]: content}
        assert (output["filesRead"], output["filesWritten"]) == (3, 3)
        assert output["dataRead"] == 3_000_003

    async def test_the_name_of_the_dataset_and_files_merged(self, lake):
        for name in ("a", "b"):
            lake.put(f"in/{name}.csv", f"{name}\n")
        await copied(lake, lake.dataset("Binary", "in", "a.csv"), lake.dataset("Binary", "out", "mine.csv.zip", **ZIP))
        assert unpacked(lake.content("out/mine.csv.zip")) == {"mine.csv": b"a\n"}
        all_of_it = lake.dataset("Binary", "out", "all.csv.tar", **TAR)
        await copied(lake, lake.dataset("Binary", "in"), all_of_it, write={"copyBehavior": "MergeFiles"})
        assert unpacked(lake.content("out/all.csv.tar")) == {"all.csv": b"a\nb\n"}

    @pytest.mark.parametrize("behavior", ["PreserveHierarchy", "FlattenHierarchy"])
    async def test_an_archive_is_packed_anew(self, lake, behavior):
        lake.put("in/a.zip", packed("ZipDeflate", {"x/a.csv": b"a", "b": b"b"}))
        sink = lake.dataset("Binary", "out", **TAR_GZIP)
        await copied(lake, lake.dataset("Binary", "in", **ZIP), sink, write={"copyBehavior": behavior})
        paths = lake.paths("out/")
        if behavior == "PreserveHierarchy":
            assert paths == ["out/a.zip/b.tar.gz", "out/a.zip/x/a.csv.tar.gz"]
            assert unpacked(lake.content(paths[1])) == {"a.csv": b"a"}
        assert len(paths) == 2
        assert all(path.endswith(".tar.gz") for path in paths)

    async def test_the_same_archive_on_both_sides_goes_through_as_it_is(self, lake):
        lake.put("in/a.zip", packed("ZipDeflate", CSV))
        await copied(lake, lake.dataset("Binary", "in", **ZIP), lake.dataset("Binary", "out", **ZIP))
        assert lake.content("out/a.zip") == lake.content("in/a.zip")

    @pytest.mark.parametrize(("kind", "suffix"), [("ZipDeflate", ".zip"), ("tar", ".tar"), ("TarGzip", ".tar.gz")])
    async def test_tables_are_packed(self, lake, kind, suffix):
        lake.put("in/a.csv", "id\n1\n2\n3\n")
        source, sink = lake.dataset("DelimitedText", "in", **HEADER), lake.dataset("DelimitedText", "out", **text(kind))
        await copied(lake, source, sink, write_format={"fileExtension": ".csv"})
        assert unpacked(lake.content(f"out/a.csv{suffix}")) == {"a.csv": b"id\r\n1\r\n2\r\n3\r\n"}
        await copied(lake, source, sink, write_format={"fileExtension": ".csv", "maxRowsPerFile": 2})
        assert unpacked(lake.content(f"out/a_00001.csv{suffix}")) == {"a_00001.csv": b"id\r\n3\r\n"}

    async def test_a_failure_leaves_no_archive(self, lake):
        lake.put("in/a.csv", "a,b\n1,2\n" + "1,2,3\n")
        sink = lake.dataset("Json", "out", **ZIP)
        with pytest.raises(ActivityFailed, match="DelimitedTextMoreColumnsThanDefined"):
            await copied(lake, lake.dataset("DelimitedText", "in", **HEADER), sink)
        assert lake.paths("out/") == []
