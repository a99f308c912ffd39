"""Rows into a table of a stand-in: by name, converted to the columns' types, in batches; what does not fit is told."""

import json
import sqlite3
from contextlib import closing

import pyarrow as pa
import pytest

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.ends import rows_source
from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.rows import OpenRows
from emulators.datafactory.data.sql import batches
from emulators.datafactory.data.table import Table


class Memory:
    """A source of Arrow batches; `fails` is raised behind them."""

    is_hierarchical = has_documents = False
    relative = file = None
    origin = "memory"

    def __init__(self, *batches, fails=None):
        self.batches = batches
        self.fails = fails

    def parts(self, progress):
        yield from [self] if self.batches else []

    def open(self, translator, rejection):
        return OpenRows(Table(self.batches[0].schema, self._read()), [])

    def _read(self):
        yield from self.batches
        if self.fails is not None:
            raise self.fails


def numbers(low, high):
    return pa.record_batch({"id": pa.array(range(low, high), pa.int32())})


def test_texts_become_what_the_columns_are_declared_as(bank, copy, csv):
    bank.script(
        "CREATE TABLE t (id INT, flag BIT, price DECIMAL(10, 2), at DATETIME2, day DATE, name NVARCHAR(9), f REAL, x)"
    )
    source = csv("id,flag,price,at,day,name,f,x\n7,true,1.005,2030-01-31 12:30:00,01/31/2030,Ä,1e3,y\n,,,,,,,\n")
    counts = copy(source, bank.sink("t"))
    assert bank.rows("SELECT * FROM t") == [
        (7, 1, 1.01, "2030-01-31T12:30:00", "2030-01-31", "Ä", 1000.0, "y"),
        (None,) * 8,
    ]
    assert (counts.files_read, counts.rows_read, counts.rows_copied, counts.files_written) == (1, 2, 2, 0)


def test_rows_of_a_table_come_back_as_they_were(bank, copy):
    bank.script("""
        CREATE TABLE a (i INT, f FLOAT, d DECIMAL(8, 2), at DATETIME, day DATE, z DATETIMEOFFSET, p VARBINARY(9),
                        n NVARCHAR(9), b BIT, c TIME);
        INSERT INTO a VALUES (1, 0.5, 12.25, '2030-01-31T12:30:00.5', '2030-01-31', '2030-01-31T12:30:00+00:00',
                              x'00', 'Ä', 1, '10:20:30');
    """)
    copy(bank.source("a"), bank.sink("made", tableOption="autoCreate"))
    # a TimeSpan and a Guid travel as texts; a day is a DateTime on its way
    assert bank.rows("SELECT name, LOWER(type) FROM pragma_table_info('made')") == [
        ("i", "int"), ("f", "float"), ("d", "decimal(8, 2)"), ("at", "datetime2"), ("day", "datetime2"),
        ("z", "datetimeoffset"), ("p", "varbinary"), ("n", "nvarchar"), ("b", "bit"), ("c", "nvarchar"),
    ]  # fmt: skip
    [made] = bank.rows("SELECT i, f, d, at, z, p, n, b, c FROM made")
    assert [made] == bank.rows("SELECT i, f, d, at, z, p, n, b, c FROM a")


def test_a_table_that_is_there_is_not_made_and_one_that_is_not_is_told(bank, copy, csv):
    bank.script("CREATE TABLE t (id TEXT)")
    copy(csv("id\n1\n"), bank.sink("t", tableOption="autoCreate"))
    assert bank.rows("SELECT * FROM t") == [("1",)]
    with pytest.raises(DataError, match="Cannot find the object \"none\" in the local stand-in 'bank'"):
        copy(csv("id\n1\n"), bank.sink("none"))


def test_a_type_that_no_column_has(bank, copy):
    batch = pa.record_batch({"list": pa.array([[1]])})
    with pytest.raises(DataError, match=r"column name:'list'") as failure:
        copy(Memory(batch), bank.sink("t", tableOption="autoCreate"))
    assert failure.value.code == "SqlAutoCreateTableTypeMapFailed"


