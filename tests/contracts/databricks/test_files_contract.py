"""DBFS, mounts on a real Azurite, and the Files API through databricks-sdk."""

import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from azure.storage.blob import BlobServiceClient
from databricks.sdk import errors
from databricks.sdk.errors import (
    AlreadyExists,
    BadRequest,
    InvalidParameterValue,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)

from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.masking import masker
from emulators.kernel.server import Listener
from emulators.kernel.store import DocumentStore
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

ACCOUNT = "mountedaccount"
KEY = base64.b64encode(b"m" * 64).decode()
HOST = f"{ACCOUNT}.blob.core.windows.net"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def storage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StorageService]:
    """One real storage account for all tests of this file."""
    service = StorageService(
        StorageSettings(
            accounts={ACCOUNT: KEY},
            resource_ids={},
            event_grid={},
            data_folder=None,
            listener=Listener.reserve(),
            authority=LocalAuthority(tmp_path_factory.mktemp("authority")),
            store=DocumentStore(),
        )
    )
    await service.start()
    yield service
    await service.stop()


async def mount(workspace: Any, method: str = "PUT", **entry: Any) -> httpx.Response:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {workspace.settings.token}"}) as http:
        return await http.request(method, workspace.settings.address + "/__emulator/mounts", json=[entry])


async def test_dbfs_files_go_up_and_down_whole_and_in_blocks(workspace: Any) -> None:
    api = workspace.client.dbfs
    content = bytes(range(256)) * 10_000  # three blocks
    await workspace.call(api.upload, "/data/in/big.bin", io.BytesIO(content))
    assert (workspace.settings.dbfs_root / "data/in/big.bin").read_bytes() == content

    def download() -> bytes:
        with api.download("/data/in/big.bin") as stream:
            return bytes(stream.read())

    assert await workspace.call(download) == content
    status = await workspace.call(api.get_status, "/data/in/big.bin")
    assert (status.path, status.is_dir, status.file_size) == ("/data/in/big.bin", False, len(content))
    assert [(each.path, each.is_dir) for each in await workspace.listed(api.list, "/data")] == [("/data/in", True)]
    with pytest.raises(ResourceAlreadyExists):
        await workspace.call(api.upload, "/data/in/big.bin", io.BytesIO(b"x"))
    await workspace.call(api.mkdirs, "/empty")
    assert await workspace.listed(api.list, "/empty") == []


async def test_an_unfinished_upload_shows_nothing(workspace: Any) -> None:
    api = workspace.client.dbfs
    handle = (await workspace.call(api.create, "/half.bin")).handle
    await workspace.call(api.add_block, handle, base64.b64encode(b"part").decode())
    with pytest.raises(ResourceDoesNotExist):
        await workspace.call(api.get_status, "/half.bin")
    await workspace.call(api.close, handle)
    assert (await workspace.call(api.get_status, "/half.bin")).file_size == 4
    with pytest.raises(ResourceDoesNotExist, match="No handle exists"):
        await workspace.call(api.close, handle)


async def test_dbfs_moves_and_deletes(workspace: Any) -> None:
    api = workspace.client.dbfs
    for name in ("a/one.txt", "a/b/two.txt"):
        await workspace.call(api.put, f"/t/{name}", contents=base64.b64encode(name.encode()).decode())
    await workspace.call(api.delete, "/nothing/here")  # no error, as on Databricks
    with pytest.raises(BadRequest, match="non-empty directory"):
        # the SDK itself refuses this for a folder, other clients ask
        await workspace.call(workspace.client.api_client.do, "POST", "/api/2.0/dbfs/delete", body={"path": "/t/a"})
    await workspace.call(
        workspace.client.api_client.do,
        "POST",
        "/api/2.0/dbfs/move",
        body={"source_path": "/t/a", "destination_path": "/t/c"},
    )
    moved = await workspace.call(api.read, "/t/c/b/two.txt", offset=4, length=100)
    assert base64.b64decode(moved.data) == b"two.txt"
    with pytest.raises(ResourceDoesNotExist):
        await workspace.call(api.get_status, "/t/a")
    await workspace.call(api.delete, "/t", recursive=True)
    with pytest.raises(ResourceDoesNotExist):
        await workspace.call(api.get_status, "/t")


async def test_a_file_may_come_as_a_form(workspace: Any) -> None:
    address = workspace.settings.address + "/api/2.0/dbfs/put"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {workspace.settings.token}"}) as http:
        for name in ("contents", "file"):
            form = {"path": f"/form/{name}", "overwrite": "true"}
            answer = await http.post(address, data=form, files={name: ("any", b"x" * 2_000_000)})
            assert answer.status_code == 200, answer.text
            assert (await workspace.call(workspace.client.dbfs.get_status, f"/form/{name}")).file_size == 2_000_000
        assert (
            await http.post(address, data={"path": "/form/none"}, files={"other": (None, "text")})
        ).status_code == 400


