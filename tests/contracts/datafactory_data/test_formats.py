"""Avro, Excel and conversions by format and culture, on real blobs and in every activity that reads data sets."""

import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emulators.datafactory.activities import ActivityFailed

HEADER = {"firstRowAsHeader": True}
MOMENT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
COLUMNS = ["structure", "columnCount"]


def avro(fields: dict, *rows: dict, codec: str = "null") -> bytes:
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    content = io.BytesIO()
    fastavro.writer(content, schema, rows, codec=codec)
    return content.getvalue()


ORDERS = avro(
    {
        "id": "long",
        "name": ["null", "string"],
        "price": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
        "at": {"type": "long", "logicalType": "timestamp-micros"},
        "opens": {"type": "int", "logicalType": "time-millis"},
    },
    {"id": 1, "name": "ü", "price": Decimal("1.50"), "at": MOMENT, "opens": 3_600_000},
    {"id": 2, "name": None, "price": Decimal("-2.25"), "at": MOMENT, "opens": 0},
    codec="deflate",
)


def excel(**sheets: list[list]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


SALES = excel(Cover=[["Sales of 2030"]], Sales=[[], ["id", "day", "ok"], [1, MOMENT.replace(tzinfo=None), True], [2.5]])


class TestAvro:
    async def test_its_rows_become_text_and_text_becomes_avro(self, lake):
        lake.put("in/orders.avro", ORDERS)
        await lake.move(
            "Copy", lake.dataset("Avro", "in"), lake.dataset("DelimitedText", "out", "orders.csv", **HEADER)
        )
        assert lake.content("out/orders.csv").decode().splitlines() == [
            "id,name,price,at,opens",
            "1,ü,1.50,2030-01-02 03:04:05.0000000 +00:00,01:00:00",
            "2,,-2.25,2030-01-02 03:04:05.0000000 +00:00,00:00:00",
        ]
        source = lake.dataset("DelimitedText", "out", **HEADER)
        sink = lake.dataset("Avro", "again", avroCompressionCodec="deflate")
        output = await lake.move("Copy", source, sink, write_format={"recordName": "Order", "recordNamespace": "shop"})
        reader = fastavro.reader(io.BytesIO(lake.content("again/orders.avro")))
        assert (reader.codec, reader.writer_schema["name"]) == ("deflate", "shop.Order")
        assert [(row["id"], row["name"]) for row in reader] == [("1", "ü"), ("2", None)]
        assert (output["rowsRead"], output["rowsCopied"], output["filesWritten"]) == (2, 2, 1)

    async def test_its_types_are_those_of_parquet(self, lake):
        lake.put("a.avro", ORDERS)
        await lake.move("Copy", lake.dataset("Avro", "", "a.avro"), lake.dataset("Parquet", "", "a.parquet"))
        found = pq.read_table(io.BytesIO(lake.content("a.parquet")))
        assert found.schema.field("price").type == pa.decimal128(9, 2)
        assert found.schema.field("at").type == pa.timestamp("us", tz="UTC")
        await lake.move("Copy", lake.dataset("Parquet", "", "a.parquet"), lake.dataset("Avro", "", "b.avro"))
        assert next(fastavro.reader(io.BytesIO(lake.content("b.avro"))))["price"] == Decimal("1.50")

    async def test_a_file_is_cut_by_rows_under_the_name_of_the_source(self, lake):
        """`fileNamePrefix` is documented not to apply to sources that are files."""
        lake.put("in/a.csv", "id\n1\n2\n3\n")
        source, sink = lake.dataset("DelimitedText", "in", **HEADER), lake.dataset("Avro", "out")
        await lake.move("Copy", source, sink, write_format={"maxRowsPerFile": 2, "fileNamePrefix": "part"})
        assert lake.paths("out/") == ["out/a_00000.avro", "out/a_00001.avro"]
        assert [row["id"] for row in fastavro.reader(io.BytesIO(lake.content("out/a_00001.avro")))] == ["3"]

    async def test_what_cannot_be_written_leaves_nothing(self, lake):
        lake.put("a.csv", "my id\n1\n")
        source = lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        with pytest.raises(ActivityFailed, match=r"'Sink' side. ErrorCode=AvroInvalidColumnName.*'my id'"):
            await lake.move("Copy", source, lake.dataset("Avro", "", "a.avro"))
        with pytest.raises(ActivityFailed, match=r"'Sink' side.*neither reads nor writes Avro.*snappy"):
            await lake.move("Copy", source, lake.dataset("Avro", "", "a.avro", avroCompressionCodec="snappy"))
        assert lake.paths() == ["a.csv"]

    async def test_it_is_looked_up_and_described(self, lake):
        lake.put("a.avro", ORDERS)
        dataset = lake.dataset("Avro", "", "a.avro")
        output = await lake.run("Lookup", dataset=dataset, source={"type": "AvroSource"})
        assert output["firstRow"] == {
            "id": 1,
            "name": "ü",
            "price": 1.5,
            "at": "2030-01-02T03:04:05Z",
            "opens": "01:00:00",
        }
        output = await lake.run("Lookup", dataset=dataset, source={}, firstRowOnly=False)
        assert (output["count"], output["value"][1]["name"]) == (2, None)
        output = await lake.run("GetMetadata", dataset=dataset, fieldList=COLUMNS)
        kinds = [column["type"] for column in output["structure"]]
        assert kinds == ["Int64", "String", "Decimal", "DateTimeOffset", "TimeSpan"]
        assert output["columnCount"] == 5
        assert (await lake.run("Validation", dataset=dataset, minimumSize=10))["exists"] is True

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "AvroInvalidFile"),
            (ORDERS[:-1], "AvroInvalidFile"),
            (avro({"tags": {"type": "array", "items": "string"}}), "AvroNotSupportedType"),
            (avro({"id": "int"}, {"id": 1}).replace(b"\x08null", b"\x0csnappy"), "AvroUnsupportedCodec"),
        ],
        ids=["empty", "cut", "complex", "snappy"],
    )
    async def test_what_cannot_be_read_is_told(self, lake, content, code):
        lake.put("bad.avro", content)
        dataset = lake.dataset("Avro", "", "bad.avro")
        with pytest.raises(ActivityFailed, match=rf"'Source' side. ErrorCode={code},.*'bad\.avro'"):
            await lake.run("Lookup", dataset=dataset, source={}, firstRowOnly=False)
        with pytest.raises(ActivityFailed, match=code):
            await lake.move("Copy", dataset, lake.dataset("Json", "", "out.json"))
        assert lake.paths() == ["bad.avro"]


