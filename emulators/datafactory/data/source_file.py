"""A stored file as what a copy reads out of it: itself without the codec around it, or the files inside of an archive.

A file inside of an archive is a source file like any other. Its relative path is `<archive>/<path>`, or the path in
the archive alone where the archive's name is not to be a folder: not even the archive's own folder counts then (seen:
issue 221 of the repository Azure-DataFactory).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.data.archives import KINDS, entries, holds_several
from emulators.datafactory.data.compression import expanded
from emulators.datafactory.data.selection import Selected
from emulators.datafactory.data.store import Source
from emulators.datafactory.data.stream import FileStream


@dataclass(frozen=True)
class Content:
    """Plain content, to be read from beginning to end. `name` is what errors call it; `size` in bytes, if known."""

    selected: Selected
    relative: str
    name: str
    stream: Any
    size: int | None = None


class SourceFile:
    """A stored file being read. `unpack` is a codec, a kind of archive or ""; to be closed."""

    def __init__(self, place: Source, selected: Selected, unpack: str, *, keep_folder: bool = True) -> None:
        self.selected = selected
        self._unpack = unpack
        self._keep_folder = keep_folder
        self._stream = FileStream(place, selected.file)

    @property
    def consumed(self) -> int:
        """Stored bytes that were read so far."""
        return self._stream.consumed

    def contents(self) -> Iterator[Content]:
        """Each is to be read before the next one is asked for; damaged content is a DataError when it is read."""
        selected, path = self.selected, self.selected.file.path
        if self._unpack not in KINDS:
            size = None if self._unpack else selected.file.size
            yield Content(selected, selected.relative, path, expanded(self._stream, self._unpack), size)
            return
        for inner, stream in entries(self._stream, self._unpack, path):
            relative = f"{selected.relative}/{inner}" if self._keep_folder else inner
            yield Content(selected, relative, f"{path}/{inner}", stream)

    def close(self) -> None:
        self._stream.close()


def is_one(place: Source, selected: Selected, unpack: str) -> bool:
    """Whether a stored file has no more than one content."""
    if unpack not in KINDS:
        return True
    with FileStream(place, selected.file) as stream:
        return not holds_several(stream, unpack, selected.file.path)
