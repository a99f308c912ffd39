"""What every part of DBFS can do, whether it is a folder on disk or a container: the port behind the DBFS API.

Paths are relative to the area, without leading slash; `""` is its root. The methods block and are called in threads.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """A file or folder. `size` is in bytes (0 for a folder), `modified` epoch milliseconds."""

    path: str
    is_dir: bool
    size: int
    modified: int


class Area(Protocol):
    """One part of DBFS. What is missing raises ResourceDoesNotExist, what storage refuses raises IoError."""

    def status(self, path: str) -> Entry | None:
        """The entry at a path, None when nothing is there."""
        ...

    def children(self, path: str) -> list[Entry]:
        """What lies directly in a folder, by name."""
        ...

    def read(self, path: str, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer at the end of the file."""
        ...

    def write(self, path: str, content: Path) -> None:
        """Create or replace a file with the bytes of a local file, which may be moved away. Never half written."""
        ...

    def make_directories(self, path: str) -> None:
        """Make a folder and all above it."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        ...
