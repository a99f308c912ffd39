"""Avro, read and written."""

import io
import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats import avro
from emulators.datafactory.data.interim_types import interim_type_of

MOMENT = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def file(fields: dict, *rows: dict, codec: str = "null", block: int = 16_000) -> bytes:
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    content = io.BytesIO()
    fastavro.writer(content, schema, rows, codec=codec, sync_interval=block)
    return content.getvalue()


def named_codec(content: bytes, codec: str) -> bytes:
    """A file of the codec `null` whose header claims another: nothing here can write snappy, as nothing reads it."""
    plain, claimed = (b"\x14avro.codec" + bytes([2 * len(name)]) + name for name in (b"null", codec.encode()))
    assert content.count(plain) == 1
    return content.replace(plain, claimed)


def logical(carrier: str, kind: str, **more) -> dict:
    return {"type": carrier, "logicalType": kind, **more}


def table(content: bytes):
    return avro.read(io.BytesIO(content), "f.avro", {}, {}, None)


def rows(content: bytes) -> list[dict]:
    return [row for batch in table(content).batches for row in batch.to_pylist()]


def written(content: pa.Table, settings: dict | None = None, **properties) -> bytes:
    target = io.BytesIO()
    writer = avro.Writer(target, content.schema, properties, settings or {})
    for batch in content.to_batches(max_chunksize=2):
        writer.write(batch)
    writer.close()
    return target.getvalue()


@pytest.mark.parametrize(
    ("kind", "value", "expected", "interim"),
    [
        ("boolean", True, True, "Boolean"),
        ("int", -1, -1, "Int32"),
        ("long", 2**40, 2**40, "Int64"),
        ("float", 0.5, 0.5, "Single"),
        ("double", 0.1, 0.1, "Double"),
        ("bytes", b"\x00", b"\x00", "Byte[]"),
        ("string", "ü", "ü", "String"),
        ("null", None, None, "String"),
        (["null", "int"], None, None, "Int32"),
        (["string", "null"], "x", "x", "String"),
        (logical("bytes", "decimal", precision=10, scale=2), Decimal("1.50"), Decimal("1.50"), "Decimal"),
        (logical("bytes", "decimal", precision=50, scale=0), Decimal(10**45), Decimal(10**45), "Decimal"),
        (["null", logical("int", "date")], date(2030, 1, 2), date(2030, 1, 2), "DateTime"),
        (logical("int", "time-millis"), time(1, 2, 3, 4000), time(1, 2, 3, 4000), "TimeSpan"),
        (logical("long", "time-micros"), time(1, 2, 3, 4), time(1, 2, 3, 4), "TimeSpan"),
        (
            logical("long", "timestamp-millis"),
            MOMENT,
            MOMENT.replace(microsecond=678000),
            "DateTimeOffset",
        ),
        (logical("long", "timestamp-micros"), MOMENT, MOMENT, "DateTimeOffset"),
        (
            logical("long", "local-timestamp-micros"),
            MOMENT.replace(tzinfo=None),
            MOMENT.replace(tzinfo=None),
            "DateTime",
        ),
        (logical("string", "uuid"), uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001", "String"),
        (logical("int", "colour"), 7, 7, "Int32"),
    ],
)
def test_the_types_that_columns_may_have(kind, value, expected, interim):
    content = file({"a": kind}, {"a": value})
    assert rows(content) == [{"a": expected}]
    assert interim_type_of(table(content).schema.field("a").type) == interim


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ({"type": "record", "name": "inner", "fields": []}, "record"),
        ({"type": "array", "items": "int"}, "array"),
        ({"type": "map", "values": "int"}, "map"),
        ({"type": "enum", "name": "e", "symbols": ["A"]}, "enum"),
        ({"type": "fixed", "name": "x", "size": 2}, "fixed"),
        (["int", "string"], "union of int, string"),
        (["null", {"type": "array", "items": "int"}], "array"),
    ],
)
def test_complex_types_are_refused_with_the_column(kind, shown):
    with pytest.raises(
        DataError, match=rf"column 'b' of the file 'f\.avro' has the complex Avro type {shown}"
    ) as failure:
        table(file({"a": "int", "b": kind}))
    assert failure.value.code == "AvroNotSupportedType"


def test_a_file_without_records_is_refused():
    content = io.BytesIO()
    fastavro.writer(content, "string", ["x"])
    with pytest.raises(DataError, match=r"'f\.avro' holds no records"):
        table(content.getvalue())


def test_blocks_are_read_as_they_come():
    content = file({"a": "int"}, *({"a": number} for number in range(20_000)))

    class Slow(io.BytesIO):
        def read(self, size: int = -1) -> bytes:
            nonlocal consumed
            found = super().read(size)
            consumed += len(found)
            return found

    consumed = 0
    batches = avro.read(Slow(content), "f.avro", {}, {}, None).batches
    assert next(batches).num_rows == avro.BATCH_ROWS
    assert consumed < len(content) / 2 + 17_000
    assert sum(batch.num_rows for batch in batches) == 20_000 - avro.BATCH_ROWS


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_files_that_end_too_early(codec):
    content = file({"a": "string", "b": "long"}, *({"a": "x" * 99, "b": 1} for _ in range(10)), codec=codec, block=300)
    whole = [length for length in range(len(content)) if _readable(content[:length])]
    ends = [place + 16 for place in _places(content[-16:], content)]
    assert len(ends) > 3
    assert whole == ends[:-1]  # a file that ends where a block ends is a shorter file


