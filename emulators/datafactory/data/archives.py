"""Archives: the files inside of a ZipDeflate, Tar or TarGzip, one after the other, as streams.

A zip's table of contents stands at its end and is jumped to; tar archives are read from beginning to end. Nothing is
unpacked into memory or onto disk.
"""

import itertools
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.guarded import Guarded
from emulators.datafactory.data.settings import Settings, flag, section, text

ZIP, TAR, TAR_GZIP = "zipdeflate", "tar", "targzip"
KINDS = frozenset({ZIP, TAR, TAR_GZIP})
"""Compression types that are archives, in lower case."""

_READ_SETTINGS = {
    "zipdeflatereadsettings": (ZIP, "preserveZipFileNameAsFolder"),
    "tarreadsettings": (TAR, "preserveCompressionFileNameAsFolder"),
    "targzipreadsettings": (TAR_GZIP, "preserveCompressionFileNameAsFolder"),
}
"""`compressionProperties` by their type in lower case: the archives they are for, and the one setting in them."""

_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)


def keeps_folder(kind: str, format_settings: Settings) -> bool:
    """Whether what is inside goes into a folder named as the archive: as the `compressionProperties` for this kind of
    archive say, else yes (documented). Raises InvalidSettings for properties of an unknown type.
    """
    written = section(format_settings, "compressionProperties")
    if not written:
        return True
    found = _READ_SETTINGS.get(text(written, "type").lower())
    if found is None:
        raise InvalidSettings(
            f"'{text(written, 'type')}' is no type of 'compressionProperties'; there are ZipDeflateReadSettings, "
            "TarReadSettings and TarGZipReadSettings."
        )
    meant, setting = found
    return flag(written, setting, default=True) if kind == meant else True


def entries(stream: Any, kind: str, name: str) -> Iterator[tuple[str, Guarded]]:
    """Path and content of each file in the archive; folders and links are left out. A content is to be read before
    the next one is asked for. Raises DataError naming the archive for a damaged one, one with a password, and paths
    that lead out of it.
    """
    inside = _of_zip(stream) if kind == ZIP else _of_tar(stream, "r|gz" if kind == TAR_GZIP else "r|")
    try:
        for path, content in inside:
            yield _safe(path, name), Guarded(content, _DAMAGED, lambda error: _damaged(name, error))
    except _DAMAGED as error:
        raise _damaged(name, error) from error


def holds_several(stream: Any, kind: str, name: str) -> bool:
    """Whether there is more than one file in the archive; reads no further than that."""
    return len(list(itertools.islice(entries(stream, kind, name), 2))) > 1


def _of_zip(stream: Any) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                with archive.open(info) as content:
                    yield info.filename, content


def _of_tar(stream: Any, mode: Any) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        while (member := archive.next()) is not None:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                yield member.name, content
            archive.members.clear()  # type: ignore[attr-defined] # it remembers every one that it has passed


def _safe(path: str, archive: str) -> str:
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise DataError("UserErrorInvalidCompressedData", f"'{archive}' holds a file whose path leads out: '{path}'.")
    return "/".join(parts)


def _damaged(archive: str, error: Exception) -> DataError:
    """The code is assumed."""
    return DataError("UserErrorInvalidCompressedData", f"The archive '{archive}' cannot be read: {error}")
