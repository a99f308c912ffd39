"""What a place of files can do, whichever service it is: find, list, read a range, write a stream, delete."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from emulators.datafactory.data.errors import Side


@dataclass(frozen=True)
class File:
    """A file as a listing gives it. `path` is relative to the container and has no leading slash; `size` in bytes."""

    container: str
    path: str
    size: int = 0
    modified: datetime | None = None
    etag: str | None = None
    md5: bytes | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, compare=False)
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    """`content_type`, `content_language`, `content_encoding`, `content_disposition`, `cache_control`, as far as set."""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Children:
    """What lies directly in a folder: names of folders, and files."""

    folders: tuple[str, ...]
    files: tuple[File, ...]


class Target(Protocol):
    """Takes what is written, piece by piece."""

    def write(self, content: bytes, /) -> int: ...


class Writer(Target, Protocol):
    """Takes a file's content piece by piece. Nothing is visible before `commit`; `abandon` leaves no trace."""

    @property
    def written(self) -> int:
        """Bytes taken so far."""
        ...

    def commit(self, md5: bytes | None = None) -> None:
        """Finish the file; `md5` of the whole content is kept with it where it is given."""
        ...

    def abandon(self) -> None: ...


class Source(Protocol):
    """A place that files are read from. Errors are DataErrors of `side`; a file that is gone is MissingFile."""

    side: Side

    def place(self, container: str) -> str:
        """The container's address, as error messages name it."""
        ...

    def find(self, container: str, path: str) -> File | None:
        """The file of exactly this path, None when there is none."""
        ...

    def list(self, container: str, prefix: str) -> Iterator[File]:
        """All files whose paths begin with `prefix`, in order, at any depth."""
        ...

    def read(self, file: File, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`, fewer at the end; fails when the file has changed since `file` was listed."""
        ...

    def pieces(self, file: File, size: int) -> Iterator[bytes]:
        """The whole content in pieces of at most `size` bytes."""
        ...


class Store(Source, Protocol):
    """A place that can be written too."""

    def children(self, container: str, folder: str) -> Children | None:
        """What lies directly in a folder ("" is the root), None when neither folder nor container exist."""
        ...

    def container(self, container: str) -> File | None:
        """The container itself (its path is ""), None when it does not exist."""
        ...

    def writer(self, container: str, path: str, options: "WriteOptions") -> Writer: ...

    def delete(self, file: File) -> None:
        """Delete; a file that is gone already is no error."""
        ...


@dataclass(frozen=True)
class WriteOptions:
    """`block_size` in bytes; `metadata` and `headers` (those of `File`) are set on the file."""

    block_size: int = 4 << 20
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    side: Side = "Sink"