async def test_limits_and_wrong_paths_have_their_own_errors(workspace: Any) -> None:
    api = workspace.client.dbfs
    megabyte = base64.b64encode(b"x" * (1024 * 1024 + 1)).decode()
    with pytest.raises(BadRequest, match="1048577 bytes"):
        await workspace.call(api.put, "/big", contents=megabyte)
    await workspace.call(api.put, "/small", contents="")
    with pytest.raises(BadRequest, match="at most 1048576 bytes"):
        await workspace.call(api.read, "/small", length=2_000_000)
    with pytest.raises(InvalidParameterValue, match="must be absolute"):
        await workspace.call(api.get_status, "relative")
    with pytest.raises(BadRequest, match="The local disk did not do it"):
        await workspace.call(api.put, "/" + "x" * 300, contents="")
    with pytest.raises(ResourceAlreadyExists, match="is a file"):
        await workspace.call(api.mkdirs, "/small/sub")


async def test_no_path_leaves_the_root(workspace: Any, tmp_path: Path) -> None:
    api = workspace.client.dbfs
    outside = tmp_path / "outside.txt"
    outside.write_text("private")
    (workspace.settings.dbfs_root / "link").symlink_to(outside)
    (workspace.settings.dbfs_root / "folder").symlink_to(tmp_path)
    await workspace.call(api.put, "/../escaped.txt", contents="")
    assert (workspace.settings.dbfs_root / "escaped.txt").exists()
    for path in ("/link", "/folder/outside.txt"):
        with pytest.raises(PermissionDenied, match="leads out of DBFS"):
            await workspace.call(api.read, path)
    with pytest.raises(PermissionDenied):
        await workspace.call(api.put, "/folder/new.txt", contents="", overwrite=True)
    assert [each.path for each in await workspace.listed(api.list, "/")] == ["/escaped.txt"]
    assert outside.read_text() == "private"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_mounted_container_is_part_of_dbfs(
    tmp_path: Path, runner: Any, serve_workspace: Any, storage: StorageService
) -> None:
    blobs = BlobServiceClient.from_connection_string(storage.connection_string(ACCOUNT))
    endpoint = {ACCOUNT: blobs.url.rstrip("/")}
    async with serve_workspace(tmp_path, runner, storage_endpoints=endpoint) as workspace:
        api = workspace.client.dbfs
        container = await workspace.call(blobs.create_container, "mounted")
        await workspace.call(container.upload_blob, "in/a b+ü.csv", b"id\n1\n")
        await workspace.call(container.upload_blob, "in/sub/c.csv", b"x")
        answer = await mount(
            workspace,
            mount_point="/mnt/data",
            source=f"wasbs://mounted@{HOST}/in",
            extra_configs={f"fs.azure.account.key.{HOST}": KEY},
        )
        assert [each["mount_point"] for each in answer.json()] == ["/mnt/data"]
        assert KEY not in masker.mask(f"key {KEY}")
        assert [each.path for each in await workspace.listed(api.list, "/")] == ["/mnt"]
        assert [each.path for each in await workspace.listed(api.list, "/mnt")] == ["/mnt/data"]
        found = await workspace.listed(api.list, "/mnt/data")
        assert [(each.path, each.is_dir, each.file_size) for each in found] == [
            ("/mnt/data/a b+ü.csv", False, 5),
            ("/mnt/data/sub", True, 0),
        ]
        read = await workspace.call(api.read, "/mnt/data/a b+ü.csv", offset=3)
        assert base64.b64decode(read.data) == b"1\n"
        await workspace.call(api.upload, "/mnt/data/out/new.bin", io.BytesIO(b"n" * 1_500_000))
        size = (await workspace.call(container.get_blob_client("in/out/new.bin").get_blob_properties)).size
        assert size == 1_500_000
        move = {"source_path": "/mnt/data/out", "destination_path": "/local"}
        await workspace.call(workspace.client.api_client.do, "POST", "/api/2.0/dbfs/move", body=move)
        assert (workspace.settings.dbfs_root / "local/new.bin").stat().st_size == 1_500_000
        with pytest.raises(ResourceDoesNotExist):
            await workspace.call(api.get_status, "/mnt/data/out")
        await workspace.call(api.mkdirs, "/mnt/data/made")
        assert (await workspace.call(api.get_status, "/mnt/data/made")).is_dir
        await workspace.call(api.delete, "/mnt/data/sub", recursive=True)
        with pytest.raises(BadRequest, match="unmount it first"):
            await workspace.call(api.delete, "/mnt/data", recursive=True)
        assert (await mount(workspace, "DELETE", mount_point="/mnt/data")).json() == []
        assert (await mount(workspace, "DELETE", mount_point="/mnt/data")).status_code == 404
        names = await workspace.listed(container.list_blob_names)
        assert "in/a b+ü.csv" in names
        assert "in/sub/c.csv" not in names


