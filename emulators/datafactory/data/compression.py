"""Codecs around files that are read or written from beginning to end: gzip, bzip2 and deflate, and which of them, or
of the archives, a dataset names.
"""

import bz2
import gzip
import zlib
from collections.abc import Mapping
from typing import Any

from emulators.datafactory.data.archives import TAR, TAR_GZIP, ZIP
from emulators.datafactory.data.errors import DataError, InvalidSettings, Side
from emulators.datafactory.data.guarded import Guarded
from emulators.datafactory.data.settings import Settings, section, text
from emulators.datafactory.data.store import Target

SUFFIX: Mapping[str, str] = {
    "gzip": ".gz",
    "bzip2": ".bz2",
    "deflate": ".deflate",
    ZIP: ".zip",
    TAR: ".tar",
    TAR_GZIP: ".tar.gz",
}
"""What is put after the name of a file whose name is not given (assumed, except that it is the codec's: documented of
the legacy datasets).
"""

_FLOWS_ONLY = frozenset({"snappy", "lz4"})
"""Codecs that mapping data flows have and the Copy activity has not (documented)."""

_PIECE = 1 << 20
_RAW = -zlib.MAX_WBITS
"""Deflate as .NET writes it: without a header."""

_DAMAGED = (OSError, EOFError, zlib.error, ValueError)


def codec_of(kind: str, properties: Settings, side: Side) -> str:
    """The codec or kind of archive around a dataset's files in lower case, "" for none; raises InvalidSettings for
    one that a copy does not have.

    Parquet, Orc and Avro name codecs of their own inside of the file; those are not meant here.
    """
    if kind not in {"Binary", "DelimitedText", "Json", "Excel", "Xml"}:
        return ""
    codec = text(properties, "compressionCodec") if kind == "DelimitedText" else ""
    written = codec or text(section(properties, "compression"), "type")
    codec = written.lower()
    if codec in {"", "none"}:
        return ""
    if codec in _FLOWS_ONLY:
        raise InvalidSettings(
            f"The compression '{written}' is not supported by the Copy activity, only by mapping data flows "
            f"(documented). It has {', '.join(sorted(SUFFIX))}.",
            side,
        )
    if codec not in SUFFIX:
        raise InvalidSettings(f"'{written}' is no compression; there are {', '.join(sorted(SUFFIX))}.", side)
    return codec


def expanded(stream: Any, codec: str) -> Any:
    """The stream's content without the codec around it; damaged content is a DataError when it is read."""
    if not codec:
        return stream
    plain: Any = gzip.GzipFile(fileobj=stream, mode="rb") if codec == "gzip" else _Inflated(stream)
    return Guarded(bz2.BZ2File(stream) if codec == "bzip2" else plain, _DAMAGED, _damaged)


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

    def abandon(self) -> None:
        """Nothing is held outside of memory."""


def _damaged(error: Exception) -> DataError:
    """The code is assumed."""
    return DataError("UserErrorInvalidCompressedData", f"The compressed content is damaged: {error}")


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
