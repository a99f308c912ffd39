"""A mount's storage seen as a folder of files: what `/dbfs/mnt/x/…` means to plain Python.

Through the Blob service, with the mount's own credentials. A file is read from a copy that is fetched again whenever
the blob's ETag has changed, and written by one upload when it is closed: nobody ever sees half a blob. Folders are what
Hadoop's drivers make of them: a common prefix, or an empty blob that is marked as a folder.
"""

import errno
import os
import posixpath
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobPrefix, BlobServiceClient, ContainerClient

from emulators.databricks.runtime.mounted_entry import MountedEntry
from emulators.databricks.runtime.unsupported import UnsupportedError
from emulators.databricks.runtime.workspace_client import Mount

_SOURCE = re.compile(r"(?:wasbs?|abfss?)://([^@/]+)@([^./]+)\.(?:blob|dfs)\.(core\.[^/]+)(?:/(.*))?$")
_FOLDER_MARK = "hdi_isfolder"
_FETCH_ATTEMPTS = 5  # a blob that keeps changing under the reader is not chased for ever


class BlobFolder:
    """The files of one mount. Names are relative to it, `""` is the mount itself. Errors are those of the os module."""

    def __init__(self, container: ContainerClient, prefix: str, cache: Path) -> None:
        self._container = container
        self._prefix = prefix
        self._cache = cache
        self._copies: dict[str, tuple[str, Path]] = {}

    def stat(self, name: str) -> MountedEntry:
        """Raises FileNotFoundError."""
        if not name:
            return MountedEntry("", is_folder=True)
        try:
            found = self._container.get_blob_client(self._prefix + name).get_blob_properties()
        except ResourceNotFoundError:
            if next(self._below(name), None) is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from None
            return MountedEntry(name, is_folder=True)
        return self._entry(found)

    def list(self, name: str) -> "list[MountedEntry]":
        """The entries directly below a folder. Raises FileNotFoundError, NotADirectoryError."""
        if not self.stat(name).is_folder:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        start = self._prefix + (name + "/" if name else "")
        found: dict[str, MountedEntry] = {}
        for item in self._container.walk_blobs(name_starts_with=start, include=["metadata"], delimiter="/"):
            entry = self._entry(item)
            if entry.name != name:
                found.setdefault(entry.name, entry)
        return [found[key] for key in sorted(found)]

    def fetch(self, name: str) -> Path:
        """A local copy of a file as it is now. Raises FileNotFoundError, IsADirectoryError."""
        for _ in range(_FETCH_ATTEMPTS):
            entry = self.stat(name)
            if entry.is_folder:
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
            known = self._copies.get(name)
            if known is not None and known[0] == entry.etag:
                return known[1]
            try:
                return self._download(name, str(entry.etag))
            except (ResourceModifiedError, ResourceNotFoundError):
                continue
        raise OSError(errno.EBUSY, "the blob keeps changing while it is read", name)

    def upload(self, source: Path, name: str, *, new: bool = False) -> None:
        """Make a local file's content the blob's, at once. `new` refuses to replace one: FileExistsError."""
        self.require_parent(name)
        blob = self._container.get_blob_client(self._prefix + name)
        with source.open("rb") as data:
            try:
                blob.upload_blob(data, length=source.stat().st_size, overwrite=not new)
            except ResourceExistsError:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name) from None
            except HttpResponseError as error:
                raise OSError(errno.EIO, f"the Blob service refused the file: {error.reason}", name) from error

    def temporary(self) -> Path:
        """A new local file for something that is to be uploaded."""
        self._cache.mkdir(parents=True, exist_ok=True)
        descriptor, path = tempfile.mkstemp(dir=self._cache)
        os.close(descriptor)
        return Path(path)

    def make_folder(self, name: str) -> None:
        """Raises FileExistsError, and FileNotFoundError without a parent folder."""
        self.require_parent(name)
        present = FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        if self._exists(name):
            raise present
        try:
            self._container.get_blob_client(self._prefix + name).upload_blob(b"", metadata={_FOLDER_MARK: "true"})
        except ResourceExistsError:  # another thread or client was quicker
            raise present from None

    def remove_file(self, name: str) -> None:
        """Raises FileNotFoundError, IsADirectoryError."""
        if self.stat(name).is_folder:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        self._container.delete_blob(self._prefix + name)

    def remove_folder(self, name: str) -> None:
        """Raises FileNotFoundError, NotADirectoryError, and OSError (ENOTEMPTY) for one that holds something."""
        if self.list(name):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), name)
        self._container.delete_blob(self._prefix + name)

    def rename(self, name: str, to: str) -> None:
        """Give a file or a folder with all it holds another name; blobs have none to change, so they are copied."""
        entry = self.stat(name)
        self.require_parent(to)
        moved = list(self._below(name)) if entry.is_folder else []
        if not entry.is_folder or entry.etag is not None:
            moved.append(self._prefix + name)
        for blob in moved:
            target = self._prefix + to + blob.removeprefix(self._prefix + name)
            source = self._container.get_blob_client(blob)
            self._container.get_blob_client(target).start_copy_from_url(source.url, requires_sync=True)
            source.delete_blob()

    def require_parent(self, name: str) -> None:
        """Raises FileNotFoundError unless the folder that `name` lies in exists, as on the real mount."""
        parent = posixpath.dirname(name)
        if parent and not self._exists(parent):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)

    def _exists(self, name: str) -> bool:
        try:
            self.stat(name)
        except FileNotFoundError:
            return False
        return True

    def _below(self, name: str) -> Iterator[str]:
        """The full names of all blobs below a folder."""
        return iter(self._container.list_blob_names(name_starts_with=f"{self._prefix}{name}/"))

    def _download(self, name: str, etag: str) -> Path:
        target = self.temporary()
        blob = self._container.get_blob_client(self._prefix + name)
        with target.open("wb") as file:
            blob.download_blob(etag=etag, match_condition=MatchConditions.IfNotModified).readinto(file)
        self._copies[name] = (etag, target)
        return target

    def _entry(self, item: Any) -> MountedEntry:
        name = item.name.removeprefix(self._prefix).rstrip("/")
        if isinstance(item, BlobPrefix):
            return MountedEntry(name, is_folder=True)
        is_folder = (item.metadata or {}).get(_FOLDER_MARK, "").lower() == "true"
        return MountedEntry(name, is_folder, 0 if is_folder else item.size, item.last_modified.timestamp(), item.etag)


