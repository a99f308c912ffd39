"""Files in Azure Blob storage, through the unmodified azure-storage-blob: ranges in, blocks out.

A file that is read is pinned by the etag of its listing: content that changes under a copy is an error and never a
mixture. What is written becomes visible with the last call, the list of blocks, and never before.
"""

import base64
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobBlock,
    BlobPrefix,
    BlobProperties,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
)

from emulators.datafactory.data.errors import (
    DataError,
    ForbiddenFile,
    InconsistentFile,
    InvalidFileName,
    MissingFile,
    Side,
)
from emulators.datafactory.data.store import Children, File, WriteOptions

MOST_BLOCKS = 50_000
"""Blocks that one blob can have (documented)."""

HEADERS = ("content_type", "content_language", "content_encoding", "content_disposition", "cache_control")
"""What a blob says of its content, in the client's names: the system properties that can be preserved (documented)."""

_BAD_NAMES = frozenset({"InvalidUri", "InvalidResourceName"})


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

    def writer(self, container: str, path: str, options: WriteOptions) -> "BlobWriter":
        return BlobWriter(self, self._client, container, path, options)

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
        return _as_data_errors(self.place(container), path, self.side)


class BlobWriter:
    """A blob in the making. Content of one block goes up in one request, more of it block by block, while the next
    block is being made: two blocks are in memory at most.
    """

    def __init__(
        self, storage: BlobStorage, client: BlobServiceClient, container: str, path: str, options: WriteOptions
    ) -> None:
        self.written = 0
        self._storage = storage
        self._client = client
        self._container = container
        self._path = path
        self._options = options
        self._blob = client.get_blob_client(container, path)
        self._buffer = bytearray()
        self._blocks: list[str] = []
        self._run = uuid.uuid4().hex
        self._sender: ThreadPoolExecutor | None = None
        self._on_its_way: Future[None] | None = None

    def write(self, content: bytes, /) -> int:
        size = len(content)
        self.written += size
        self._buffer += content
        while len(self._buffer) > self._options.block_size:
            self._send_behind(bytes(self._buffer[: self._options.block_size]))
            del self._buffer[: self._options.block_size]
        return size

    def reserve(self) -> str:
        """The next place in the order of blocks; blocks may be staged in any order, from several threads."""
        if len(self._blocks) >= MOST_BLOCKS:
            raise DataError(
                "AzureBlobOperationFailed", f"'{self._path}' would have more than {MOST_BLOCKS} blocks.", "Sink"
            )
        identifier = base64.b64encode(f"{self._run}{len(self._blocks):06d}".encode()).decode()
        self._blocks.append(identifier)
        return identifier

    def stage(self, identifier: str, content: bytes) -> None:
        """Send one block."""
        with _as_data_errors(self._storage.place(self._container), self._path, self._options.side):
            self._in_container(lambda: self._blob.stage_block(identifier, content, length=len(content)))

    def _send_behind(self, content: bytes) -> None:
        if self._sender is None:
            self._sender = ThreadPoolExecutor(1, "write behind")
        self._arrived()
        self._on_its_way = self._sender.submit(self.stage, self.reserve(), content)

    def _arrived(self) -> None:
        """Wait for the block on its way; raises what sending it raised."""
        sent, self._on_its_way = self._on_its_way, None
        if sent is not None:
            sent.result()

    def flush(self) -> None:
        """Make what is written so far visible, and go on; for logs. Each time takes one of the blocks there can be."""
        self._arrived()
        if len(self._blocks) < MOST_BLOCKS // 2:
            self._commit_blocks(self._settings(None))

    def commit(self, md5: bytes | None = None) -> None:
        self._arrived()
        self._end_sender()
        settings = self._settings(md5)
        if self._blocks:
            self._commit_blocks(settings)
            return
        content = bytes(self._buffer)
        with _as_data_errors(self._storage.place(self._container), self._path, self._options.side):
            self._in_container(lambda: self._blob.upload_blob(content, overwrite=True, **settings))
        self._buffer.clear()

    def _commit_blocks(self, settings: dict[str, Any]) -> None:
        if self._buffer:
            self.stage(self.reserve(), bytes(self._buffer))
            self._buffer.clear()
        with _as_data_errors(self._storage.place(self._container), self._path, self._options.side):
            self._blob.commit_block_list([BlobBlock(block) for block in self._blocks], **settings)

    def _settings(self, md5: bytes | None) -> dict[str, Any]:
        """What the blob carries besides its content."""
        headers = ContentSettings(**self._options.headers, content_md5=bytearray(md5) if md5 else None)
        return {"metadata": dict(self._options.metadata) or None, "content_settings": headers}

    def abandon(self) -> None:
        """Blocks without a list are dropped by the service after a week (documented); nothing else was sent."""
        self._end_sender()
        self._buffer.clear()

    def _end_sender(self) -> None:
        if self._sender is not None:
            self._sender.shutdown(wait=True, cancel_futures=True)
            self._sender = None

    def _in_container(self, send: Any) -> None:
        """Send; a container that does not exist is made, as the sink of a copy does (observed by many)."""
        try:
            send()
        except ResourceNotFoundError as error:
            if getattr(error, "error_code", "") != "ContainerNotFound":
                raise
            with suppress(ResourceExistsError):
                self._client.create_container(self._container)
            send()


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


@contextmanager
def _as_data_errors(place: str, path: str, side: Side) -> Iterator[None]:
    """The service's refusals with Data Factory's codes (documented: AzureBlobOperationFailed; the details follow)."""
    try:
        yield
    except ResourceNotFoundError as error:
        raise MissingFile(place, path, side) from error
    except HttpResponseError as error:
        code = getattr(error, "error_code", None)
        detail = f"{error.status_code} {code or error.reason}"
        kind = ForbiddenFile if error.status_code == HTTPStatus.FORBIDDEN else DataError
        raise (InvalidFileName if code in _BAD_NAMES else kind)(
            "AzureBlobOperationFailed",
            f"Blob operation Failed. ContainerName: {place}, path: {path}. The service answered {detail}.",
            side,
        ) from error
    except AzureError as error:
        raise DataError(
            "AzureBlobOperationFailed",
            f"Blob operation Failed. ContainerName: {place}, path: {path}. {type(error).__name__}: {error.message}",
            side,
        ) from error
