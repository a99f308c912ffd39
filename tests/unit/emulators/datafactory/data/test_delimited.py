"""Delimited text, read and written."""

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats import delimited, delimited_writing
from emulators.datafactory.data.table import Rejected

HEADER = {"firstRowAsHeader": True}


def rows(content: bytes | str, rejected: list[Rejected] | None = None, *, skip: int = 0, **properties) -> list[tuple]:
    data = content.encode() if isinstance(content, str) else content
    reject = (lambda row: rejected.append(row)) if rejected is not None else _raise
    table = delimited.read(io.BytesIO(data), "f.csv", properties, {"skipLineCount": skip}, reject)
    return [tuple(row.values()) for batch in table.batches for row in batch.to_pylist()]


def names(content: bytes | str, **properties) -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    return delimited.read(io.BytesIO(data), "f.csv", properties, {}, _raise).schema.names


def _raise(row: Rejected) -> None:
    raise DataError(row.code, row.message)


def written(*columns: list, names: str = "abc", settings: dict | None = None, **properties) -> bytes:
    target = io.BytesIO()
    batch = pa.record_batch([pa.array(column) for column in columns], names=list(names[: len(columns)]))
    writer = delimited_writing.Writer(target, batch.schema, properties, settings or {})
    writer.write(batch)
    writer.close()
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "properties", "expected"),
    [
        ("1,2\r\n3,4", {}, [("1", "2"), ("3", "4")]),
        ("1\t'a\tb'\r3\t", {"columnDelimiter": "\t", "quoteChar": "'"}, [("1", "a\tb"), ("3", None)]),
        ('"a\\"b",2\n', {}, [('a"b', "2")]),
        ('"a""b",2\n', {"escapeChar": '"'}, [('a"b', "2")]),
        ('"a\nb",2\n', {}, [("a\nb", "2")]),
        ('a"b\\,c,2\n', {"quoteChar": ""}, [('a"b,c', "2")]),
        ("NULL,2\n", {"nullValue": "NULL"}, [(None, "2")]),
        ('"",2\n', {}, [("", "2")]),
        ("\ufeffü,2\n", {}, [("ü", "2")]),
        ("1,2\n\n\n3,4\n", {}, [("1", "2"), ("3", "4")]),
    ],
)
def test_the_dialects(content, properties, expected):
    assert rows(content, **properties) == expected


def test_other_encodings():
    assert rows("größe\r\nß\r\n".encode("utf-16"), encodingName="UTF-16", **HEADER) == [("ß",)]
    assert rows("ö,ä\n".encode("latin-1"), encodingName="ISO-8859-1") == [("ö", "ä")]
    with pytest.raises(InvalidSettings, match="'EBCDIC-X' is no name"):
        rows("a", encodingName="EBCDIC-X")


def test_columns_without_a_header_are_numbered():
    assert names("1,2,3\n") == ["Prop_0", "Prop_1", "Prop_2"]
    assert names("a,b\n1,2\n", **HEADER) == ["a", "b"]
    assert names('\ufeff"größe, ß", "b"\n1,2\n', **HEADER) == ["größe, ß", ' "b"']
    assert rows('\ufeff"größe, ß", "b"\n01,2\n', **HEADER) == [("01", "2")]
    assert rows('"a\nb",c\n01,2\n', **HEADER) == [("01", "2")]


def test_only_lines_with_something_in_them_count_as_skipped():
    assert rows("\r\ncomment\r\n\r\nmore\r\na,b\r\n1,2\r\n", skip=2, **HEADER) == [("1", "2")]


def test_ragged_rows_keep_their_places():
    rejected: list[Rejected] = []
    found = rows("a,b\n1\n2,x\n3\n4,x,y\n5\n6,x\n7\n", rejected, **HEADER)
    assert found == [("1", None), ("2", "x"), ("3", None), ("5", None), ("6", "x"), ("7", None)]
    assert [row.values for row in rejected] == [("4", "x", "y")]
    assert "row number 5: found more columns than expected column count 2." in rejected[0].message


@settings(max_examples=50)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=60), st.integers(40, 200))
def test_ragged_rows_keep_their_places_across_blocks(widths, block):
    content = "a,b,c\n" + "".join(",".join([str(row)] * width) + "\n" for row, width in enumerate(widths))
    expected = [str(row) for row, width in enumerate(widths) if width <= 3]
    rejected: list[Rejected] = []
    before, delimited.BLOCK = delimited.BLOCK, block
    try:
        found = [row[0] for row in rows(content, rejected, **HEADER)]
    finally:
        delimited.BLOCK = before
    assert found == expected
    assert [row.values[0] for row in rejected] == [str(row) for row, width in enumerate(widths) if width > 3]


