"""Rows out of a stand-in: tables, queries, procedures and partitions, typed by what their columns are declared as."""

import sqlite3
from contextlib import closing

import pyarrow as pa
import pytest

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.rows import Progress
from emulators.datafactory.data.sql import streaming
from emulators.datafactory.data.translator import Translator

ALL_TYPES = """
CREATE TABLE t (
    id INT PRIMARY KEY, b BIGINT, s SMALLINT, y TINYINT, flag BIT, price DECIMAL(10, 2), cost MONEY, f FLOAT,
    at DATETIME2(7), day DATE, zoned DATETIMEOFFSET, clock TIME, g UNIQUEIDENTIFIER, name NVARCHAR(20),
    photo VARBINARY(9)
);
INSERT INTO t VALUES (
    1, 5000000000, 7, 255, 1, 12.5, 3, 1.5, '2030-01-31T12:30:00.1234567', '2030-01-31',
    '2030-01-31T12:30:00+02:00', '10:20:30', '0F8FAD5B-D9CB-469F-A165-70867728950E', 'Ä', x'00ff'
);
INSERT INTO t (id) VALUES (2);
"""


def columns(source):
    """All rows of a source by column, and their schema."""
    tables = []
    for part in source.parts(Progress()):
        opened = part.open(Translator(), _raise)
        tables.append(pa.Table.from_batches(opened.table.batches, opened.table.schema))
    whole = pa.concat_tables(tables)
    return whole.to_pydict(), {field.name: str(field.type) for field in whole.schema}


def _raise(row):
    raise DataError(row.code, row.message)


def test_columns_have_the_types_that_they_are_declared_with(bank):
    bank.script(ALL_TYPES)
    values, types = columns(bank.source("t"))
    assert types == {
        "id": "int32", "b": "int64", "s": "int16", "y": "uint8", "flag": "bool", "price": "decimal128(10, 2)",
        "cost": "decimal128(19, 4)", "f": "double", "at": "timestamp[us]", "day": "timestamp[us]",
        "zoned": "timestamp[us, tz=UTC]", "clock": "string", "g": "string", "name": "string", "photo": "binary",
    }  # fmt: skip
    assert str(values["price"][0]) == "12.50"
    assert values["at"][0].isoformat() == "2030-01-31T12:30:00.123456"
    assert values["zoned"][0].isoformat() == "2030-01-31T10:30:00+00:00"
    assert (values["flag"], values["photo"], values["name"]) == ([True, None], [b"\x00\xff", None], ["Ä", None])


def test_a_lookup_gives_typed_json(bank):
    bank.script(ALL_TYPES.replace(",\n    photo VARBINARY(9)", "").replace(", x'00ff'", ""))
    first, second = bank.look_up("t")
    assert first == {
        "id": 1, "b": 5000000000, "s": 7, "y": 255, "flag": True, "price": 12.5, "cost": 3, "f": 1.5,
        "at": "2030-01-31T12:30:00.123456Z", "day": "2030-01-31T00:00:00Z", "zoned": "2030-01-31T10:30:00Z",
        "clock": "10:20:30", "g": "0F8FAD5B-D9CB-469F-A165-70867728950E", "name": "Ä",
    }  # fmt: skip
    assert second == dict.fromkeys(first) | {"id": 2}


def test_what_a_query_computes_has_the_type_of_its_values(bank):
    bank.script("CREATE TABLE t (a INT, d DATETIME); INSERT INTO t VALUES (1, '2030-01-31T12:00:00'), (2, NULL)")
    query = "SELECT COUNT(*) AS n, AVG(a) AS mean, MAX(d) AS last, NULL AS none, (SELECT d FROM t) AS d FROM t;"
    values, types = columns(bank.source(sqlReaderQuery=query))
    assert types == {"n": "int64", "mean": "double", "last": "string", "none": "string", "d": "timestamp[us]"}
    assert (values["n"], values["mean"], values["last"]) == ([2], [1.5], ["2030-01-31T12:00:00"])


