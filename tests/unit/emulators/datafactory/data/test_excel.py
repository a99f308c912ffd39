"""Excel, read: worksheets and ranges of both kinds of files."""

import gzip
import io
import struct
import warnings
import zipfile
from contextlib import suppress
from datetime import datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.datafactory.data.compression import expanded
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats import excel

HEADER = {"firstRowAsHeader": True}


def workbook(*sheets: tuple[str, dict]) -> bytes:
    """An .xlsx file of worksheets, each with values by the names of their cells."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, cells in sheets:
        sheet = book.create_sheet(name)
        for cell, value in cells.items():
            sheet[cell] = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read(content: bytes, codec: str = "", **properties):
    return excel.read(expanded(io.BytesIO(content), codec), "f.xlsx", properties, {}, None)


def rows(content: bytes, codec: str = "", **properties) -> list[tuple]:
    return [tuple(row.values()) for batch in read(content, codec, **properties).batches for row in batch.to_pylist()]


def old_record(kind: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack("<HH", kind, len(content)) + content


def old_workbook(*extra: bytes) -> bytes:
    """An .xls file (BIFF8 in an OLE container) with a text, numbers, a date, a boolean and an error in two rows."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    fonts = old_record(0x31, struct.pack("<HHHHHBBBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0, 1, 0), b"A")
    styles = [old_record(0xE0, struct.pack("<HHHBBBBIIH", 0, form, 0, 0x20, 0, 0, 0, 0, 0, 0)) for form in (0, 22)]
    head = old_record(0x809, begin) + b"".join(extra) + fonts + b"".join(styles)
    sheet = (
        old_record(0x809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
        + old_record(0x204, struct.pack("<HHHH", 0, 0, 0, 2), b"\0id")
        + old_record(0x203, struct.pack("<HHHd", 0, 1, 0, 1.5))
        + old_record(0x203, struct.pack("<HHHd", 0, 2, 1, 47485.5))
        + old_record(0x203, struct.pack("<HHHd", 0, 3, 1, 0.25))
        + old_record(0x203, struct.pack("<HHHd", 1, 0, 0, 7.0))
        + old_record(0x205, struct.pack("<HHHBB", 1, 1, 0, 1, 0))
        + old_record(0x205, struct.pack("<HHHBB", 1, 2, 0, 0x07, 1))
        + old_record(0x0A)
    )
    named = old_record(0x85, struct.pack("<IBBBB", len(head) + 16 + 4, 0, 0, 4, 0), b"Data")
    return ole("Workbook", head + named + old_record(0x0A) + sheet)


def ole(name: str, content: bytes) -> bytes:
    """A container with one stream."""
    content = content.ljust(4096, b"\0")
    content += b"\0" * (-len(content) % 512)
    length = len(content) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, length + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        encoded = title.encode("utf-16-le") + b"\0\0"
        begin = encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return begin + b"\0" * 36 + struct.pack("<III", start, size, 0)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, 2, len(content)) + b"\0" * 256
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 10
    )
    header += struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return header + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108) + table + folder + content


TABLE = {"B3": "id", "C3": "name", "B4": 1, "C4": "ä", "B6": 2, "C6": "ö"}


def test_a_worksheet_is_read_from_its_first_cell_with_something():
    content = workbook(("Data", TABLE))
    assert rows(content) == [("id", "name"), ("1", "ä"), (None, None), ("2", "ö")]
    assert read(content).schema.names == ["Prop_0", "Prop_1"]
    assert read(content, **HEADER).schema.names == ["id", "name"]
    assert rows(content, **HEADER) == [("1", "ä"), (None, None), ("2", "ö")]


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        ("B4", [("1", "ä"), (None, None), ("2", "ö")]),
        ("a2", [(None, None, None), (None, "id", "name"), (None, "1", "ä"), (None, None, None), (None, "2", "ö")]),
        ("B3:C4", [("id", "name"), ("1", "ä")]),
        ("$C$6:$D$7", [("ö", None), (None, None)]),
        ("C3:C3", [("name",)]),
        ("C7", []),
        ("Z100:AA100", [(None, None)]),
    ],
)
def test_a_range_says_which_cells(area, expected):
    assert rows(workbook(("Data", TABLE)), range=area) == expected


@pytest.mark.parametrize("area", ["3A", "A0", "A1:B", "Data!A1", "A3:A1", "B1:A1", "XFE1", "A1:A1048577"])
def test_ranges_that_cannot_be(area):
    with pytest.raises(InvalidSettings, match=area):
        rows(workbook(("Data", TABLE)), range=area)


def test_worksheets_by_name_and_by_position():
    content = workbook(("One", {"A1": 1}), ("Zwei ü", {"A1": 2}))
    assert rows(content) == rows(content, sheetIndex=0) == rows(content, sheetName="One") == [("1",)]
    assert rows(content, sheetIndex="1") == rows(content, sheetName="Zwei ü") == [("2",)]
    with pytest.raises(InvalidSettings, match=r"'f\.xlsx' has no worksheet 'one'; it has 'One', 'Zwei ü'"):
        rows(content, sheetName="one")
    with pytest.raises(InvalidSettings, match="no worksheet with the index 2; it has, from 0, 'One', 'Zwei ü'"):
        rows(content, sheetIndex=2)
    with pytest.raises(InvalidSettings, match="not both"):
        rows(content, sheetName="One", sheetIndex=0)
    with pytest.raises(InvalidSettings, match="'sheetIndex' must be a whole number"):
        rows(content, sheetIndex="first")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, "5"),
        (5.0, "5"),
        (0.1, "0.1"),
        (1e20, "1E+20"),
        (True, "True"),
        (datetime(2030, 1, 2, 3, 4, 5), "2030-01-02 03:04:05.0000000"),
        (datetime(2030, 1, 2), "2030-01-02 00:00:00.0000000"),
        (time(1, 2, 3), "01:02:03"),
        (timedelta(days=1, hours=2), "1.02:00:00"),
        ("#DIV/0!", "#DIV/0!"),
        (" 007 ", " 007 "),
        ("=1+1", None),  # this library stores no results with formulas
    ],
)
def test_cells_as_text(value, expected):
    assert rows(workbook(("Data", {"A1": "x", "A2": value, "A3": "x"})))[1] == (expected,)


