"""A stored file as the file object that format libraries read: seekable, a block ahead where read in order."""

import io
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from emulators.datafactory.data.errors import MissingFile
from emulators.datafactory.data.store import File, Source

LARGEST_READ = 100 << 20
"""Bytes that are asked for in one request at most."""

SMALLEST_BLOCK, LARGEST_BLOCK = 1 << 20, 16 << 20
"""Blocks grow while a file is read in order: who wants the first row does not fetch much, who wants all of it asks
seldom."""


class FileStream(io.RawIOBase):
    """Readable and seekable; `consumed` counts the bytes that were fetched.

    Two blocks are in memory at most: the one that is being read and, once reading goes on in order, the next.
    """

    def __init__(self, storage: Source, file: File) -> None:
        super().__init__()
        self.consumed = 0
        self._storage = storage
        self._file = file
        self._block_size = SMALLEST_BLOCK
        self._position = 0
        self._start = 0
        self._block = b""
        self._ahead: tuple[int, Future[bytes]] | None = None
        self._fetcher: ThreadPoolExecutor | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = self._file.size if size is None or size < 0 else min(self._file.size, self._position + size)
        pieces = []
        while self._position < end:
            piece = self._at(end)
            pieces.append(piece)
            self._position += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def readall(self) -> bytes:
        return self.read()

    def close(self) -> None:
        if self._fetcher is not None:
            self._fetcher.shutdown(wait=True, cancel_futures=True)
            self._fetcher = None
        super().close()

    def _at(self, end: int) -> bytes:
        """Bytes from the position on, up to `end`: out of the last block fetched, or of the next."""
        if not self._start <= self._position < self._start + len(self._block):
            in_order = self._position == self._start + len(self._block)
            self._block_size = min(self._block_size * 2, LARGEST_BLOCK) if in_order else SMALLEST_BLOCK
            self._block = self._fetched(self._position, end)
            self._start = self._position
            self.consumed += len(self._block)
            if not self._block:
                raise MissingFile(self._storage.place(self._file.container), self._file.path)
            if in_order:
                self._fetch_ahead()
        offset = self._position - self._start
        return self._block[offset : offset + end - self._position]

    def _fetched(self, position: int, end: int) -> bytes:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] == position:
            return ahead[1].result()
        length = min(max(self._block_size, end - position), LARGEST_READ, self._file.size - position)
        return self._storage.read(self._file, position, length)

    def _fetch_ahead(self) -> None:
        following = self._start + len(self._block)
        length = min(self._block_size, self._file.size - following)
        if length <= 0:
            return
        if self._fetcher is None:
            self._fetcher = ThreadPoolExecutor(1, "read ahead")
        self._ahead = (following, self._fetcher.submit(self._storage.read, self._file, following, length))