def _readable(content: bytes) -> bool:
    """Whether a file can be read; where not, the error names it."""
    try:
        rows(content)
    except DataError as error:
        return "'f.avro'" not in error.message
    return True


def _places(piece: bytes, content: bytes) -> list[int]:
    return [place for place in range(len(content)) if content.startswith(piece, place)]


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_damaged_files_are_told_or_read(place, damage):
    content = file(
        {"a": "string", "b": ["null", "long"]}, *({"a": f"{n}", "b": n} for n in range(200)), codec="deflate"
    )
    place %= len(content)
    with suppress(DataError):
        rows(content[:place] + damage + content[place + len(damage) :])


@pytest.mark.parametrize("content", [b"", b"Obj", b"a,b\n1,2\n", b"Obj\x01" + b"\xff" * 100])
def test_what_is_no_avro(content):
    with pytest.raises(DataError, match=r"'f\.avro' is not a valid Avro file") as failure:
        table(content)
    assert failure.value.code == "AvroInvalidFile"


def test_a_block_that_is_too_large_is_not_fetched():
    content = file({"a": "int"})
    block = b"\x02" + b"\xfe\xff\xff\xff\x7f" + b"\x00" * 100  # one record in a block of 16 GB
    with pytest.raises(DataError, match="is larger than 268435456 bytes"):
        rows(content + block)


def test_snappy_is_refused_on_both_sides():
    with pytest.raises(DataError, match=r"snappy; use deflate\. The file is 'f\.avro'"):
        table(named_codec(file({"a": "int"}, {"a": 1}), "snappy"))
    with pytest.raises(InvalidSettings, match="snappy; use deflate") as failure:
        written(pa.table({"a": [1]}), avroCompressionCodec="snappy")
    assert failure.value.side == "Sink"


def test_other_codecs_are_told():
    with pytest.raises(DataError, match="the codec 'bzip2'"):
        table(file({"a": "int"}, codec="bzip2"))
    with pytest.raises(InvalidSettings, match="'zip' is no codec of Avro"):
        written(pa.table({"a": [1]}), avroCompressionCodec="zip")


def test_what_is_written_is_read_by_others():
    columns = {
        "flag": pa.array([True, None]),
        "small": pa.array([1, None], pa.int16()),
        "whole": pa.array([2**62, None]),
        "unsigned": pa.array([2**64 - 1, None], pa.uint64()),
        "real": pa.array([0.1, None]),
        "single": pa.array([0.5, None], pa.float32()),
        "money": pa.array([Decimal("-1.50"), None]),
        "text": pa.array(["ü", None]),
        "bytes": pa.array([b"\xff", None]),
        "day": pa.array([date(1969, 1, 1), None]),
        "clock": pa.array([time(1, 2, 3), None]),
        "at": pa.array([MOMENT, None], pa.timestamp("ns", tz="Europe/Berlin")),
        "local": pa.array([MOMENT.replace(tzinfo=None), None]),
        "span": pa.array([timedelta(days=1), None]),
    }
    content = written(
        pa.table(columns), {"recordName": "Order", "recordNamespace": "shop.v1"}, avroCompressionCodec="Deflate"
    )
    reader = fastavro.reader(io.BytesIO(content))
    full, empty = list(reader)
    assert reader.codec == "deflate"
    assert reader.writer_schema["name"] == "shop.v1.Order"
    assert empty == dict.fromkeys(columns)
    assert full == {
        "flag": True,
        "small": 1,
        "whole": 2**62,
        "unsigned": Decimal(2**64 - 1),
        "real": 0.1,
        "single": 0.5,
        "money": Decimal("-1.50"),
        "text": "ü",
        "bytes": b"\xff",
        "day": date(1969, 1, 1),
        "clock": time(1, 2, 3),
        "at": MOMENT,
        "local": MOMENT.replace(tzinfo=None),
        "span": "1.00:00:00",
    }
    assert rows(content)[0]["at"] == MOMENT


def test_nothing_is_compressed_by_default_and_a_file_may_be_without_rows():
    content = written(pa.table({"a": pa.array([], pa.int32())}))
    reader = fastavro.reader(io.BytesIO(content))
    assert (reader.codec, reader.writer_schema["name"], list(reader)) == ("null", "topLevelRecord", [])
    assert table(content).schema.names == ["a"]


@pytest.mark.parametrize("column", ["my id", "größe", "1st", "a-b", ""])
def test_names_that_avro_has_not(column):
    with pytest.raises(DataError, match=f"column name '{column}' is no name in Avro") as failure:
        written(pa.table({column: [1]}))
    assert (failure.value.code, failure.value.side) == ("AvroInvalidColumnName", "Sink")


@pytest.mark.parametrize(("setting", "value"), [("recordName", "a b"), ("recordNamespace", "a..b")])
def test_names_of_records_that_avro_has_not(setting, value):
    with pytest.raises(InvalidSettings, match=rf"'{setting}' is no name in Avro: '{value}'"):
        written(pa.table({"a": [1]}), {setting: value})


def test_a_tree_cannot_be_written():
    with pytest.raises(DataError, match=r"column 'a' of type list.* cannot be written as Avro"):
        written(pa.table({"a": [[1]]}))