class TestExcel:
    async def test_a_worksheet_becomes_text_and_documents(self, lake):
        lake.put("in/sales.xlsx", SALES)
        source = lake.dataset("Excel", "in", sheetName="Sales", **HEADER)
        output = await lake.move("Copy", source, lake.dataset("DelimitedText", "out", "a.csv", **HEADER))
        assert lake.content("out/a.csv").decode().splitlines() == [
            "id,day,ok",
            "1,2030-01-02 03:04:05.0000000,True",
            "2.5,,",
        ]
        assert (output["rowsRead"], output["rowsCopied"], output["dataRead"]) == (2, 2, len(SALES))
        await lake.move("Copy", source, lake.dataset("Json", "out"))
        assert json.loads(lake.content("out/sales.json").splitlines()[0])["id"] == "1"

    async def test_its_texts_are_converted(self, lake):
        lake.put("a.xlsx", SALES)
        mappings = [
            {"source": {"name": "id"}, "sink": {"name": "Id", "type": "Double"}},
            {"source": {"name": "day"}, "sink": {"name": "Day", "type": "DateTime"}},
        ]
        await lake.move(
            "Copy",
            lake.dataset("Excel", "", "a.xlsx", sheetIndex=1, **HEADER),
            lake.dataset("Parquet", "", "a.parquet"),
            translator={"type": "TabularTranslator", "mappings": mappings, "typeConversion": True},
        )
        rows = pq.read_table(io.BytesIO(lake.content("a.parquet"))).to_pylist()
        assert rows == [{"Id": 1.0, "Day": MOMENT.replace(tzinfo=None)}, {"Id": 2.5, "Day": None}]

    async def test_a_codec_around_it(self, lake):
        lake.put("a.xlsx.gz", gzip.compress(SALES))
        dataset = lake.dataset("Excel", "", "a.xlsx.gz", compression={"type": "gzip"}, range="A1:A1")
        output = await lake.run("Lookup", dataset=dataset, source={"type": "ExcelSource"})
        assert output["firstRow"] == {"Prop_0": "Sales of 2030"}

    async def test_it_is_looked_up_and_described(self, lake):
        lake.put("a.xlsx", SALES)
        dataset = lake.dataset("Excel", "", "a.xlsx", sheetName="Sales", range="A2", **HEADER)
        output = await lake.run("Lookup", dataset=dataset, source={"type": "ExcelSource"}, firstRowOnly=False)
        assert output["value"] == [
            {"id": "1", "day": "2030-01-02 03:04:05.0000000", "ok": "True"},
            {"id": "2.5", "day": None, "ok": None},
        ]
        output = await lake.run("GetMetadata", dataset=dataset, fieldList=COLUMNS)
        assert output["structure"] == [{"name": name, "type": "String"} for name in ("id", "day", "ok")]
        assert output["columnCount"] == 3
        assert (await lake.run("Validation", dataset=dataset))["itemName"] == "a.xlsx"

    async def test_it_is_no_sink(self, lake):
        lake.put("a.csv", "id\n1\n")
        source = lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        with pytest.raises(ActivityFailed, match="Excel can be read and not written"):
            await lake.move("Copy", source, lake.dataset("Excel", "", "a.xlsx"))
        assert lake.paths() == ["a.csv"]

    async def test_what_cannot_be_read_is_told(self, lake):
        lake.put("bad.xlsx", b"id,name\n")
        lake.put("good.xlsx", SALES)
        for dataset, message in (
            (lake.dataset("Excel", "", "bad.xlsx"), r"ErrorCode=ExcelInvalidFile.*'bad\.xlsx' is no Excel file"),
            (
                lake.dataset("Excel", "", "good.xlsx", sheetName="2031"),
                "has no worksheet '2031'; it has 'Cover', 'Sales'",
            ),
            (lake.dataset("Excel", "", "good.xlsx", range="Sales"), "'Sales' is no range of cells"),
        ):
            with pytest.raises(ActivityFailed, match=message):
                await lake.run("Lookup", dataset=dataset, source={})


