"""Files that are packed as they are written: a codec, or an archive around one file, between a copy and its sink.

What is inside of an archive is named as the archive without its ending: `a.csv.zip` holds `a.csv`, `all.zip` holds
`all`. So a copy makes one archive per file that it would write without one: per source file, or of all of them merged
(assumed, the documentation is silent; a codec around what is written, as gzip is, is what it does describe).
"""

import posixpath
import shutil
import tarfile
import tempfile
import zipfile
from typing import IO, Any

from emulators.datafactory.data.archives import TAR, TAR_GZIP, ZIP
from emulators.datafactory.data.compression import Compressor
from emulators.datafactory.data.store import Target, Writer

_ENDINGS = {ZIP: (".zip",), TAR: (".tar",), TAR_GZIP: (".tar.gz", ".tgz", ".gz")}


def packed(writer: Writer, codec: str, level: str, path: str, size: int | None = None) -> Writer:
    """A writer of plain content behind which `writer` takes it packed; `writer` itself where there is no codec.

    `path` is that of the file that is written. `size` in bytes, where it is known, lets a tar archive go through
    without being put down on disk first.
    """
    if not codec:
        return writer
    if codec == ZIP:
        return PackedWriter(writer, _Zip(writer, level, inner_name(path, codec)))
    if codec == TAR:
        return PackedWriter(writer, _Tar(writer, inner_name(path, codec), size))
    if codec == TAR_GZIP:
        gzip = Compressor(writer, "gzip", level)
        return PackedWriter(writer, _Tar(gzip, inner_name(path, codec), size), gzip)
    return PackedWriter(writer, Compressor(writer, codec, level))


def inner_name(path: str, kind: str) -> str:
    """The name of the one file in an archive."""
    name = posixpath.basename(path)
    for ending in _ENDINGS[kind]:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)]
    return name


class PackedWriter:
    """Plain content in, packed content out. The layers are ended from the outermost to the innermost."""

    def __init__(self, writer: Writer, *layers: Any) -> None:
        self._writer = writer
        self._layers = layers

    @property
    def written(self) -> int:
        """Packed bytes so far."""
        return self._writer.written

    def write(self, content: bytes, /) -> int:
        taken: int = self._layers[0].write(content)
        return taken

    def commit(self, md5: bytes | None = None) -> None:
        """`md5` would be that of packed content."""
        for layer in self._layers:
            layer.close()
        self._writer.commit(md5)

    def abandon(self) -> None:
        for layer in self._layers:
            layer.abandon()
        self._writer.abandon()


class _Zip:
    """An archive of one file, as it streams: sizes and checksum stand behind the content."""

    def __init__(self, target: Target, level: str, name: str) -> None:
        self._target = _Forward(target)
        fast = level.lower() == "fastest"
        self._archive = zipfile.ZipFile(self._target, "w", zipfile.ZIP_DEFLATED, compresslevel=1 if fast else 6)  # type: ignore[call-overload]
        self._file = self._archive.open(name, "w", force_zip64=True)

    def write(self, content: bytes, /) -> int:
        taken: int = self._file.write(content)
        return taken

    def close(self) -> None:
        self._file.close()
        self._archive.close()

    def abandon(self) -> None:
        """The library would write the end of the archive when it is forgotten."""
        self._target.drop()
        self.close()


class _Tar:
    """An archive of one file. Its size stands in front of it: a content of unknown size waits on disk."""

    def __init__(self, target: Target, name: str, size: int | None) -> None:
        self._target = target
        self._name = name
        self._length = 0
        self._waiting: IO[bytes] | None = tempfile.TemporaryFile() if size is None else None  # noqa: SIM115 - closed with the archive
        if size is not None:
            self._begin(size)

    def write(self, content: bytes, /) -> int:
        self._length += len(content)
        return (self._waiting or self._target).write(content)

    def close(self) -> None:
        if self._waiting is not None:
            self._begin(self._length)
            self._waiting.seek(0)
            shutil.copyfileobj(self._waiting, self._target, 1 << 20)
            self._waiting.close()
        end = -self._length % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE
        self._target.write(bytes(end))

    def abandon(self) -> None:
        if self._waiting is not None:
            self._waiting.close()

    def _begin(self, size: int) -> None:
        info = tarfile.TarInfo(self._name)
        info.size = size
        self._target.write(info.tobuf(tarfile.PAX_FORMAT, "utf-8"))


class _Forward:
    """The target as the zip library wants it, until it is dropped."""

    def __init__(self, target: Target) -> None:
        self._target: Target | None = target

    def write(self, content: Any) -> int:
        if self._target is not None:
            self._target.write(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Blocks go when they are full."""

    def drop(self) -> None:
        self._target = None
