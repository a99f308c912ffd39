"""Json: documents one after the other or in an array, decoded as they stream in; written a line or an element each."""

import codecs
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from emulators.datafactory.data.conversion import value_text
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.store import Target

PIECE = 1 << 20
LARGEST_DOCUMENT = 256 << 20
"""Characters of one document; what is longer is most likely broken, and must not fill the memory."""

LINES, ARRAY = "setofobjects", "arrayofobjects"
_BETWEEN = " \t\r\n,"


def documents(
    stream: BinaryIO, name: str, properties: Settings, settings: Settings, beside: Any = None
) -> Iterator[Any]:
    """The documents in a file: objects in any arrangement, or the elements of one array.

    Raises DataError JsonInvalidDataFormat (documented) naming the file.
    """
    return _Documents(stream, name, text(properties, "encodingName", "UTF-8")).read()


class _Documents:
    def __init__(self, stream: BinaryIO, name: str, encoding: str) -> None:
        try:
            self._decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding.lower() == "utf-8" else encoding)()
        except LookupError:
            raise InvalidSettings(f"'{encoding}' is no name of an encoding.") from None
        self._stream = stream
        self._name = name
        self._json = json.JSONDecoder()
        self._text = ""
        self._position = 0
        self._ended = False

    def read(self) -> Iterator[Any]:
        in_array = self._next_character() == "["
        self._position += in_array
        while (character := self._next_character()) and not (in_array and character == "]"):
            if not in_array and character == "[":
                raise DataError(
                    "JsonInvalidDataMixedArrayAndObject",
                    f"Error occurred when deserializing source JSON file '{self._name}'. The JSON format doesn't allow "
                    "mixed arrays and objects.",
                )
            yield self._document()
        if in_array and not self._next_character():
            raise self._broken("the array does not end")

    def _next_character(self) -> str:
        """The next character that counts, "" at the end."""
        while True:
            while self._position < len(self._text):
                if self._text[self._position] not in _BETWEEN:
                    return self._text[self._position]
                self._position += 1
            if not self._more():
                return ""

    def _document(self) -> Any:
        wanted = PIECE
        while True:
            try:
                document, end = self._json.raw_decode(self._text, self._position)
            except json.JSONDecodeError as error:
                if len(self._text) - self._position > LARGEST_DOCUMENT:
                    raise self._broken("a document is too large") from error
                if not self._more(wanted):
                    raise self._broken(error.msg) from error
                wanted *= 2  # so that a large document is tried a few times only
                continue
            self._position = end
            return document

    def _more(self, wanted: int = PIECE) -> bool:
        """Read on; False at the end of the file."""
        if self._ended:
            return False
        content = self._stream.read(wanted)
        self._ended = not content
        try:
            self._text = self._text[self._position :] + self._decoder.decode(content, final=self._ended)
        except UnicodeDecodeError as error:
            raise self._broken(error.reason) from error
        self._position = 0
        return True

    def _broken(self, reason: str) -> DataError:
        return DataError(
            "JsonInvalidDataFormat",
            f"Error occurred when deserializing source JSON file '{self._name}'. Check if the data is in valid JSON "
            f"object format. {reason}",
        )


class Writer:
    """Writes documents by the `filePattern`: a line each (default), or one array."""

    def __init__(self, target: Target, properties: Settings, settings: Settings) -> None:
        pattern = text(settings, "filePattern", LINES).lower()
        if pattern not in (LINES, ARRAY):
            raise InvalidSettings(f"'{pattern}' is no file pattern of Json.", "Sink")
        self._array = pattern == ARRAY
        self._encoding = text(properties, "encodingName", "utf-8")
        self._target = target
        self._empty = True

    def write(self, found: list[Any]) -> None:
        """Write documents; times as ISO 8601, bytes as base64, decimals as numbers."""
        if not found:
            return
        separator = ",\r\n" if self._array else "\r\n"
        begin = ("[" if self._array else "") if self._empty else separator
        self._empty = False
        lines = separator.join(
            json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=plain) for document in found
        )
        self._target.write((begin + lines).encode(self._encoding))

    def close(self) -> None:
        if self._array:
            self._target.write(("[]" if self._empty else "]").encode(self._encoding))


def plain(value: Any) -> Any:
    """A value as JSON has it: times as ISO 8601, bytes as base64, decimals as numbers."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return moment.isoformat() + ("Z" if value.tzinfo else "")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    if hasattr(value, "as_tuple"):  # a Decimal: JSON has one kind of number
        return int(value) if value == value.to_integral_value() else float(value)
    return value_text(value)