@pytest.mark.asyncio(loop_scope="module")
async def test_a_mounts_key_may_be_a_secret_and_a_wrong_one_is_told(
    tmp_path: Path, runner: Any, serve_workspace: Any, storage: StorageService
) -> None:
    blobs = BlobServiceClient.from_connection_string(storage.connection_string(ACCOUNT))
    async with serve_workspace(tmp_path, runner, storage_endpoints={ACCOUNT: blobs.url.rstrip("/")}) as workspace:
        await workspace.call(blobs.create_container, "secured")
        await workspace.call(workspace.client.secrets.create_scope, "s")
        await workspace.call(workspace.client.secrets.put_secret, "s", "k", string_value=KEY)
        host = f"{ACCOUNT}.dfs.core.windows.net"
        for point, value in (("/mnt/good", "{{secrets/s/k}}"), ("/mnt/bad", base64.b64encode(b"w" * 64).decode())):
            configs = {f"fs.azure.account.key.{host}": value}
            await mount(workspace, mount_point=point, source=f"abfss://secured@{host}/", extra_configs=configs)
        assert await workspace.listed(workspace.client.dbfs.list, "/mnt/good") == []
        with pytest.raises(BadRequest, match="The storage service did not do it"):
            await workspace.listed(workspace.client.dbfs.list, "/mnt/bad")


async def test_a_mount_that_leads_nowhere_is_told_by_name(workspace: Any) -> None:
    configs = {f"fs.azure.account.key.{HOST}": KEY}
    await mount(workspace, mount_point="/mnt/x", source=f"wasbs://c@{HOST}/", extra_configs=configs)
    with pytest.raises(errors.NotImplemented, match="which is none of the local cloud"):
        await workspace.listed(workspace.client.dbfs.list, "/mnt/x")
    assert (await mount(workspace, mount_point="/mnt/y", source="s3a://bucket/")).status_code == 400
    assert (await mount(workspace, mount_point="mnt/y", source=f"wasbs://c@{HOST}/")).status_code == 400


async def test_mounts_survive(tmp_path: Path, runner: Any, serve_workspace: Any) -> None:
    async with serve_workspace(tmp_path, runner) as before:
        await mount(before, mount_point="/mnt/x", source=f"wasbs://c@{HOST}/")
    async with serve_workspace(tmp_path, runner) as after:
        assert [each.mount_point for each in after.service.mounts.all()] == ["/mnt/x"]


async def test_files_of_volumes(workspace: Any) -> None:
    api = workspace.client.files
    path = "/Volumes/main/default/v/sub dir/ä.txt"
    await workspace.call(api.upload, path, io.BytesIO(b"hello"))
    with pytest.raises(AlreadyExists):
        await workspace.call(api.upload, path, io.BytesIO(b"again"), overwrite=False)
    await workspace.call(api.upload, path, io.BytesIO(b"hello again"), overwrite=True)

    def download() -> bytes:
        return bytes(api.download(path).contents.read())

    assert await workspace.call(download) == b"hello again"
    assert (await workspace.call(api.get_metadata, path)).content_length == 11
    await workspace.call(api.create_directory, "/Volumes/main/default/v/empty")
    await workspace.call(api.get_directory_metadata, "/Volumes/main/default/v/empty")
    found = await workspace.listed(api.list_directory_contents, "/Volumes/main/default/v")
    assert [(each.name, each.is_directory) for each in found] == [("empty", True), ("sub dir", True)]
    with pytest.raises(BadRequest, match="not empty"):
        await workspace.call(api.delete_directory, "/Volumes/main/default/v/sub dir")
    await workspace.call(api.delete, path)
    await workspace.call(api.delete_directory, "/Volumes/main/default/v/sub dir")
    with pytest.raises(NotFound):
        await workspace.call(api.get_metadata, path)
    with pytest.raises(errors.NotImplemented, match="/Volumes only"):
        await workspace.call(api.create_directory, "/Workspace/x")


async def test_a_large_file_falls_back_to_one_request(workspace: Any) -> None:
    content = b"0123456789" * 6_000_000
    await workspace.call(workspace.client.files.upload, "/Volumes/main/default/v/big.bin", io.BytesIO(content))
    stored = workspace.settings.dbfs_root / "Volumes/main/default/v/big.bin"
    assert stored.stat().st_size == len(content)
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {workspace.settings.token}"}) as http:
        url = workspace.settings.address + "/api/2.0/fs/files/Volumes/main/default/v/big.bin"
        part = await http.get(url, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, b"0123456789")