class TestXmlValidation:
    async def test_schemas_lie_beside_the_document(self, lake):
        schema = (
            "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='n' type='xs:int'/></xs:schema>"
        )
        where = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:noNamespaceSchemaLocation='../schemas/n.xsd'"
        lake.put("in/a.xml", f"<n {where}>1</n>")
        dataset, source = lake.dataset("Xml", "in", "a.xml"), {"formatSettings": {"validationMode": "xsd"}}
        with pytest.raises(ActivityFailed, match=r"UserErrorSourceBlobNotExist.*path: schemas/n\.xsd"):
            await lake.run("Lookup", dataset=dataset, source=source)
        lake.put("schemas/n.xsd", schema)
        assert (await lake.run("Lookup", dataset=dataset, source=source))["firstRow"]["n"]["_value_"] == 1
        lake.put("in/a.xml", f"<n {where}>one</n>")
        with pytest.raises(ActivityFailed, match=r"ErrorCode=XmlInvalid,.*'in/a\.xml' is invalid.*line 1: .*'one'"):
            await lake.move(
                "Copy", dataset, lake.dataset("Json", "out", "a.json"), read_format={"validationMode": "xsd"}
            )
        assert lake.paths("out/") == []
        lake.put("in/a.xml", f"<n {where.replace('../schemas', '../../..')}>1</n>")
        with pytest.raises(ActivityFailed, match="UserErrorSourceBlobNotExist"):
            await lake.run("Lookup", dataset=dataset, source=source)


class TestConversion:
    async def test_times_and_numbers_are_read_and_written_by_the_settings(self, lake):
        lake.put("a.csv", "day;amount;opens\n02.01.2030 15:04;1.234,5;01:30\nsoon;1,5;01:30\n")
        mappings = [
            {"source": {"name": "day"}, "sink": {"name": "Day", "type": "DateTime"}},
            {"source": {"name": "amount"}, "sink": {"name": "Amount", "type": "Double"}},
            {"source": {"name": "opens"}, "sink": {"name": "Opens", "type": "TimeSpan"}},
        ]
        settings = {"dateTimeFormat": "dd.MM.yyyy HH:mm", "culture": "de-de", "timeSpanFormat": r"hh\:mm"}
        translator = {"mappings": mappings, "typeConversion": True, "typeConversionSettings": settings}
        source = lake.dataset("DelimitedText", "", "a.csv", columnDelimiter=";", **HEADER)
        sink = lake.dataset("Parquet", "", "a.parquet")
        with pytest.raises(ActivityFailed, match=r"'soon' for column name 'Day'.*in the format 'dd\.MM\.yyyy HH:mm'"):
            await lake.move("Copy", source, sink, translator=translator)
        output = await lake.move("Copy", source, sink, translator=translator, enableSkipIncompatibleRow=True)
        assert output["rowsSkipped"] == 1
        rows = pq.read_table(io.BytesIO(lake.content("a.parquet"))).to_pylist()
        assert rows == [{"Day": datetime(2030, 1, 2, 15, 4), "Amount": 1234.5, "Opens": "01:30:00"}]
        back = {"typeConversion": True, "typeConversionSettings": settings}
        await lake.move(
            "Copy", sink, lake.dataset("DelimitedText", "", "b.csv", columnDelimiter=";", **HEADER), translator=back
        )
        assert lake.content("b.csv").decode() == "Day;Amount;Opens\r\n02.01.2030 15:04;1234,5;01:30:00\r\n"

    async def test_a_culture_that_there_is_not_is_told(self, lake):
        lake.put("a.csv", "id\n1\n")
        source = lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        translator = {"typeConversion": True, "typeConversionSettings": {"culture": "xx-yy"}}
        with pytest.raises(ActivityFailed, match="There is no culture 'xx-yy'"):
            await lake.move("Copy", source, lake.dataset("Json", "", "a.json"), translator=translator)

    async def test_the_legacy_schema_mapping(self, lake):
        lake.put("a.json", json.dumps({"number": "01", "orders": [{"prod": "p1"}, {"prod": "p2"}]}))
        translator = {
            "type": "TabularTranslator",
            "schemaMapping": {"$.number": "orderNumber", "prod": "order_pd"},
            "collectionReference": "$.orders",
        }
        sink = lake.dataset("DelimitedText", "", "a.csv", **HEADER)
        await lake.move("Copy", lake.dataset("Json", "", "a.json"), sink, translator=translator)
        assert lake.content("a.csv").decode() == "orderNumber,order_pd\r\n01,p1\r\n01,p2\r\n"