def test_documents_become_rows(bank, copy, place):
    place.files = {"a.json": json.dumps({"o": {"id": 5, "tags": ["x"]}}).encode()}
    source = rows_source(place, Dataset("json", "Json", {}, Location("c", "", "a.json")), {}, lambda: None)
    bank.script("CREATE TABLE t (id INT)")
    mapping = {"mappings": [{"source": {"path": "$['o']['id']"}, "sink": {"name": "id"}}]}
    copy(source, bank.sink("t"), translator=mapping)
    assert bank.rows("SELECT * FROM t") == [(5,)]


def test_a_mapping_renames_and_leaves_out(bank, copy, csv):
    bank.script("CREATE TABLE t (number INT, more TEXT DEFAULT 'd')")
    mapping = {"mappings": [{"source": {"name": "id"}, "sink": {"name": "number"}}]}
    copy(csv("id,other\n3,x\n"), bank.sink("t"), translator=mapping)
    assert bank.rows("SELECT * FROM t") == [(3, "d")]


@pytest.mark.parametrize(
    ("header", "code", "says"),
    [
        (
            "ID",
            "SqlColumnNameMismatchByCaseSensitive",
            "'ID' in DataSet 'accounts' .* Column 'id' appears similar",
        ),
        ("age", "UserErrorInvalidColumnName", "The column age is not found in target side.*'t' has id"),
    ],
)
def test_columns_go_by_their_exact_names(bank, copy, csv, header, code, says):
    bank.script("CREATE TABLE t (id INT)")
    with pytest.raises(DataError, match=says) as failure:
        copy(csv(f"{header}\n1\n"), bank.sink("t"))
    assert (failure.value.code, failure.value.side) == (code, "Sink")


def test_files_with_different_columns_go_into_one_table(bank, copy, csv):
    bank.script("CREATE TABLE t (a INT, b INT)")
    copy(csv("a\n1\n", "b,a\n2,3\n", ""), bank.sink("t"))
    assert bank.rows("SELECT * FROM t") == [(1, None), (3, 2)]


BAD = [
    ("INT", "x", "TypeConversionFailure", "to type 'Int32'"),
    ("NVARCHAR(3)", "four", "SqlBulkCopyInvalidColumnLength", "takes 3, the value has 4. Column 'v', value 'four'"),
    ("DECIMAL(3, 1)", "100", "SqlOperationFailed", "more digits than decimal"),
    ("DECIMAL(38, 18)", "12345678901.123456789", "SqlOperationFailed", "keeps fifteen digits"),
    ("FLOAT", "NaN", "SqlOperationFailed", "not a valid instance of data type float"),
    ("INT CHECK (v < 9)", "9", "SqlOperationFailed", "CHECK constraint failed.*local stand-in is a SQLite"),
    ("INT NOT NULL", "", "SqlOperationFailed", "NOT NULL constraint failed: t.v"),
    ("INT UNIQUE", "1", "SqlOperationFailed", "UNIQUE constraint failed: t.v"),
]


@pytest.mark.parametrize(("declared", "value", "code", "says"), BAD)
def test_a_row_that_the_table_does_not_take_ends_the_copy(bank, copy, csv, declared, value, code, says):
    bank.script(f"CREATE TABLE t (id INT, v {declared})")
    with pytest.raises(DataError, match=says) as failure:
        copy(csv(f"id,v\n1,1\n2,{value}\n3,3\n"), bank.sink("t"))
    assert (failure.value.code, failure.value.side) == (code, "Sink")
    assert bank.rows("SELECT id FROM t") == []


@pytest.mark.parametrize(("declared", "value", "code", "says"), BAD)
def test_or_is_skipped_and_told_of(bank, copy, csv, skipped, declared, value, code, says):
    bank.script(f"CREATE TABLE t (id INT, v {declared})")
    counts = copy(csv(f"id,v\n1,1\n2,{value}\n3,3\n"), bank.sink("t"), skip=True)
    assert bank.rows("SELECT id FROM t") == [(1,), (3,)]
    assert (counts.rows_read, counts.rows_copied, counts.rows_skipped) == (3, 2, 1)
    [row] = skipped
    assert (row.code, str(row.values[0])) == (code, "2")


