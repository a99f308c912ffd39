"""How a DelimitedText dataset writes its fields: read and checked once, used by the reader and by the writer."""

import codecs
import csv
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.settings import Settings, flag, text

LINE_ENDS = frozenset({"\n", "\r", "\r\n", "\r,\n"})


@dataclass(frozen=True)
class Dialect:
    """How a dataset writes its fields. `quote` and `escape` may be ""."""

    delimiter: str
    quote: str
    escape: str
    header: bool
    null: str
    encoding: str
    line_end: str

    @classmethod
    def read(cls, properties: Settings) -> "Dialect":
        """Read a dataset's properties; raises InvalidSettings, Unsupported."""
        delimiter = text(properties, "columnDelimiter", ",")
        quote, escape = text(properties, "quoteChar", '"'), text(properties, "escapeChar", "\\")
        if len(delimiter) != 1:
            raise InvalidSettings(f"The column delimiter must be a single character in a copy, not {delimiter!r}.")
        if len(quote) > 1 or len(escape) > 1 or (quote and not escape):
            raise InvalidSettings(f"The quote character {quote!r} and the escape character {escape!r} do not fit.")
        line_end = text(properties, "rowDelimiter", "\r\n")
        if line_end not in LINE_ENDS and len(line_end) != 1:
            raise InvalidSettings(f"The row delimiter is a single character or '\\r\\n' in a copy, not {line_end!r}.")
        if line_end in (delimiter, quote, escape):
            raise InvalidSettings(f"The row delimiter {line_end!r} has another meaning in the same dataset.")
        return cls(
            delimiter,
            quote,
            escape,
            flag(properties, "firstRowAsHeader"),
            text(properties, "nullValue"),
            _encoding(text(properties, "encodingName", "UTF-8")),
            "\r\n" if "," in line_end else line_end,
        )

    @property
    def row_end(self) -> str:
        """The character that ends rows where it is none of the usual line ends, else ""."""
        return "" if self.line_end in LINE_ENDS else self.line_end

    @property
    def doubled(self) -> bool:
        """Whether a quote in a field is written twice."""
        return self.quote != "" and self.quote == self.escape

    def for_csv(self) -> dict[str, Any]:
        """The same for the standard library's `csv.reader`."""
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "doublequote": self.doubled,
            "escapechar": None if self.doubled else self.escape or None,
        }


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise InvalidSettings(f"'{name}' is no name of an encoding.") from None
    return found
