"""Blobs: one file for each output, whole or not there, whatever its name."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from dataprep.layout import Blob
from dataprep.storage import Storage, StorageFailure

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]

NAMES = [
    "plain.csv",
    "two words.csv",
    "a+b.csv",
    "100%.csv",
    "a%20b.csv",
    "Größe.csv",
    "a{1,2}[x]*?.csv",
    "a,b;c=d&e#f.csv",
]


def numbered(spark: SparkSession, count: int, partitions: int = 3) -> DataFrame:
    return spark.range(0, count, 1, partitions).selectExpr("id as position", "concat('line ', id) as line")


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_written_read_copied_and_removed(
    spark: SparkSession, storage: Storage, disk: Any, name: str
) -> None:
    blob, copy = Blob("trainingdata", f"run-1/{name}"), Blob("rejecteddata", f"run-2/{name}")
    assert storage.write_lines(blob, "header", numbered(spark, 3)) == 3
    assert disk.get(*blob) == b"header\nline 0\nline 1\nline 2\n"
    assert [row["value"] for row in storage.lines(blob).collect()] == ["header", "line 0", "line 1", "line 2"]
    assert storage.head(blob, 8) == b"header\nl"
    storage.copy(blob, copy)
    assert disk.files() == {f"trainingdata/run-1/{name}", f"rejecteddata/run-2/{name}"}
    assert storage.names(Blob("rejecteddata", "run-2")) == [name]
    storage.remove(blob)
    assert not storage.exists(blob)
    assert storage.exists(copy)


def test_lines_are_written_in_order_from_many_partitions(spark: SparkSession, storage: Storage, disk: Any) -> None:
    blob = Blob("trainingdata", "run-1/a.csv")
    scrambled = numbered(spark, 1_000, partitions=7).repartition(5).persist()
    assert storage.write_lines(blob, "header", scrambled) == 1_000
    scrambled.unpersist()
    assert disk.lines(*blob) == ["header", *(f"line {number}" for number in range(1_000))]


def test_an_output_is_replaced_whole(spark: SparkSession, storage: Storage, disk: Any) -> None:
    blob = Blob("trainingdata", "run-1/a.csv")
    storage.write_lines(blob, "header", numbered(spark, 9))
    disk.put("trainingdata", "run-1/_writing/part-of-a-run-that-was-killed", b"half")
    assert storage.write_lines(blob, "header", numbered(spark, 0)) == 0
    assert disk.get(*blob) == b"header\n"
    assert disk.files() == {"trainingdata/run-1/a.csv"}


def test_a_write_that_fails_leaves_nothing_under_the_name(spark: SparkSession, storage: Storage, disk: Any) -> None:
    broken = spark.range(0, 9, 1, 3).selectExpr("id as position", "if(id = 8, raise_error('stop'), 'x') as line")
    with pytest.raises(Exception, match="stop"):
        storage.write_lines(Blob("trainingdata", "run-1/a.csv"), "header", broken)
    assert "trainingdata/run-1/a.csv" not in disk.files()


def test_text_is_utf_8(storage: Storage, disk: Any) -> None:
    storage.write_text(Blob("rejecteddata", "run-1/why.txt"), "Größe\n")
    assert disk.get("rejecteddata", "run-1/why.txt") == "Größe\n".encode()
    assert disk.files() == {"rejecteddata/run-1/why.txt"}


def test_bytes_that_are_no_text_pass_through(storage: Storage, spark: SparkSession, disk: Any) -> None:
    source = disk.put("inputdata", "a.csv", b"caf\xe9\n")
    rows = storage.lines(source).selectExpr("0 as position", "value as line")
    storage.write_lines(Blob("trainingdata", "a.csv"), "header", rows)
    assert disk.get("trainingdata", "a.csv") == b"header\ncaf\xe9\n"


@pytest.mark.parametrize("content", [b"a\nb\nc", b"a\r\nb\r\nc\r\n", b"a\rb\rc\r"])
def test_every_line_end_is_understood(storage: Storage, disk: Any, content: bytes) -> None:
    blob = disk.put("inputdata", "a.csv", content)
    assert [row["value"] for row in storage.lines(blob).collect()] == ["a", "b", "c"]


def test_what_is_not_there(storage: Storage) -> None:
    nothing = Blob("inputdata", "nothing.csv")
    assert not storage.exists(nothing)
    assert storage.names(nothing) == []
    storage.remove(nothing)
    with pytest.raises(StorageFailure, match=r"There is no blob 'nothing\.csv' in container 'inputdata'\."):
        storage.head(nothing, 10)


class Secrets:
    """What a notebook's dbutils knows of secrets."""

    def get(self, scope: str, key: str) -> str:
        return f"the key in {scope}/{key}"


class Notebook:
    secrets = Secrets()


def test_on_azure_paths_are_abfss_and_the_key_comes_from_the_secret_scope(spark: SparkSession, tmp_path: Path) -> None:
    session = spark.newSession()
    storage = Storage.on_azure(session, Notebook(), "account1")
    assert storage.ledger_address == "abfss://ledger@account1.dfs.core.windows.net/ingestions"
    assert (
        session.conf.get("fs.azure.account.key.account1.dfs.core.windows.net")
        == "the key in drydock/storage-account-key"
    )
