"""Excel, source only: a worksheet, or a range of its cells, as a table of texts.

What a file is decides its content and not its name: a zip archive is read by openpyxl row by row, anything else by
xlrd, for which the whole file is in memory. Where a range leaves open how far it goes, the worksheet is read twice:
first to see, then to take.
"""

import shutil
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
import pyarrow as pa
import xlrd
from lxml import etree  # type: ignore[import-untyped]

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats.cells import Area, Row, cell_text
from emulators.datafactory.data.settings import Settings, flag, number, text
from emulators.datafactory.data.table import BATCH_ROWS, Rejection, Table

LARGEST_OLD_FILE = 256 << 20
"""Bytes of a file of the older kind (.xls), which is in memory as a whole."""

LARGEST_PART = 512 << 20
"""Bytes, unpacked, of what is read into memory of a newer file: all its texts, for one."""

LARGEST_FILE = 4 << 30
"""Bytes of a file, without a codec that may be around it: it is copied to this machine."""

IN_MEMORY = 16 << 20
"""Bytes up to which such a copy stays in memory."""

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The name under which an encrypted workbook lies in an OLE container."""

_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    etree.XMLSyntaxError,
    struct.error,
    xlrd.XLRDError,
    xlrd.compdoc.CompDocError,
    zipfile.BadZipFile,
    zlib.error,
)
"""Whatever the libraries say of content that is no workbook."""


@dataclass(frozen=True)
class _Sheet:
    """A worksheet whose rows can be asked for again and again."""

    name: str
    rows: Callable[[], Iterator[Row]]


def read(stream: BinaryIO, name: str, properties: Settings, settings: Settings, rejection: Rejection) -> Table:
    """The table in a file; raises DataError ExcelInvalidFile (code assumed), InvalidSettings for what is not in it."""
    area = Area.read(text(properties, "range"))
    copy = _copied(stream, name)
    try:
        table = _table(copy, area, name, properties)
    except BaseException as error:
        copy.close()
        if isinstance(error, _DAMAGED):
            raise _invalid(name, error) from error
        raise
    weakref.finalize(table.batches, copy.close)  # a table may be dropped without having been read
    return table


def _table(file: BinaryIO, area: Area, name: str, properties: Settings) -> Table:
    sheet = _chosen(_sheets(file, name), properties, name)
    found = area.within(sheet.rows())
    rows = _texts(sheet, found, text(properties, "nullValue"))
    first = next(rows, None)
    if first is None or found is None:
        return Table(pa.schema([]), _batches([], rows, pa.schema([]), name))
    header = flag(properties, "firstRowAsHeader")
    names = found.header(first, name) if header else [f"Prop_{position}" for position in range(len(first))]
    schema = pa.schema([(column, pa.string()) for column in names])
    return Table(schema, _batches([] if header else [first], rows, schema, name))


def _texts(sheet: _Sheet, area: Area | None, null: str) -> Iterator[list[str | None]]:
    for row in area.cut(sheet.rows()) if area is not None else ():
        texts = [cell_text(value) for value in row]
        yield [None if written == null else written for written in texts]


def _batches(
    begin: list[list[str | None]], rows: Iterator[list[str | None]], schema: pa.Schema, name: str
) -> Iterator[pa.RecordBatch]:
    try:
        while begin or (begin := list(islice(rows, BATCH_ROWS))):
            columns = zip(*begin, strict=True)
            yield pa.record_batch([pa.array(column, pa.string()) for column in columns], schema=schema)
            begin = []
    except _DAMAGED as error:
        raise _invalid(name, error) from error


def _copied(stream: BinaryIO, name: str) -> BinaryIO:
    """The content as a file of this machine's: Excel files are read here and there and again, and fetched once."""
    copy: Any = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when the table is dropped
    try:
        shutil.copyfileobj(_Limited(stream, name), copy)
    except BaseException:
        copy.close()
        raise
    return copy  # type: ignore[no-any-return]


class _Limited:
    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._left = LARGEST_FILE

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise DataError("ExcelInvalidFile", f"The file '{self._name}' has more than {LARGEST_FILE} bytes.")
        return content


def _sheets(stream: BinaryIO, name: str) -> list[_Sheet]:
    stream.seek(0)
    begin = stream.read(len(_OLE))
    stream.seek(0)
    if not begin:
        raise DataError("ExcelInvalidFile", f"The file '{name}' is no Excel file: it is empty.")
    return _newer(stream, name) if begin.startswith(_ZIP) else _older(stream, name)


def _newer(stream: BinaryIO, name: str) -> list[_Sheet]:
    with zipfile.ZipFile(stream) as archive:
        for part in archive.infolist():
            streamed = part.filename.startswith(("xl/worksheets/", "xl/media/"))
            if part.file_size > LARGEST_PART and not streamed:
                raise DataError(
                    "ExcelInvalidFile",
                    f"The part '{part.filename}' of the file '{name}' has more than {LARGEST_PART} bytes.",
                )
    book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what a file says of its sheets' sizes is often wrong
    return [_Sheet(sheet.title, partial(sheet.iter_rows, min_row=1, values_only=True)) for sheet in book.worksheets]


def _older(stream: BinaryIO, name: str) -> list[_Sheet]:
    content = stream.read(LARGEST_OLD_FILE + 1)
    if len(content) > LARGEST_OLD_FILE:
        raise DataError("ExcelInvalidFile", f"The file '{name}' has more than {LARGEST_OLD_FILE} bytes.")
    if content.startswith(_OLE) and _ENCRYPTED in content:
        raise _encrypted(name)
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=_Silence())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise _encrypted(name) from error
        raise
    return [_Sheet(sheet.name, partial(_old_rows, sheet, book.datemode)) for sheet in book.sheets()]


def _old_rows(sheet: Any, date_mode: int) -> Iterator[Row]:
    for row in range(sheet.nrows):
        yield [_old_value(cell, date_mode) for cell in sheet.row(row)]


def _old_value(cell: Any, date_mode: int) -> Any:
    if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return None
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code[cell.value]
    if cell.ctype == xlrd.XL_CELL_DATE:
        moment = xlrd.xldate_as_datetime(cell.value, date_mode)
        return moment.time() if cell.value < 1 else moment
    return cell.value


class _Silence:
    def write(self, line: str) -> None:
        """What the library notes of a file is no concern of the copy's."""


def _chosen(sheets: list[_Sheet], properties: Settings, file: str) -> _Sheet:
    """The worksheet by its name or its position from 0, the first by default (documented)."""
    names = ", ".join(f"'{sheet.name}'" for sheet in sheets[:50])
    name, index = text(properties, "sheetName"), number(properties, "sheetIndex")
    if name and index is not None:
        raise InvalidSettings("An Excel dataset has a 'sheetName' or a 'sheetIndex', not both.")
    if name:
        found = next((sheet for sheet in sheets if sheet.name == name), None)
        if found is None:
            raise InvalidSettings(f"The file '{file}' has no worksheet '{name}'; it has {names}.")
        return found
    if (index or 0) >= len(sheets):
        raise InvalidSettings(
            f"The file '{file}' has no worksheet with the index {index or 0}; it has, from 0, {names}."
        )
    return sheets[index or 0]


def _encrypted(name: str) -> DataError:
    return DataError("ExcelInvalidFile", f"The file '{name}' is encrypted; save it without a password.")


def _invalid(name: str, error: BaseException) -> DataError:
    reason = str(error) or type(error).__name__
    return DataError("ExcelInvalidFile", f"The file '{name}' is no Excel file that can be read: {reason}")