def open_mount(mount: Mount, cache: Path, proxy: str | None, ca_pem: str | None) -> BlobFolder:
    """The files of a mount. Raises UnsupportedError for sources or credentials that plain Python cannot be given."""
    match = _SOURCE.match(mount.source)
    if match is None:
        raise UnsupportedError(f"/dbfs on the mount of {mount.source}", "Only wasbs:// and abfss:// sources are known.")
    container, account, zone, folder = match.groups()
    options: dict[str, Any] = {"proxies": {"https": f"http://{proxy}"}} if proxy else {}
    if ca_pem:
        options["connection_verify"] = ca_pem
    address = f"https://{account}.blob.{zone}"
    service = BlobServiceClient(address, credential=_credential(mount, container, account), **options)
    prefix = folder.strip("/") + "/" if folder and folder.strip("/") else ""
    return BlobFolder(service.get_container_client(container), prefix, cache)


def _credential(mount: Mount, container: str, account: str) -> AzureNamedKeyCredential | AzureSasCredential:
    for name, value in mount.extra_configs.items():
        if name.startswith(f"fs.azure.account.key.{account}."):
            return AzureNamedKeyCredential(account, value)
        if name.startswith((f"fs.azure.sas.{container}.{account}.", f"fs.azure.sas.fixed.token.{account}.")):
            return AzureSasCredential(value.lstrip("?"))
    raise UnsupportedError(
        f"/dbfs{mount.mount_point} without an account key or SAS among the mount's settings",
        "Read it with Spark or dbutils.fs, or mount it with a key.",
    )
