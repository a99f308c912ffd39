"""What a copy compares, skips and tells of, on real blobs."""

import gzip
import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import AccountSasPermissions, ContentSettings, ResourceTypes, generate_account_sas

from emulators.datafactory.activities import ActivityFailed
from emulators.datafactory.data.blob_storage import BlobStorage
from emulators.datafactory.data.mapping import Mapping

HEADER = {"firstRowAsHeader": True}
VERIFIED = {"VerificationResult": "Verified", "InconsistentData": "None"}


async def copied(lake, source, sink, **settings):
    return await lake.move("Copy", source, sink, **settings)


@pytest.fixture
def gone(lake, monkeypatch):
    """Files of this name are deleted by somebody else before they are read."""
    read = BlobStorage.read

    def deleted(self, file, offset, length):
        if file.name == "gone":
            self.delete(file)
        return read(self, file, offset, length)

    monkeypatch.setattr(BlobStorage, "read", deleted)


class TestFiles:
    async def test_files_that_are_deleted_meanwhile_are_skipped_and_logged(self, lake, gone):
        for name in ("a", "gone", "z"):
            lake.put(f"in/{name}", name)
        source, sink = lake.dataset("Binary", "in"), lake.dataset("Binary", "out")
        output = await copied(lake, source, sink, skipErrorFile={}, logSettings=lake.log_settings())
        assert lake.paths("out/") == ["out/a", "out/z"]
        assert (output["filesRead"], output["filesWritten"], output["filesSkipped"]) == (2, 2, 1)
        assert output["dataConsistencyVerification"] == {"VerificationResult": "NotVerified"}
        _, line = lake.log_lines(output["logFilePath"])
        assert line[1:4] == ["Warning", "FileSkip", "in/gone"]
        assert line[4].startswith("File is skipped after read 0 bytes: ErrorCode=UserErrorSourceBlobNotExist,")

    @pytest.mark.parametrize(
        ("file", "more", "settings"),
        [
            ("gone", {}, {"fileMissing": True}),
            ("", {"compression": {"type": "gzip"}}, {"fileMissing": True}),
            ("", {}, {"fileMissing": False}),
        ],
        ids=["one named file", "compressed files", "not wished"],
    )
    async def test_what_is_never_skipped(self, lake, gone, file, more, settings):
        lake.put("in/gone", "x")
        with pytest.raises(ActivityFailed, match="UserErrorSourceBlobNotExist"):
            await copied(
                lake,
                lake.dataset("Binary", "in", file, **more),
                lake.dataset("Binary", "out"),
                skipErrorFile=settings,
            )

    async def test_files_of_a_list_that_are_not_there(self, lake):
        lake.put("in/a", "a")
        lake.put("list.txt", "a\nnot there\n")
        ends = lake.dataset("Binary", "in"), lake.dataset("Binary", "out")
        read = {"fileListPath": f"{lake.name}/list.txt"}
        with pytest.raises(ActivityFailed, match=r"path: in/not there\."):
            await copied(lake, *ends, read=read)
        output = await copied(lake, *ends, read=read, skipErrorFile={}, logSettings=lake.log_settings())
        assert (output["filesRead"], output["filesSkipped"]) == (1, 1)
        assert lake.log_lines(output["logFilePath"])[1][2:4] == ["FileSkip", "in/not there"]

    async def test_files_that_may_not_be_read(self, lake, account):
        lake.put("in/a", b"a")
        signature = generate_account_sas(
            account.account_name,
            account.credential.account_key,
            resource_types=ResourceTypes(container=True, object=True),
            permission=AccountSasPermissions(list=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        secret = {"type": "SecureString", "value": f"{account.url.rstrip('/')}?{signature}"}
        lake.linked_services["listed"] = {"type": "AzureBlobStorage", "typeProperties": {"sasUri": secret}}
        source, sink = lake.dataset("Binary", "in", lake="listed"), lake.dataset("Binary", "out")
        with pytest.raises(ActivityFailed, match="403 AuthorizationPermissionMismatch"):
            await copied(lake, source, sink, skipErrorFile={})
        output = await copied(lake, source, sink, skipErrorFile={"fileForbidden": True})
        assert (output["filesRead"], output["filesSkipped"]) == (0, 1)

    async def test_consistency_is_verified_by_checksum(self, lake):
        contents = {"small": b"small", "large": os.urandom(9 << 20), "lies": b"lies"}
        for path, content in contents.items():
            lake.put(f"in/{path}", content)
        other = bytearray(hashlib.md5(b"other", usedforsecurity=False).digest())
        lake.client.get_blob_client("in/lies").set_http_headers(ContentSettings(content_md5=other))
        ends = lake.dataset("Binary", "in"), lake.dataset("Binary", "out")
        with pytest.raises(ActivityFailed, match=r"'in/lies' is not consistent: what was read .* ContentMD5"):
            await copied(lake, *ends, validateDataConsistency=True)
        output = await copied(
            lake,
            *ends,
            validateDataConsistency=True,
            skipErrorFile={"dataInconsistency": True},
            logSettings=lake.log_settings(),
        )
        assert output["dataConsistencyVerification"] == {**VERIFIED, "InconsistentData": "Skipped"}
        assert output["filesSkipped"] == 1
        assert lake.log_lines(output["logFilePath"])[1][2:4] == ["FileSkip", "in/lies"]
        for path in ("small", "large"):
            kept = lake.client.get_blob_client(f"out/{path}").get_blob_properties().content_settings.content_md5
            assert bytes(kept) == hashlib.md5(contents[path], usedforsecurity=False).digest()

    async def test_a_file_that_changes_under_the_copy_is_told(self, lake, monkeypatch):
        lake.put("in/a", b"before")
        lake.put("in/b", b"b")
        read = BlobStorage.read

        def changed(self, file, offset, length):
            if file.name == "a":
                lake.put("in/a", b"behind")
            return read(self, file, offset, length)

        monkeypatch.setattr(BlobStorage, "read", changed)
        ends = lake.dataset("Binary", "in"), lake.dataset("Binary", "out")
        with pytest.raises(ActivityFailed, match=r"DataConsistencySourceDataChanged.*Source file 'in/a' is changed"):
            await copied(lake, *ends, skipErrorFile={"dataInconsistency": True})
        both = {"skipErrorFile": {"dataInconsistency": True}, "validateDataConsistency": True}
        assert (await copied(lake, *ends, **both))["filesSkipped"] == 1
        assert lake.paths("out/") == ["out/b"]

    @pytest.mark.parametrize(
        ("source", "write"),
        [({}, {"copyBehavior": "MergeFiles"}), ({"compression": {"type": "gzip"}}, {})],
        ids=["merged", "unpacked"],
    )
    async def test_what_cannot_be_verified_says_so(self, lake, source, write):
        ends = lake.dataset("Binary", "in", **source), lake.dataset("Binary", "out")
        output = await copied(lake, *ends, read={"wildcardFileName": "*"}, write=write, validateDataConsistency=True)
        assert output["dataConsistencyVerification"] == {**VERIFIED, "VerificationResult": "Unsupported"}


class TestRows:
    async def test_rows_read_are_those_that_are_copied_or_skipped(self, lake, monkeypatch):
        lake.put("a.csv", "id\n1\n2\n1,2\n")
        ends = lake.dataset("DelimitedText", "", "a.csv", **HEADER), lake.dataset("Json", "", "a.json")
        output = await copied(lake, *ends, enableSkipIncompatibleRow=True, validateDataConsistency=True)
        assert output["dataConsistencyVerification"] == VERIFIED
        assert (output["rowsRead"], output["rowsCopied"], output["rowsSkipped"]) == (3, 2, 1)
        apply = Mapping.apply
        monkeypatch.setattr(Mapping, "apply", lambda *given: apply(*given).slice(1))
        with pytest.raises(ActivityFailed, match="3 rows were read, 1 copied and 1 skipped"):
            await copied(lake, *ends, enableSkipIncompatibleRow=True, validateDataConsistency=True)

    async def test_the_older_settings_of_logs_are_taken(self, lake):
        lake.put("a.csv", "id,name\n1,a\n2,b,c\n")
        ends = lake.dataset("DelimitedText", "", "a.csv", **HEADER), lake.dataset("Json", "", "a.json")
        place = {"linkedServiceName": {"referenceName": "lake"}, "path": f"{lake.name}/rows"}
        output = await copied(lake, *ends, enableSkipIncompatibleRow=True, redirectIncompatibleRowSettings=place)
        account, _, folder = output["redirectRowPath"].partition(f"//{lake.name}/")
        assert lake.client.url.startswith(account)
        assert folder.startswith("rows/22222222")
        (row,) = lake.log_lines(folder)
        assert row[:4] == ["2", "b", "c", "DelimitedTextMoreColumnsThanDefined"]
        output = await copied(lake, *ends, enableSkipIncompatibleRow=True, logStorageSettings=place)
        assert lake.log_lines(output["logFilePath"])[1][2] == "TabularRowSkip"


class TestLogs:
    @pytest.mark.parametrize("kind", ["Binary", "DelimitedText"])
    async def test_at_the_level_info_every_file_is_told_of(self, lake, kind):
        for name in ("a.csv", "b.csv"):
            lake.put(f"in/{name}", "id\n1\n")
        more = {} if kind == "Binary" else HEADER
        ends = lake.dataset(kind, "in", **more), lake.dataset(kind, "out", **more)
        output = await copied(lake, *ends, logSettings=lake.log_settings(logLevel="Info"))
        lines = lake.log_lines(output["logFilePath"])[1:]
        for path in ("in/a.csv", "in/b.csv"):
            told = [(line[1], line[2], line[4].partition(" file")[0]) for line in lines if line[3] == path]
            assert sorted(told) == [
                ("Info", "FileRead", "Complete reading"),
                ("Info", "FileRead", "Start to read"),
                ("Info", "FileWrite", "Complete writing"),
                ("Info", "FileWrite", "Start to write"),
            ]

    async def test_a_reliable_log_is_there_before_the_copy_has_ended(self, lake, monkeypatch):
        for name in ("a", "b"):
            lake.put(f"in/{name}", name)
        seen: list[list[str]] = []
        find = BlobStorage.read

        def watched(self, file, offset, length):
            if file.name == "b":
                seen.extend(lake.log_lines(f"{lake.name}/logs"))
            return find(self, file, offset, length)

        monkeypatch.setattr(BlobStorage, "read", watched)
        how = lake.log_settings(logLevel="Info", enableReliableLogging=True)
        output = await copied(
            lake, lake.dataset("Binary", "in"), lake.dataset("Binary", "out"), parallelCopies=1, logSettings=how
        )
        assert [line[3] for line in seen if "successfully copied" in line[4]] == ["in/a"]
        assert len(lake.log_lines(output["logFilePath"])) == 9

    async def test_a_log_is_off_unless_it_is_on_and_finds_a_place_of_its_own(self, lake, account):
        lake.put("in/a", "a")
        ends = lake.dataset("Binary", "in"), lake.dataset("Binary", "out")
        off = {**lake.log_settings(logLevel="Info"), "enableCopyActivityLog": None}
        assert "logFilePath" not in await copied(lake, *ends, logSettings=off)
        nowhere = lake.log_settings(logLevel="Info")
        del nowhere["logLocationSettings"]["path"]
        output = await copied(lake, *ends, logSettings=nowhere)
        assert output["logFilePath"].startswith("copyactivity-logs/Move/")
        assert account.get_container_client("copyactivity-logs").exists()

    async def test_a_copy_that_fails_leaves_its_log(self, lake, gone):
        lake.put("in/a", "a")
        lake.put("in/gone", "x")
        how = lake.log_settings(logLevel="Info")
        with pytest.raises(ActivityFailed):
            await copied(lake, lake.dataset("Binary", "in"), lake.dataset("Binary", "out"), logSettings=how)
        assert any("in/gone" in line for line in lake.log_lines(f"{lake.name}/logs"))


class TestAttributes:
    async def test_what_a_blob_says_of_itself_is_preserved(self, lake):
        headers = ContentSettings("text/plain", "gzip", "de", "attachment", "no-cache")
        large = os.urandom(9 << 20)
        for path, content in (("in/a", b"a"), ("in/large", large)):
            lake.client.upload_blob(path, content, metadata={"Owner": "me", "kept": "1"}, content_settings=headers)
        source, write = lake.dataset("Binary", "in"), {"metadata": [{"name": "kept", "value": "2"}]}
        await copied(lake, source, lake.dataset("Binary", "out"), preserve=["Attributes"], write=write)
        for name in ("a", "large"):
            found = lake.client.get_blob_client(f"out/{name}").get_blob_properties()
            assert found.metadata == {"Owner": "me", "kept": "2"}
            settings = found.content_settings
            assert (settings.content_type, settings.content_encoding, settings.content_language) == (
                "text/plain",
                "gzip",
                "de",
            )
            assert (settings.content_disposition, settings.cache_control) == ("attachment", "no-cache")
        await copied(lake, source, lake.dataset("Binary", "plain"))
        found = lake.client.get_blob_client("plain/a").get_blob_properties()
        assert (found.metadata, found.content_settings.content_type) == ({}, "application/octet-stream")

    async def test_what_was_said_of_packed_content_is_not_said_of_what_was_in_it(self, lake):
        lake.client.upload_blob(
            "in/a.gz", gzip.compress(b"a"), metadata={"kept": "1"}, content_settings=ContentSettings("x/y", "gzip")
        )
        source = lake.dataset("Binary", "in", compression={"type": "gzip"})
        await copied(lake, source, lake.dataset("Binary", "out"), preserve=["Attributes"])
        found = lake.client.get_blob_client("out/a").get_blob_properties()
        assert (found.metadata, found.content_settings.content_encoding) == ({"kept": "1"}, None)
        assert lake.content("out/a") == b"a"

    async def test_skipped_files_stay_where_they_are(self, lake):
        lake.put("in/lies", b"lies")
        lake.put("in/right", b"right")
        other = bytearray(hashlib.md5(b"other", usedforsecurity=False).digest())
        lake.client.get_blob_client("in/lies").set_http_headers(ContentSettings(content_md5=other))
        await copied(
            lake,
            lake.dataset("Binary", "in"),
            lake.dataset("Binary", "out"),
            read={"deleteFilesAfterCompletion": True},
            validateDataConsistency=True,
            skipErrorFile={"dataInconsistency": True},
        )
        assert lake.paths() == ["in/lies", "out/right"]
