"""Writing a blob, piece by piece, through the unmodified azure-storage-blob: it becomes visible with the last call."""

import base64
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobServiceClient, ContentSettings

from emulators.datafactory.data.blob_errors import as_data_errors
from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.store import WriteOptions

MOST_BLOCKS = 50_000
"""Blocks that one blob can have (documented)."""


class BlobWriter:
    """A blob in the making. Content of one block goes up in one request, more of it block by block, while the next
    block is being made: two blocks are in memory at most.
    """

    def __init__(self, place: str, client: BlobServiceClient, container: str, path: str, options: WriteOptions) -> None:
        self.written = 0
        self._place = place
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
        with as_data_errors(self._place, self._path, self._options.side):
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
        with as_data_errors(self._place, self._path, self._options.side):
            self._in_container(lambda: self._blob.upload_blob(content, overwrite=True, **settings))
        self._buffer.clear()

    def _commit_blocks(self, settings: dict[str, Any]) -> None:
        if self._buffer:
            self.stage(self.reserve(), bytes(self._buffer))
            self._buffer.clear()
        with as_data_errors(self._place, self._path, self._options.side):
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