def test_a_formula_counts_as_the_value_that_was_stored():
    content = workbook(("Data", {"A1": 40, "A2": "=A1+2"}))
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w") as target:
        for part in source.namelist():
            target.writestr(
                part,
                source.read(part)
                .replace(b"<f>A1+2</f><v/>", b"<f>A1+2</f><v>42</v>")
                .replace(b"<f>A1+2</f><v></v>", b"<f>A1+2</f><v>42</v>"),
            )
    assert rows(packed.getvalue()) == [("40",), ("42",)]


def test_the_null_value():
    content = workbook(("Data", {"A1": "NULL", "B1": "x"}))
    assert rows(content) == [("NULL", "x")]
    assert rows(content, nullValue="NULL") == [(None, "x")]


def test_headers_that_cannot_be():
    with pytest.raises(DataError, match=r"The cell C3 in the header row of the file 'f\.xlsx' is empty"):
        read(workbook(("Data", {"B3": "id", "B4": 1, "C4": 2})), **HEADER)
    with pytest.raises(DataError, match="'id' more than once"):
        read(workbook(("Data", {"B3": "id", "C3": "id"})), **HEADER)


def test_a_worksheet_without_anything():
    assert read(workbook(("Data", {})), **HEADER).schema.names == []
    assert rows(workbook(("Data", {})), **HEADER) == []
    assert read(workbook(("Data", {"A1": "id"})), **HEADER).schema.names == ["id"]


def test_what_a_file_says_of_its_size_does_not_count():
    content = workbook(("Data", {"A1": 1, "B2": 2}))
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w") as target:
        for part in source.namelist():
            target.writestr(part, source.read(part).replace(b'ref="A1:B2"', b'ref="A1"'))
    assert rows(packed.getvalue()) == [("1", None), (None, "2")]


def test_the_older_kind_of_files():
    assert rows(old_workbook()) == [
        ("id", "1.5", "2030-01-02 12:00:00.0000000", "06:00:00"),
        ("7", "True", "#DIV/0!", None),
    ]
    assert rows(old_workbook(), sheetName="Data", range="A2:B2") == [("7", "True")]
    with pytest.raises(InvalidSettings, match="it has 'Data'"):
        rows(old_workbook(), sheetName="Sheet1")


@pytest.mark.parametrize("content", [workbook(("Data", TABLE)), old_workbook()], ids=["newer", "older"])
@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_a_codec_around_the_file(content, memory, monkeypatch):
    monkeypatch.setattr(excel, "IN_MEMORY", memory)
    assert rows(gzip.compress(content), "gzip") == rows(content)
    read(gzip.compress(content), "gzip")  # dropped without having been read: nothing stays open


def test_limits(monkeypatch):
    content = workbook(("Data", TABLE))
    monkeypatch.setattr(excel, "LARGEST_PART", 1000)
    with pytest.raises(DataError, match=r"The part '.*' of the file 'f\.xlsx' has more than 1000 bytes"):
        read(content)
    monkeypatch.setattr(excel, "LARGEST_FILE", 1000)
    with pytest.raises(DataError, match=r"The file 'f\.xlsx' has more than 1000 bytes"):
        read(gzip.compress(content), "gzip")
    monkeypatch.setattr(excel, "LARGEST_FILE", 10_000)
    monkeypatch.setattr(excel, "LARGEST_OLD_FILE", 1000)
    with pytest.raises(DataError, match="has more than 1000 bytes"):
        read(old_workbook())


NO_WORKBOOKS = {
    "nothing": (b"", "it is empty"),
    "text": (b"a,b\n1,2\n", "no Excel file"),
    "no archive": (b"PK\x03\x04 and so on", "no Excel file"),
    "cut archive": (workbook(("Data", TABLE))[:-100], "no Excel file"),
    "no container": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 1000, "no Excel file"),
    "cut container": (old_workbook()[:1900], "no Excel file"),
    "encrypted": (ole("EncryptedPackage", b""), "is encrypted; save it without a password"),
    "older and encrypted": (old_workbook(old_record(0x2F, bytes(6))), "is encrypted; save it without a password"),
}


@pytest.mark.parametrize(("content", "reason"), NO_WORKBOOKS.values(), ids=NO_WORKBOOKS)
def test_what_is_no_workbook(content, reason):
    with pytest.raises(DataError, match=reason) as failure:
        rows(content)
    assert failure.value.code == "ExcelInvalidFile"
    assert "'f.xlsx'" in failure.value.message


def test_an_archive_that_is_no_workbook():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("a.txt", "x")
    with pytest.raises(DataError, match=r"'f\.xlsx' is no Excel file that can be read"):
        read(packed.getvalue())


@settings(max_examples=150)
@given(
    st.sampled_from([workbook(("Data", TABLE)), old_workbook()]), st.floats(0, 0.999), st.binary(min_size=1, max_size=9)
)
def test_damaged_files_are_told_or_read(content, part, damage):
    place = int(part * len(content))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(DataError):
            rows(content[:place] + damage + content[place + len(damage) :])
