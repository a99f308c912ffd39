"""The part of DBFS that is a mounted container: every call goes to the blob service, with the mount's own credential.

Folders are as Hadoop's drivers make them: a prefix that blobs share, or an empty blob marked `hdi_isfolder`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobPrefix, BlobProperties, ContainerClient

from emulators.databricks.dbfs.area import Entry
from emulators.databricks.errors import IoError, NotSupported, ResourceDoesNotExist
from emulators.databricks.moments import milliseconds
from emulators.databricks.mounts.mounts import Location, Mount

_FOLDER = {"hdi_isfolder": "true"}
_T = TypeVar("_T")


class MountedArea:
    """An area (`area.Area`) in a container. `endpoints` maps an account to its blob endpoint."""

    def __init__(self, mount: Mount, endpoints: Mapping[str, str], resolve_secret: Callable[[str], str]) -> None:
        location = mount.location
        endpoint = endpoints.get(location.account)
        if endpoint is None:
            raise NotSupported(
                f"Mount {mount.mount_point} leads to the storage account '{location.account}', which is none of the "
                f"local cloud ({', '.join(sorted(endpoints)) or 'it has none'}). "
                "Add it to the storage endpoints of the settings."
            )
        self._folder = location.folder
        self._container = ContainerClient(
            endpoint,
            location.container,
            credential=_credential(mount, location, resolve_secret),
            retry_total=1,
            connection_timeout=5,
        )

    def status(self, path: str) -> Entry | None:
        name = self._name(path)
        if not name:
            return Entry(path, True, 0, 0)
        return self._ask(lambda: self._status(path, name))

    def children(self, path: str) -> list[Entry]:
        return self._ask(lambda: self._children(path))

    def read(self, path: str, offset: int, length: int) -> bytes:
        blob = self._container.get_blob_client(self._name(path))

        def read() -> bytes:
            size = blob.get_blob_properties().size
            return blob.download_blob(offset, min(length, size - offset)).readall() if offset < size else b""

        return self._ask(read)

    def write(self, path: str, content: Path) -> None:
        with content.open("rb") as stream:
            self._ask(lambda: self._container.upload_blob(self._name(path), stream, overwrite=True))

    def make_directories(self, path: str) -> None:
        name = self._name(path)
        if name:
            self._ask(lambda: self._container.upload_blob(name, b"", overwrite=True, metadata=_FOLDER))

    def delete(self, path: str) -> None:
        name = self._name(path)

        def delete() -> None:
            below = [blob.name for blob in self._container.list_blobs(name_starts_with=f"{name}/" if name else None)]
            for each in sorted(below, key=len, reverse=True):  # contents before the folders that hold them
                self._container.delete_blob(each)
            if name and self._container.get_blob_client(name).exists():
                self._container.delete_blob(name)

        self._ask(delete)

    def _status(self, path: str, name: str) -> Entry | None:
        try:
            return _entry(path, self._container.get_blob_client(name).get_blob_properties())
        except ResourceNotFoundError as error:
            if _code(error) == "ContainerNotFound":
                raise
        below = next(iter(self._container.list_blobs(name_starts_with=f"{name}/", results_per_page=1)), None)
        return None if below is None else Entry(path, True, 0, milliseconds(below.last_modified))

    def _children(self, path: str) -> list[Entry]:
        prefix = f"{name}/" if (name := self._name(path)) else ""
        found: dict[str, Entry] = {}
        for item in self._container.walk_blobs(name_starts_with=prefix, include=["metadata"], delimiter="/"):
            short = item.name.removeprefix(prefix).rstrip("/")
            if not short:
                continue
            child = f"{path}/{short}" if path else short
            if isinstance(item, BlobPrefix):
                found.setdefault(short, Entry(child, True, 0, 0))
            elif (entry := _entry(child, item)).is_dir or short not in found:
                found[short] = entry
        return [found[short] for short in sorted(found)]

    def _name(self, path: str) -> str:
        return "/".join(part for part in (self._folder, path) if part)

    def _ask(self, question: Callable[[], _T]) -> _T:
        try:
            return question()
        except ResourceNotFoundError as error:
            raise ResourceDoesNotExist(f"The storage service answered {_code(error)}: {_line(error)}") from error
        except AzureError as error:
            raise IoError(f"The storage service did not do it: {_line(error)}") from error


def _credential(
    mount: Mount, location: Location, resolve_secret: Callable[[str], str]
) -> AzureNamedKeyCredential | AzureSasCredential:
    """The account key or shared access signature among the mount's settings, in Hadoop's names. Raises NotSupported."""
    host = f"{location.account}.{location.suffix}"
    for name in (f"fs.azure.account.key.{host}", "fs.azure.account.key"):
        if name in mount.extra_configs:
            return AzureNamedKeyCredential(location.account, resolve_secret(mount.extra_configs[name]))
    sas = (
        f"fs.azure.sas.{location.container}.{host}",
        f"fs.azure.sas.fixed.token.{host}",
        "fs.azure.sas.fixed.token",
    )
    for name in sas:
        if name in mount.extra_configs:
            return AzureSasCredential(resolve_secret(mount.extra_configs[name]).lstrip("?"))
    raise NotSupported(
        f"Mount {mount.mount_point} has neither fs.azure.account.key.{host} nor "
        f"fs.azure.sas.{location.container}.{host} in its extra_configs; "
        "the DBFS API of the databricks emulator opens mounts with these only."
    )


def _entry(path: str, blob: BlobProperties) -> Entry:
    folder = (blob.metadata or {}).get("hdi_isfolder") == "true"
    return Entry(path, folder, 0 if folder else blob.size, milliseconds(blob.last_modified))


def _code(error: AzureError) -> str:
    """The storage service's own code; the client sets it on the error beside its declared attributes."""
    return str(getattr(error, "error_code", None) or "404")


def _line(error: AzureError) -> str:
    return str(error.message).splitlines()[0]