def test_a_procedure_gives_the_rows_of_its_last_statement(bank):
    bank.script("CREATE TABLE t (a INT, at DATETIME); CREATE TABLE calls (who TEXT)")
    bank.procedures("""
    "dbo.newer" = "INSERT INTO calls VALUES (@Who); INSERT INTO t (a) VALUES (@Least); SELECT * FROM t WHERE a = @Least"
    """)
    parameters = {"Who": {"value": "x'; DROP TABLE t; --"}, "@Least": {"value": "5", "type": "Int32"}}
    source = bank.source(sqlReaderStoredProcedureName="[dbo].[newer]", storedProcedureParameters=parameters)
    assert columns(source) == ({"a": [5], "at": [None]}, {"a": "int32", "at": "timestamp[us]"})
    assert bank.rows("SELECT * FROM calls") == [("x'; DROP TABLE t; --",)]


def test_rows_come_in_batches_and_are_read_while_others_write(bank, monkeypatch):
    monkeypatch.setattr(streaming, "BATCH_ROWS", 512)
    bank.script("CREATE TABLE t (a INT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 2000) "
                "INSERT INTO t SELECT i FROM n")  # fmt: skip
    progress = Progress()
    parts = bank.source("t").parts(progress)
    opened = next(parts).open(Translator(), _raise)
    first = next(opened.table.batches)
    with closing(sqlite3.connect(bank.path, timeout=0)) as other:
        other.execute("DELETE FROM t")
        other.commit()
    rest = list(opened.table.batches)
    assert [batch.num_rows for batch in [first, *rest]] == [512, 512, 512, 464]
    assert next(parts, None) is None
    assert progress.counts.data_read > 0


def test_a_batch_is_smaller_where_values_are_large(bank, monkeypatch):
    monkeypatch.setattr(streaming, "BATCH_BYTES", 100_000)
    bank.script("CREATE TABLE t (a TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 600) "
                "INSERT INTO t SELECT hex(zeroblob(500)) FROM n")  # fmt: skip
    parts = bank.source("t").parts(Progress())
    opened = next(parts).open(Translator(), _raise)
    assert [batch.num_rows for batch in opened.table.batches] == [256, 256, 88]
    parts.close()


@pytest.mark.parametrize(
    ("declared", "value", "says"),
    [
        ("INT", "5000000000", "too large or too small for an Int32"),
        ("INT", "'x'", "no whole number"),
        ("BIT", "2", "A Boolean is 0 or 1"),
        ("DATETIME", "'2030-01-31 12:00:00'", "yyyy-MM-ddTHH:mm:ss: with a T"),
        ("DATETIME", "'2030-02-31'", "not recognized as a valid DateTime"),
        ("DECIMAL(4, 2)", "100", "more digits than a Decimal"),
        ("FLOAT", "'x'", "A text is no number"),
        ("NVARCHAR(5)", "x'00'", "Bytes are no text"),
        ("VARBINARY(5)", "1", "A number is no sequence of bytes"),
    ],
)
def test_a_value_that_its_declaration_forbids_makes_its_row_incompatible(bank, copy, skipped, declared, value, says):
    bank.script(f"CREATE TABLE t (id INT, v {declared}); CREATE TABLE s (id INT, v TEXT)")
    bank.script(f"INSERT INTO t VALUES (1, {value}), (2, NULL)")  # noqa: S608
    with pytest.raises(DataError, match=says) as failure:
        copy(bank.source("t"), bank.sink("s"))
    assert (failure.value.code, "column name 'v'" in failure.value.message) == ("TypeConversionFailure", True)
    counts = copy(bank.source("t"), bank.sink("s"), skip=True)
    assert (counts.rows_read, counts.rows_copied, counts.rows_skipped) == (2, 1, 1)
    assert (skipped[0].values[0], bank.rows("SELECT id FROM s")) == (1, [(2,)])


