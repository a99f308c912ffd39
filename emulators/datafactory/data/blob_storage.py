"""Files in Azure Blob storage, through the unmodified azure-storage-blob: ranges in, blocks out.

A file that is read is pinned by the etag of its listing: content that changes under a copy is an error and never a
mixture. What is written becomes visible with the last call, the list of blocks, and never before.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobPrefix, BlobProperties, BlobServiceClient, ContainerClient

from emulators.datafactory.data.blob_errors import as_data_errors
from emulators.datafactory.data.blob_writer import BlobWriter
from emulators.datafactory.data.errors import InconsistentFile, MissingFile, Side
from emulators.datafactory.data.store import Children, File, WriteOptions

HEADERS = ("content_type", "content_language", "content_encoding", "content_disposition", "cache_control")
"""What a blob says of its content, in the client's names: the system properties that can be preserved (documented)."""


class BlobStorage:
    """One storage account, seen as the source or the sink of a copy."""

    def __init__(self, client: BlobServiceClient, side: Side = "Source") -> None:
        self.side = side
        self._client = client

    def place(self, container: str) -> str:
        # a shared access signature stands in the query, and must not be told
        return f"{str(self._client.url).partition('?')[0].rstrip('/')}/{container}"

    def find(self, container: str, path: str) -> File | None:
        with self._told(container, path):
            try:
                properties = self._client.get_blob_client(container, path).get_blob_properties()
            except ResourceNotFoundError as error:
                self._require_absence(error)
                return None
            return None if _is_folder(properties.metadata) else _file(container, properties)

    def list(self, container: str, prefix: str) -> Iterator[File]:
        with self._told(container, prefix):
            try:
                for found in self._container(container).list_blobs(prefix or None, include=["metadata"]):
                    if not _is_folder(found.metadata):
                        yield _file(container, found)
            except ResourceNotFoundError as error:
                self._require_absence(error)

    def children(self, container: str, folder: str) -> Children | None:
        prefix = f"{folder}/" if folder else ""
        folders: list[str] = []
        files: list[File] = []
        exists = False
        with self._told(container, folder):
            try:
                for found in self._container(container).walk_blobs(prefix or None, include=["metadata"]):
                    exists = True
                    if isinstance(found, BlobPrefix):
                        folders.append(found.name.rstrip("/").rpartition("/")[2])
                    elif not _is_folder(found.metadata):
                        files.append(_file(container, found))
            except ResourceNotFoundError as error:
                self._require_absence(error)
                return None
            if not exists and folder and not self._is_folder_blob(container, folder):
                return None
        return Children(tuple(folders), tuple(files))

    def container(self, container: str) -> File | None:
        with self._told(container, ""):
            try:
                properties = self._container(container).get_container_properties()
            except ResourceNotFoundError as error:
                self._require_absence(error)
                return None
            return File(container, "", modified=properties.last_modified, etag=properties.etag)

    def read(self, file: File, offset: int, length: int) -> bytes:
        pinned: dict[str, Any] = {}
        if file.etag:
            pinned = {"etag": file.etag, "match_condition": MatchConditions.IfNotModified}
        with self._told(file.container, file.path):
            blob = self._client.get_blob_client(file.container, file.path)
            try:
                # as it is stored: the client would take off what `content_encoding` names
                content: bytes = blob.download_blob(offset, length, decompress=False, **pinned).readall()
            except ResourceModifiedError as error:
                if self.find(file.container, file.path) is None:  # Azurite says the same of a blob that is gone
                    raise MissingFile(self.place(file.container), file.path, self.side) from error
                raise InconsistentFile.changed(file.path, self.side) from error
            return content

    def pieces(self, file: File, size: int) -> Iterator[bytes]:
        return (self.read(file, offset, min(size, file.size - offset)) for offset in range(0, file.size, size))

    def writer(self, container: str, path: str, options: WriteOptions) -> BlobWriter:
        return BlobWriter(self.place(container), self._client, container, path, options)

    def delete(self, file: File) -> None:
        with self._told(file.container, file.path), suppress(ResourceNotFoundError):
            self._client.get_blob_client(file.container, file.path).delete_blob(delete_snapshots="include")

    def delete_folder(self, container: str, folder: str) -> None:
        """Delete the blobs that stand for a folder and those in it, where the account's tools keep such."""
        with self._told(container, folder):
            found = self._container(container).list_blobs(folder, include=["metadata"])
            marks = [blob.name for blob in found if _is_folder(blob.metadata)]
        for name in sorted(marks, reverse=True):  # the deepest first
            if name == folder or name.startswith(f"{folder}/"):
                self.delete(File(container, name))

    def _is_folder_blob(self, container: str, folder: str) -> bool:
        with suppress(ResourceNotFoundError):
            return _is_folder(self._client.get_blob_client(container, folder).get_blob_properties().metadata)
        return False

    def _require_absence(self, error: ResourceNotFoundError) -> None:
        """Raise the answer again unless it means that nothing is there."""
        if not self._is_absence(error):
            raise error

    def _is_absence(self, error: ResourceNotFoundError) -> bool:
        return True

    def _container(self, name: str) -> ContainerClient:
        return self._client.get_container_client(name)

    def _told(self, container: str, path: str) -> Any:
        return as_data_errors(self.place(container), path, self.side)


def _file(container: str, properties: BlobProperties) -> File:
    settings = properties.content_settings
    md5 = settings.content_md5 if settings else None
    return File(
        container,
        str(properties.name),
        size=int(properties.size or 0),
        modified=properties.last_modified,
        etag=properties.etag,
        md5=bytes(md5) if md5 else None,
        metadata=dict(properties.metadata or {}),
        headers={name: value for name in HEADERS if (value := getattr(settings, name, None))},
    )


def _is_folder(metadata: Mapping[str, str] | None) -> bool:
    """Hadoop's drivers and accounts with hierarchical namespaces keep empty blobs that stand for folders."""
    return any(key.lower() == "hdi_isfolder" and value == "true" for key, value in (metadata or {}).items())