def test_each_batch_is_a_transaction_and_what_is_committed_stays(bank, copy):
    bank.script("CREATE TABLE t (id INT PRIMARY KEY)")
    source = Memory(numbers(0, 5), numbers(5, 11), pa.record_batch({"id": pa.array([20, 0], pa.int32())}))
    with pytest.raises(DataError, match=r"UNIQUE.* 12 rows had been committed to 't' before and stay\."):
        copy(source, bank.sink("t", writeBatchSize=4))
    assert bank.rows("SELECT MAX(id), COUNT(*) FROM t") == [(20, 12)]


def test_a_copy_that_is_stopped_leaves_whole_batches(bank, copy):
    class Stopped(Exception):
        pass

    bank.script("CREATE TABLE t (id INT)")
    with pytest.raises(Stopped):
        copy(Memory(numbers(0, 5), numbers(5, 6), fails=Stopped()), bank.sink("t", writeBatchSize="3"))
    assert bank.rows("SELECT COUNT(*) FROM t") == [(6,)]
    with pytest.raises(Stopped):
        copy(Memory(numbers(0, 5), fails=Stopped()), bank.sink("t"))
    assert bank.rows("SELECT COUNT(*) FROM t") == [(6,)]


def test_a_batch_that_is_large_goes_to_disk_before_it_is_full(bank, copy, monkeypatch):
    monkeypatch.setattr(batches, "HELD_BYTES", 10)
    bank.script("CREATE TABLE t (id INT)")
    with pytest.raises(DataError):
        copy(Memory(numbers(0, 50), numbers(50, 99), fails=DataError("x", "x")), bank.sink("t"))
    assert bank.rows("SELECT COUNT(*) FROM t") == [(0,)]
    assert copy(Memory(numbers(0, 50), numbers(50, 99)), bank.sink("t")).rows_copied == 99
    assert bank.rows("SELECT COUNT(*) FROM t") == [(99,)]


def test_a_batch_that_takes_too_long(bank, copy):
    bank.script("""
        CREATE TABLE t (id INT);
        CREATE TABLE log (n INT);
        CREATE TRIGGER slow AFTER INSERT ON t BEGIN
            INSERT INTO log WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n;
        END;
    """)
    with pytest.raises(DataError, match="Timeouts in SQL write operation") as failure:
        copy(Memory(numbers(0, 2)), bank.sink("t", writeBatchTimeout="00:00:00"))
    assert failure.value.code == "SqlBatchWriteTimeout"


def test_the_script_runs_first_and_once_even_without_rows(bank, copy, csv):
    bank.script("CREATE TABLE t (id INT); INSERT INTO t VALUES (9); CREATE TABLE runs (n INT)")
    script = "TRUNCATE TABLE [t]; INSERT INTO runs VALUES (1);"
    copy(csv("id\n1\n", "id\n2\n"), bank.sink("t", preCopyScript=script))
    assert bank.rows("SELECT * FROM t") == [(1,), (2,)]
    copy(Memory(), bank.sink("t", preCopyScript=script))
    assert (bank.rows("SELECT * FROM t"), bank.rows("SELECT * FROM runs")) == ([], [(1,), (1,)])


def test_a_script_that_fails(bank, copy, csv):
    with pytest.raises(DataError, match=r"Statement 1 \(TRUNCATE TABLE none;\): no such table") as failure:
        copy(csv("id\n1\n"), bank.sink("t", preCopyScript="TRUNCATE TABLE none;"))
    assert (failure.value.code, failure.value.side) == ("SqlOperationFailed", "Sink")


def test_a_copy_within_one_database_even_within_one_table(bank, copy):
    bank.script("CREATE TABLE a (id INT); INSERT INTO a VALUES (1), (2)")
    copy(bank.source("a"), bank.sink("a", writeBatchSize=1))
    assert bank.rows("SELECT id FROM a ORDER BY id") == [(1,), (1,), (2,), (2,)]


def upsert(*keys, **settings):
    return {"writeBehavior": "Upsert", "upsertSettings": {"useTempDB": True, "keys": list(keys), **settings}}


CITIES = "CREATE TABLE t (id INT {0}, city TEXT, more TEXT); INSERT INTO t VALUES (1, 'Rome', 'x'), (2, 'Oslo', 'y')"