def test_headers_that_cannot_be():
    with pytest.raises(DataError, match="column index 1 is empty"):
        names("a,,c\n", **HEADER)
    with pytest.raises(DataError, match="'a' more than once"):
        names("a,b,a\n", **HEADER)


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n"])
def test_nothing_at_all(content):
    assert rows(content, **HEADER) == []


def test_settings_that_do_not_fit_are_told():
    with pytest.raises(InvalidSettings, match="single character"):
        rows("a", columnDelimiter="||")
    with pytest.raises(InvalidSettings, match="escape character"):
        rows("a", escapeChar="")
    for delimiter in ("", "##", "\n\n"):
        with pytest.raises(InvalidSettings, match="row delimiter is a single character"):
            rows("a", rowDelimiter=delimiter)
    with pytest.raises(InvalidSettings, match="row delimiter ',' has another meaning"):
        rows("a", rowDelimiter=",")


@pytest.mark.parametrize(
    ("content", "end", "properties", "expected"),
    [
        ("1,2#3,4", "#", {}, [("1", "2"), ("3", "4")]),
        ("1,2#3,4#", "#", {}, [("1", "2"), ("3", "4")]),
        ('1,"a#b"#3,4#', "#", {}, [("1", "a#b"), ("3", "4")]),
        ("1,a\nb#3,c\rd#5,e\r\nf", "#", {}, [("1", "a\nb"), ("3", "c\rd"), ("5", "e\r\nf")]),
        ('1,"a\n#\r"#', "#", {}, [("1", "a\n#\r")]),
        ('1,"say ""#"""#', "#", {"escapeChar": '"'}, [("1", 'say "#"')]),
        ("1,ä§3,ö", "§", {}, [("1", "ä"), ("3", "ö")]),
        ("1,2|3", "|", {}, [("1", "2"), ("3", None)]),
        ("1,2\x1e3,\n", "\x1e", {"nullValue": "\n"}, [("1", "2"), ("3", None)]),
    ],
)
def test_another_character_ends_rows(content, end, properties, expected):
    assert rows(content, rowDelimiter=end, **properties) == expected


def test_another_character_ends_skipped_lines_and_headers_too():
    content = 'note#"a\n#",b#1,2#1,2,3#'.encode("utf-16")
    rejected: list[Rejected] = []
    settings = {"rowDelimiter": "#", "encodingName": "UTF-16", **HEADER}
    assert rows(content, rejected, skip=1, **settings) == [("1", "2")]
    assert rejected[0].values == ("1", "2", "3")
    assert names("a\nb,c#1,2#", rowDelimiter="#", **HEADER) == ["a\nb", "c"]


@given(
    st.lists(st.tuples(st.text('ab"#,\n\r ', min_size=1), st.text("#\n\rü")), min_size=1),
    st.sampled_from("#|§^["),
    st.integers(1, 50),
)
def test_what_is_written_with_another_end_is_read_again(pairs, end, block):
    content = written([one for one, _ in pairs], [two for _, two in pairs], escapeChar='"', rowDelimiter=end)
    assert content.decode().endswith(end)

    class Slow(io.BytesIO):
        def read(self, size: int = -1) -> bytes:
            return super().read(block)

    table = delimited.read(Slow(content), "f.csv", {"escapeChar": '"', "rowDelimiter": end}, {}, _raise)
    assert [tuple(row.values()) for batch in table.batches for row in batch.to_pylist()] == pairs


def test_fields_are_quoted_where_they_must_be():
    content = written(["x", 'say "hi"', "a,b", None, ""], [1, 2, 3, 4, 5], escapeChar='"')
    assert content.decode() == 'x,1\r\n"say ""hi""",2\r\n"a,b",3\r\n,4\r\n"",5\r\n'


def test_all_texts_can_be_quoted():
    assert written(["x", None], settings={"quoteAllText": True}, **HEADER) == b'"a"\r\n"x"\r\n\r\n'


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",\n;')), st.text("ab\"'")),
        min_size=1,
    )
)
def test_what_is_written_is_read_again(pairs):
    content = written([one for one, _ in pairs], [two for _, two in pairs], escapeChar='"')
    assert [tuple(row) for row in csv.reader(io.StringIO(content.decode(), newline=""))] == pairs
    assert rows(content, escapeChar='"') == pairs
