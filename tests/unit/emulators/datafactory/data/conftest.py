"""A place of files in memory: what data movement sees of a storage account, without sockets."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from emulators.datafactory.data.store import File, WriteOptions

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)


class MemoryPlace:
    """Files by path, whatever the container."""

    side = "Source"

    def __init__(self, **files: bytes) -> None:
        self.files: dict[str, bytes] = dict(files)
        self.md5s: dict[str, bytes] = {}
        self.reads: list[tuple[int, int]] = []

    def place(self, container: str) -> str:
        return f"memory/{container}"

    def find(self, container: str, path: str) -> File | None:
        content = self.files.get(path)
        return None if content is None else self._file(container, path)

    def list(self, container: str, prefix: str) -> Iterator[File]:
        for path in sorted(self.files):
            if path.startswith(prefix):
                yield self._file(container, path)

    def read(self, file: File, offset: int, length: int) -> bytes:
        self.reads.append((offset, length))
        return self.files[file.path][offset : offset + length]

    def pieces(self, file: File, size: int) -> Iterator[bytes]:
        return (self.read(file, offset, size) for offset in range(0, file.size, size))

    def writer(self, container: str, path: str, options: WriteOptions) -> "MemoryWriter":
        return MemoryWriter(self, path)

    def delete(self, file: File) -> None:
        self.files.pop(file.path, None)

    def _file(self, container: str, path: str) -> File:
        return File(container, path, len(self.files[path]), MOMENT, md5=self.md5s.get(path))


class MemoryWriter:
    def __init__(self, place: MemoryPlace, path: str) -> None:
        self.written = 0
        self._place = place
        self._path = path
        self._content = b""
        self._blocks: dict[int, bytes] = {}

    def write(self, content: bytes, /) -> int:
        self._content += content
        self.written += len(content)
        return len(content)

    def reserve(self) -> int:
        self._blocks[len(self._blocks)] = b""
        return len(self._blocks) - 1

    def stage(self, identifier: int, content: bytes) -> None:
        self._blocks[identifier] = content

    def flush(self) -> None:
        self._place.files[self._path] = self._content

    def commit(self, md5: bytes | None = None) -> None:
        self._place.files[self._path] = self._content + b"".join(self._blocks.values())
        if md5 is not None:
            self._place.md5s[self._path] = md5

    def abandon(self) -> None:
        self._content = b""


@pytest.fixture
def place() -> MemoryPlace:
    return MemoryPlace()


@pytest.fixture
def other_place() -> MemoryPlace:
    return MemoryPlace()
