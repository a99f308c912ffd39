"""A stored file as the file object that format libraries read: seekable, a block of it in memory at a time."""

import io
from typing import Any

from emulators.datafactory.data.errors import MissingFile
from emulators.datafactory.data.store import File, Source

LARGEST_READ = 100 << 20
"""Bytes that are asked for in one request."""


class FileStream(io.RawIOBase):
    """Readable and seekable; `consumed` counts the bytes that were fetched."""

    def __init__(self, storage: Source, file: File, block_size: int = 4 << 20) -> None:
        super().__init__()
        self.consumed = 0
        self._storage = storage
        self._file = file
        self._block_size = block_size
        self._position = 0
        self._start = 0
        self._block = b""

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

    def _at(self, end: int) -> bytes:
        """Bytes from the position on, up to `end`: out of the last block fetched, or of the next."""
        if not self._start <= self._position < self._start + len(self._block):
            length = min(max(self._block_size, end - self._position), LARGEST_READ, self._file.size - self._position)
            self._block = self._storage.read(self._file, self._position, length)
            self._start = self._position
            self.consumed += len(self._block)
            if not self._block:
                raise MissingFile(self._storage.place(self._file.container), self._file.path)
        offset = self._position - self._start
        return self._block[offset : offset + end - self._position]
