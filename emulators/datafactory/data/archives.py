"""Archives: the files inside of a ZipDeflate, Tar or TarGzip, one after the other, as streams.

A zip's table of contents stands at its end and is jumped to; tar archives are read from beginning to end. Nothing is
unpacked into memory or onto disk.
"""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from emulators.datafactory.data.errors import DataError

KINDS = frozenset({"zipdeflate", "tar", "targzip"})
"""Compression types that are archives, in lower case."""

KEEP_FOLDER = {
    "zipdeflate": "preserveZipFileNameAsFolder",
    "tar": "preserveCompressionFileNameAsFolder",
    "targzip": "preserveCompressionFileNameAsFolder",
}
"""The setting that says whether what is inside goes into a folder named as the archive (documented default: yes)."""

_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)


def entries(stream: Any, kind: str, name: str) -> Iterator[tuple[str, "Entry"]]:
    """Path and content of each file in the archive; folders and links are left out. Raises DataError naming the
    archive for a damaged one, one with a password, and paths that lead out of it.
    """
    inside = _of_zip(stream) if kind == "zipdeflate" else _of_tar(stream, "r|gz" if kind == "targzip" else "r|")
    try:
        for path, content in inside:
            yield _safe(path, name), Entry(content, name)
    except _DAMAGED as error:
        raise _damaged(name, error) from error


class Entry:
    """A file in an archive, to be read before the next one is asked for."""

    def __init__(self, content: IO[bytes], archive: str) -> None:
        self._content = content
        self._archive = archive

    def read(self, size: int) -> bytes:
        try:
            return self._content.read(size)
        except _DAMAGED as error:
            raise _damaged(self._archive, error) from error


def _of_zip(stream: Any) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                with archive.open(info) as content:
                    yield info.filename, content


def _of_tar(stream: Any, mode: Any) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, content


def _safe(path: str, archive: str) -> str:
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise DataError("UserErrorInvalidCompressedData", f"'{archive}' holds a file whose path leads out: '{path}'.")
    return "/".join(parts)


def _damaged(archive: str, error: Exception) -> DataError:
    """The code is assumed."""
    return DataError("UserErrorInvalidCompressedData", f"The archive '{archive}' cannot be read: {error}")
