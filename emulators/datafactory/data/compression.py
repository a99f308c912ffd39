"""Codecs around files that are read or written from beginning to end: gzip, bzip2 and deflate."""

import bz2
import gzip
import io
import zlib
from collections.abc import Mapping
from typing import Any, Protocol

from emulators.datafactory.data.archives import KINDS as ARCHIVES
from emulators.datafactory.data.errors import DataError, InvalidSettings, Side, Unsupported
from emulators.datafactory.data.settings import Settings, section, text

SUFFIX: Mapping[str, str] = {"gzip": ".gz", "bzip2": ".bz2", "deflate": ".deflate"}
"""What is put after the name of a file whose name is made up."""

_NOT_BUILT = frozenset({"snappy", "lz4"})
_PIECE = 1 << 20
_RAW = -zlib.MAX_WBITS
"""Deflate as .NET writes it: without a header."""


class Target(Protocol):
    """Takes what is written."""

    def write(self, content: bytes, /) -> int: ...


def codec_of(kind: str, properties: Settings, side: Side) -> str:
    """The codec around a dataset's files, "" for none; raises Unsupported for one that is not built. Archives can
    be unpacked by binary copies.

    Parquet, Orc and Avro name codecs of their own inside of the file; those are not meant here.
    """
    if kind not in {"Binary", "DelimitedText", "Json", "Excel", "Xml"}:
        return ""
    codec = text(properties, "compressionCodec") if kind == "DelimitedText" else ""
    codec = (codec or text(section(properties, "compression"), "type")).lower()
    if codec in {"", "none"}:
        return ""
    if codec in ARCHIVES and kind == "Binary" and side == "Source":
        return codec
    if codec in _NOT_BUILT or codec in ARCHIVES:
        raise Unsupported(f"The compression '{codec}'", "its reader and writer in data/compression.py.")
    if codec not in SUFFIX:
        raise InvalidSettings(f"'{codec}' is no compression.", side)
    return codec


def expanded(stream: Any, codec: str) -> Any:
    """The stream's content without the codec around it; damaged content is a DataError when it is read."""
    if not codec:
        return stream
    if codec == "gzip":
        return _Guarded(gzip.GzipFile(fileobj=stream, mode="rb"))
    return _Guarded(bz2.BZ2File(stream) if codec == "bzip2" else _Inflated(stream))


class Compressor:
    """Puts a codec around what is written; `close` ends it and leaves the target open."""

    def __init__(self, target: Target, codec: str, level: str) -> None:
        fast = level.lower() == "fastest"
        self._target = target
        self._made: Any = (
            bz2.BZ2Compressor(1 if fast else 9)
            if codec == "bzip2"
            else zlib.compressobj(1 if fast else 6, zlib.DEFLATED, 16 + zlib.MAX_WBITS if codec == "gzip" else _RAW)
        )

    def write(self, content: bytes, /) -> int:
        self._target.write(self._made.compress(content))
        return len(content)

    def close(self) -> None:
        self._target.write(self._made.flush())


class _Guarded(io.RawIOBase):
    """Says of damaged content what the service would (code assumed)."""

    def __init__(self, plain: Any) -> None:
        super().__init__()
        self._plain = plain

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        try:
            content: bytes = self._plain.read(-1 if size is None else size)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise DataError("UserErrorInvalidCompressedData", f"The compressed content is damaged: {error}") from error
        return content

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


class _Inflated:
    """Deflate without a header."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._made = zlib.decompressobj(_RAW)

    def read(self, size: int) -> bytes:
        wanted = _PIECE if size < 0 else size
        pieces = [self._piece(wanted)]
        while size < 0 and pieces[-1]:
            pieces.append(self._piece(wanted))
        return b"".join(pieces)

    def _piece(self, wanted: int) -> bytes:
        while not self._made.eof:
            packed = self._made.unconsumed_tail or self._stream.read(_PIECE)
            content = self._made.decompress(packed, wanted)
            if content:
                return content
            if not packed:
                raise EOFError("it ends too early")
        return b""