@pytest.mark.parametrize(
    ("settings", "code", "says"),
    [
        ({"sqlReaderQuery": "SELECT * FROM nowhere"}, "SqlOperationFailed", "no such table: nowhere.*local stand-in"),
        ({"sqlReaderQuery": "SELEC 1"}, "SqlOperationFailed", "syntax error"),
        ({"sqlReaderQuery": "UPDATE t SET a = 1"}, "SqlInvalidDbQueryString", "doesn't return any data"),
        ({"sqlReaderQuery": " ;; "}, "SqlInvalidDbQueryString", "doesn't return any data"),
        ({"sqlReaderQuery": "SELECT a, a FROM t"}, "SqlOperationFailed", "twice"),
        ({"sqlReaderStoredProcedureName": "dbo.quiet"}, "SqlInvalidDbStoredProcedure", "dbo.quiet"),
        ({"sqlReaderQuery": "SELECT @x"}, "SqlOperationFailed", "binding"),
    ],
)
def test_queries_that_fail(bank, settings, code, says):
    bank.script("CREATE TABLE t (a INT)")
    bank.procedures('"dbo.quiet" = "DELETE FROM t"')
    with pytest.raises(DataError, match=says) as failure:
        bank.look_up(**settings)
    assert failure.value.code == code


def test_two_columns_of_one_name_cannot_be_copied(bank, copy):
    bank.script("CREATE TABLE t (a INT)")
    with pytest.raises(DataError, match="'a' is there twice in the query"):
        copy(bank.source(sqlReaderQuery="SELECT x.a, y.a FROM t AS x, t AS y"), bank.sink("t"))


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT COUNT(*) AS c FROM n"


def test_a_query_that_takes_too_long(bank):
    with pytest.raises(DataError, match="Execution Timeout Expired"):
        columns(bank.source(sqlReaderQuery=ENDLESS, queryTimeout="00:00:00"))


def test_a_query_is_stopped_in_its_middle(bank, copy):
    class Stopped(Exception):
        pass

    looks = iter(range(100))

    def check():
        if next(looks) > 3:
            raise Stopped

    bank.script("CREATE TABLE s (c INT)")
    with pytest.raises(Stopped):
        copy(bank.source(sqlReaderQuery=ENDLESS), bank.sink("s"), check=check)


@pytest.mark.parametrize(
    ("table", "settings", "says"),
    [
        ("", {}, "names no table, and the source has no query"),
        ("t", {"sqlReaderQuery": "SELECT 1", "sqlReaderStoredProcedureName": "p"}, "it reads from one"),
        ("t", {"isolationLevel": "Chaos"}, "'Chaos' is no isolation level"),
        ("t", {"queryTimeout": "soon"}, "'queryTimeout'"),
        ("t", {"partitionOption": "Random"}, "'Random' is no partition option"),
        ("t", {"additionalColumns": [{"name": "f", "value": "$$FILEPATH"}]}, "come from no file"),
        ("", {"partitionOption": "DynamicRange", "sqlReaderQuery": "SELECT 1"}, r"WHERE \?AdfDynamicRange"),
        (
            "",
            {"partitionOption": "DynamicRange", "sqlReaderQuery": "SELECT 1 WHERE ?AdfDynamicRangePartitionCondition"},
            "needs a 'partitionColumnName'",
        ),
    ],
)
def test_sources_that_cannot_be(bank, table, settings, says):
    with pytest.raises(InvalidSettings, match=says):
        bank.source(table, **settings)


