"""What ends the rows of delimited text, for a parser that knows UTF-8 and line ends only.

Where another character ends rows, it changes places with the line feed before the parser sees the text, and back in
what the parser found; so line ends are content then, and quotes hold both together.
"""

import codecs
import io
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.formats.dialect import Dialect


def utf8(stream: Any, dialect: Dialect) -> Any:
    """The stream as the parser wants it."""
    as_it_is = dialect.encoding in {"utf-8", "utf-8-sig"} and not dialect.row_end
    return stream if as_it_is else _Utf8(stream, dialect)


_RETURN, _FEED = "\ufdd0", "\ufdd1"
"""Characters that no text has (Unicode keeps them for such uses): they stand for carriage returns, and for line feeds
for a moment."""


def swap(dialect: Dialect) -> dict[int, str]:
    """For `str.translate`: what the parser sees instead of the row's end and of line ends."""
    end = dialect.row_end
    return {ord(end): "\n", ord("\n"): end, ord("\r"): _RETURN} if end else {}


def restored(column: pa.Array, dialect: Dialect) -> pa.Array:
    """The column with the characters back in their places."""
    end = dialect.row_end
    for seen, meant in ((end, _FEED), ("\n", end), (_FEED, "\n"), (_RETURN, "\r")) if end else ():
        column = pc.replace_substring(column, seen, meant)
    return column


class _Utf8(io.RawIOBase):
    """Another encoding's bytes as UTF-8, with line feeds where rows end."""

    def __init__(self, stream: BinaryIO, dialect: Dialect) -> None:
        super().__init__()
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(dialect.encoding)()
        self._encoding = dialect.encoding
        self._swap = swap(dialect)
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._stream.read(1 << 20)
            try:
                self._ready = self._decoder.decode(piece, final=not piece).translate(self._swap).encode()
            except UnicodeDecodeError as error:
                message = f"Bad data is found: {error.reason} for the encoding {self._encoding}."
                raise DataError("DelimitedTextBadDataDetected", message) from error
            if not piece:
                break
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size
