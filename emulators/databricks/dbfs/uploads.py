"""Uploads in blocks: handles of files that are being written. A file appears when its handle is closed, whole."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from emulators.databricks.dbfs.dbfs import Dbfs, normal
from emulators.databricks.errors import MaxBlockSizeExceeded, ResourceDoesNotExist
from emulators.databricks.sequence import Sequence

MAX_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class _Upload:
    path: str
    overwrite: bool
    content: Path
    cleanup: contextlib.ExitStack


class Uploads:
    """Open handles. They do not outlive the process, as on Databricks they do not outlive some minutes."""

    def __init__(self, dbfs: Dbfs, ids: Sequence) -> None:
        self._dbfs = dbfs
        self._ids = ids
        self._open: dict[int, _Upload] = {}

    async def create(self, path: str, *, overwrite: bool) -> int:
        """A handle for a new file. Raises ResourceAlreadyExists."""
        await self._dbfs.require_writable(path, overwrite=overwrite)
        cleanup = contextlib.ExitStack()
        content = cleanup.enter_context(self._dbfs.staged())
        handle = self._ids.next()
        self._open[handle] = _Upload(normal(path), overwrite, content, cleanup)
        return handle

    def add_block(self, handle: int, block: bytes) -> None:
        """Append a block of at most 1 MB. Raises ResourceDoesNotExist, MaxBlockSizeExceeded."""
        if len(block) > MAX_BLOCK:
            raise MaxBlockSizeExceeded(f"The block has {len(block)} bytes; at most {MAX_BLOCK} are taken.")
        with self._upload(handle).content.open("ab") as file:
            file.write(block)

    async def close(self, handle: int) -> None:
        """Put the file in place. Raises ResourceDoesNotExist."""
        upload = self._upload(handle)
        del self._open[handle]
        with upload.cleanup:
            await self._dbfs.write(upload.path, upload.content, overwrite=upload.overwrite)

    def abandon_all(self) -> None:
        """Remove what was never closed."""
        for upload in self._open.values():
            upload.cleanup.close()
        self._open.clear()

    def _upload(self, handle: int) -> _Upload:
        if (upload := self._open.get(handle)) is None:
            raise ResourceDoesNotExist(f"No handle exists for {handle}: it was never opened, or is closed.")
        return upload