def test_columns_may_be_added(bank):
    bank.script("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    more = [{"name": "from", "value": "bank"}, {"name": "again", "value": "$$COLUMN:a"}]
    assert columns(bank.source("t", additionalColumns=more))[0] == {"a": [1], "from": ["bank"], "again": [1]}


def test_a_schema_is_a_file_of_its_own(bank):
    bank.script("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    bank.schema("sales").script("CREATE TABLE t (a INT); INSERT INTO t VALUES (2)")
    assert bank.look_up(sqlReaderQuery="SELECT a FROM [Sales].[t]") == [{"a": 2}]
    for written, expected in (
        ({"schema": "sales", "table": "t"}, [2]),
        ({"schema": "dbo", "table": "t"}, [1]),
        ({"tableName": "[sales].[t]"}, [2]),
        ({"tableName": "dbo.t"}, [1]),
        ({"tableName": "t"}, [1]),
    ):
        assert columns(bank.source(written))[0] == {"a": expected}


def test_a_schema_without_a_file_says_how_to_give_it_one(bank):
    with pytest.raises(InvalidSettings, match=r"no schema 'hr'.*Schema\.hr=<database file>"):
        bank.source({"table": "t", "schema": "hr"})


@pytest.mark.parametrize("words", ["Schema.a=bank.sqlite", "Schema.a=a.sqlite;Schema.b=a.sqlite"])
def test_two_schemas_cannot_share_a_file(bank, words):
    (bank.folder / "a.sqlite").touch()
    bank.words += f";{words}"
    with pytest.raises(InvalidSettings, match="shares its file"):
        bank.source("t")


QUERY = "SELECT * FROM t WHERE ?AdfDynamicRangePartitionCondition AND id <> 50;"


@pytest.mark.parametrize(
    ("table", "settings", "sizes"),
    [
        ("t", {}, [2, 49, 50, 0]),
        ("t", {"partitionSettings": {"partitionLowerBound": "20", "partitionUpperBound": "80"}}, [21, 30, 30, 20]),
        ("t", {"partitionSettings": {"partitionColumnName": "at"}}, [2, 49, 50, 0]),
        ("", {"sqlReaderQuery": QUERY, "partitionSettings": {"partitionColumnName": "id"}}, [1, 48, 50, 0]),
        (
            "",
            {
                "query": QUERY.replace("?Adf", "?Df"),
                "partitionSettings": {"partitionColumnName": "id", "partitionUpperBound": 10, "partitionLowerBound": 1},
            },
            [1, 4, 5, 89],
        ),
    ],
)
def test_ranges_share_all_rows_out(bank, table, settings, sizes):
    """The bounds are those of the documentation's example; a row without value comes with the first range."""
    bank.script("CREATE TABLE t (id INT PRIMARY KEY, at DATETIME); "
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) "
                "INSERT INTO t SELECT i, strftime('%Y-%m-%dT%H:%M:%S', '2030-01-01', '+' || i || ' hours') FROM n; "
                "INSERT INTO t VALUES (NULL, NULL)")  # fmt: skip
    source = bank.source(table, partitionOption="DynamicRange", **settings)
    found = []
    for part in source.parts(Progress()):
        opened = part.open(Translator(), _raise)
        found.append(sum(batch.num_rows for batch in opened.table.batches))
    assert found == sizes


@pytest.mark.parametrize(("pieces", "parts"), [(1, 1), (2, 2), (3, 3), (50, 4)])
def test_there_are_no_more_ranges_than_values(bank, pieces, parts):
    bank.script("CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)")
    source = bank.source("t", pieces=pieces, partitionOption="DynamicRange")
    assert len(list(source.parts(Progress()))) == parts
    assert sorted(columns(source)[0]["id"]) == [1, 2, 3]


def test_an_empty_table_is_one_range_and_physical_partitions_are_one(bank):
    bank.script("CREATE TABLE t (id INT PRIMARY KEY)")
    for option in ("DynamicRange", "PhysicalPartitionsOfTable", "None"):
        assert len(list(bank.source("t", partitionOption=option).parts(Progress()))) == 1


def test_a_range_needs_a_column_that_can_be_cut(bank):
    bank.script("CREATE TABLE t (name TEXT); INSERT INTO t VALUES ('x')")
    with pytest.raises(DataError, match="no primary key") as failure:
        list(bank.source("t", partitionOption="DynamicRange").parts(Progress()))
    assert failure.value.code == "SqlParallelFailedToDetectPartitionColumn"
    bounds = {"partitionLowerBound": 1, "partitionUpperBound": 9}
    wrong = {"partitionOption": "DynamicRange", "partitionSettings": {"partitionColumnName": "none", **bounds}}
    with pytest.raises(DataError, match="no such column: none"):
        columns(bank.source("t", **wrong))
    settings = {"partitionOption": "DynamicRange", "partitionSettings": {"partitionColumnName": "name"}}
    with pytest.raises(InvalidSettings, match="whole numbers or times"):
        list(bank.source("t", **settings).parts(Progress()))


def test_older_placeholders_are_refused_by_name(bank):
    with pytest.raises(Unsupported, match="AdfRangePartitionColumnName"):
        bank.source(partitionOption="DynamicRange", query="SELECT 1 WHERE ?AdfRangePartitionColumnName > 1")


def test_a_lookup_takes_the_first_rows_only(bank):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    assert bank.look_up(sqlReaderQuery=endless, first_only=True) == [{"i": 1}]
    assert len(bank.look_up(sqlReaderQuery=endless)) == 5000
