"""The part of a worksheet that an Excel dataset means, and its cells as text.

Every column is text, as in the schemas that Studio imports from Excel files (seen); how a cell's value is written is
assumed to be as everywhere in copied files: numbers without a needless fraction, times as
`yyyy-MM-dd HH:mm:ss.fffffff`, `True` and `False`. A formula counts as the value that was stored with it, an error as
what Excel shows, e.g. `#DIV/0!`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import islice
from typing import Any

from openpyxl.utils import column_index_from_string, get_column_letter

from emulators.datafactory.data.conversion import value_text
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.expressions.text import float_text

ROWS, COLUMNS = 1_048_576, 16_384
"""What a worksheet has at most."""

Row = Sequence[Any]
"""A row's values from the first column on, None for an empty cell; rows may be of different lengths."""

_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Z]{1,3})\$?([1-9]\d{0,6}))?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Area:
    """Rows and columns from 1, both ends included. A `last` of None goes as far as there is something."""

    first_row: int = 1
    first_column: int = 1
    last_row: int | None = None
    last_column: int | None = None
    anchored: bool = False
    """Whether the beginning was given, so that empty rows and columns in front are part of it."""

    @classmethod
    def read(cls, written: str) -> "Area":
        """Read a `range` ("" for the whole worksheet); raises InvalidSettings for what is none."""
        if not written:
            return cls()
        found = _RANGE.fullmatch(written.strip())
        if found is None:
            raise InvalidSettings(f"'{written}' is no range of cells; write 'A3', 'A3:A3' or 'A3:H5'.")
        column, row, last_column, last_row = found.groups()
        area = cls(
            int(row),
            column_index_from_string(column),
            int(last_row) if last_row else None,
            column_index_from_string(last_column) if last_column else None,
            anchored=True,
        )
        if max(area.first_row, area.last_row or 0) > ROWS or max(area.first_column, area.last_column or 0) > COLUMNS:
            raise InvalidSettings(
                f"The range '{written}' is larger than a worksheet, which ends with the cell XFD1048576."
            )
        if (area.last_row or ROWS) < area.first_row or (area.last_column or COLUMNS) < area.first_column:
            raise InvalidSettings(f"The range '{written}' ends before it begins.")
        return area

    def within(self, rows: Iterable[Row]) -> "Area | None":
        """The area with all its ends, once the whole worksheet has been seen; None where there is nothing in it."""
        if self.last_row is not None:
            return self
        top = left = bottom = right = 0
        for number, row in enumerate(islice(rows, ROWS), 1):
            if number < self.first_row:
                continue
            filled = [place for place in range(self.first_column, len(row) + 1) if row[place - 1] not in (None, "")]
            if filled:
                top, bottom = top or number, number
                left, right = min(left or filled[0], filled[0]), max(right, filled[-1])
        if not bottom:
            return None
        if self.anchored:
            top, left = self.first_row, self.first_column
        return Area(top, left, bottom, right, self.anchored)

    def cut(self, rows: Iterable[Row]) -> Iterator[tuple[Any, ...]]:
        """The area's rows, each of its width; only for an area that has all its ends."""
        assert self.last_row is not None  # noqa: S101 - `within` has set both
        assert self.last_column is not None  # noqa: S101
        width = self.last_column - self.first_column + 1
        missing = self.last_row - self.first_row + 1
        for row in islice(rows, self.first_row - 1, self.last_row):
            found = tuple(row[self.first_column - 1 : self.last_column])
            yield found + (None,) * (width - len(found))
            missing -= 1
        yield from [(None,) * width] * missing

    def header(self, row: Sequence[str | None], file: str) -> list[str]:
        """The names in the first row; raises DataError for one that is missing or given twice (codes assumed)."""
        names = [name or "" for name in row]
        for position, name in enumerate(names):
            if not name:
                cell = f"{get_column_letter(self.first_column + position)}{self.first_row}"
                raise DataError(
                    "ExcelColumnNameNotAllowNull",
                    f"The cell {cell} in the header row of the file '{file}' is empty. Give each column a name, or a "
                    "'range' that has only columns with names.",
                )
            if name in names[:position]:
                raise DataError(
                    "UserErrorDuplicateColumnName",
                    f"The header row of the file '{file}' has the name '{name}' more than once.",
                )
        return names


def cell_text(value: Any) -> str | None:
    """A cell's value as text, None for an empty cell."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int):  # and True and False, which .NET writes alike
        return str(value)
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return value_text(value)
