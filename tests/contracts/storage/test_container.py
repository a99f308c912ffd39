"""Azurite in a container, where a Docker engine answers. No image is pulled: the test makes its own from Azurite's
npm package, this machine's Node and the libraries that Node needs."""

import asyncio
import base64
import io
import re
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.server import Listener
from emulators.kernel.store import DocumentStore
from emulators.storage.azurite import docker_answers
from emulators.storage.azurite.install import installed_azurite, node_binary
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

pytestmark = pytest.mark.docker

KEY = base64.b64encode(b"k" * 32).decode()


def _libraries(program: Path) -> list[Path]:
    listed = subprocess.run(
        [shutil.which("ldd") or "ldd", str(program)], capture_output=True, text=True, check=True
    ).stdout
    return [Path(found) for found in re.findall(r"(/\S+) \(0x", listed)]


def _root_file_system(azurite: Path) -> io.BytesIO:
    """A tar of the least that runs `azurite-blob`: node, env (for the script's first line), libraries, the package."""
    env = Path(shutil.which("env") or "/usr/bin/env")
    package = azurite.parents[5]
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for library in {*_libraries(node_binary()), *_libraries(env)}:
            tar.add(library.resolve(), f".{library}")
        tar.add(node_binary().resolve(), "./usr/bin/node")
        tar.add(env.resolve(), "./usr/bin/env")
        tar.add(package / "node_modules", "./opt/azurite/node_modules", filter=_executable)
        for folder in ("./tmp", "./data"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(entry)
        link = tarfile.TarInfo("./usr/bin/azurite-blob")
        link.type, link.linkname = tarfile.SYMTYPE, "/opt/azurite/node_modules/azurite/dist/src/blob/main.js"
        tar.addfile(link)
    content.seek(0)
    return content


def _executable(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.mode |= 0o755 if entry.isdir() or entry.name.endswith("main.js") else 0o644
    return entry


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    if not docker_answers():
        pytest.skip("no Docker engine answers: Azurite as a container is not tested here")
    import docker

    engine = docker.from_env()
    tag = f"drydock-azurite-test:{uuid.uuid4().hex[:12]}"
    azurite = asyncio.run(installed_azurite())
    repository, _, version = tag.partition(":")
    engine.api.import_image_from_data(
        _root_file_system(azurite).getvalue(), repository=repository, tag=version, changes=["ENV PATH=/usr/bin"]
    )
    yield tag
    engine.images.remove(tag, force=True)
    engine.close()


@pytest.fixture(autouse=True)
def _no_reaper(monkeypatch: pytest.MonkeyPatch) -> None:
    """testcontainers' reaper is an image of its own, which could not be pulled; these tests stop what they start."""
    from testcontainers.core.config import testcontainers_config

    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)


async def test_azurite_runs_in_a_container_and_its_blobs_outlive_it(image: str, tmp_path: Path) -> None:
    def settings() -> StorageSettings:
        return StorageSettings(
            accounts={"one": KEY, "two": KEY},
            resource_ids={},
            event_grid={},
            data_folder=tmp_path / "data",
            listener=Listener.reserve(),
            authority=LocalAuthority(tmp_path / "authority"),
            store=DocumentStore(),
            azurite="container",
            image=image,
        )

    first = StorageService(settings())
    await first.start()
    try:
        assert first.description == f"Azurite in container {image} (forced by the setting)"
        client = BlobServiceClient.from_connection_string(first.connection_string("two"))
        container = await asyncio.to_thread(client.create_container, "box")
        await asyncio.to_thread(container.upload_blob, "a b", b"content")
    finally:
        await first.stop()

    second = StorageService(settings())
    await second.start()
    try:
        client = BlobServiceClient.from_connection_string(second.connection_string("two"))
        blob = client.get_blob_client("box", "a b")
        assert await asyncio.to_thread(lambda: blob.download_blob().readall()) == b"content"
    finally:
        await second.stop()


async def test_no_container_is_left_behind(image: str) -> None:
    import docker

    engine = docker.from_env()
    left = await asyncio.to_thread(engine.containers.list, all=True, filters={"ancestor": image})
    engine.close()
    assert left == []