@pytest.mark.parametrize(("key", "keys"), [("PRIMARY KEY", []), ("PRIMARY KEY", ["id"]), ("", ["id"])])
def test_an_upsert_changes_what_is_there_and_adds_the_rest(bank, copy, csv, key, keys):
    bank.script(CITIES.format(key))
    counts = copy(csv("id,city\n2,Bergen\n3,Paris\n"), bank.sink("t", **upsert(*keys), writeBatchSize=1))
    assert bank.rows("SELECT * FROM t") == [(1, "Rome", "x"), (2, "Bergen", "y"), (3, "Paris", None)]
    assert (counts.rows_read, counts.rows_copied) == (2, 2)


def test_an_upsert_of_nothing_but_keys_adds_what_is_missing(bank, copy, csv):
    bank.script(CITIES.format("PRIMARY KEY"))
    copy(csv("id\n2\n3\n"), bank.sink("t", **upsert("id")))
    assert bank.rows("SELECT id, city FROM t") == [(1, "Rome"), (2, "Oslo"), (3, None)]


def test_an_upsert_that_fails_changes_nothing(bank, copy, csv):
    bank.script(CITIES.format("PRIMARY KEY"))
    before = bank.rows("SELECT * FROM t")
    with pytest.raises(DataError, match="to type 'Int32'"):
        copy(csv("id,city\n2,Bergen\nx,Paris\n"), bank.sink("t", **upsert("id"), writeBatchSize=1))
    with pytest.raises(DataError, match="the same row more than once"):
        copy(csv("id,city\n2,Bergen\n2,Paris\n"), bank.sink("t", **upsert("id")))
    assert bank.rows("SELECT * FROM t") == before


@pytest.mark.parametrize(
    ("text", "keys", "code", "says"),
    [
        ("id\n1\n", ["none"], "SqlInvalidColumnName", "Column 'none' does not exist in the table 't'"),
        ("city\nx\n", ["id"], "SqlInvalidColumnName", "Column 'id' does not exist in the rows"),
        ("id\n1\n", [], "UserErrorInvalidParameter", "no primary key; an upsert needs 'keys'"),
    ],
)
def test_keys_that_are_not_there(bank, copy, csv, text, keys, code, says):
    bank.script(CITIES.format(""))
    with pytest.raises(DataError, match=says) as failure:
        copy(csv(text), bank.sink("t", **upsert(*keys)))
    assert failure.value.code == code


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"sqlWriterStoredProcedureName": "p"}, Unsupported, "'sqlWriterStoredProcedureName'.*staging table"),
        ({"sqlWriterTableType": "p"}, Unsupported, "'sqlWriterTableType'"),
        ({"tableOption": "recreate"}, InvalidSettings, "none or autoCreate"),
        ({"writeBehavior": "merge"}, InvalidSettings, "'writeBehavior' is no 'merge'"),
        ({"writeBatchSize": "many"}, InvalidSettings, "'writeBatchSize'"),
        ({"writeBatchTimeout": "soon"}, InvalidSettings, "'writeBatchTimeout'"),
        (upsert("id") | {"upsertSettings": {"keys": "id"}}, InvalidSettings, "array of column names"),
        (upsert("id", useTempDB=False, interimSchemaName="hr"), InvalidSettings, "no schema 'hr'"),
    ],
)
def test_sinks_that_cannot_be(bank, settings, error, says):
    with pytest.raises(error, match=says):
        bank.sink("t", **settings)


def test_a_sink_needs_a_table(bank):
    with pytest.raises(InvalidSettings, match="names no table to copy into"):
        bank.sink("")


def test_two_copies_into_one_database_wait_for_each_other(bank, copy):
    bank.script("CREATE TABLE t (id INT)")
    with closing(sqlite3.connect(bank.path)) as other:
        other.execute("CREATE TABLE u (id INT)")
        other.execute("INSERT INTO u VALUES (1)")

        def commits():
            yield numbers(0, 2)
            other.commit()

        source = Memory(numbers(0, 2))
        source._read = commits
        assert copy(source, bank.sink("t")).rows_copied == 2
    assert bank.rows("SELECT COUNT(*) FROM t") == [(2,)]
