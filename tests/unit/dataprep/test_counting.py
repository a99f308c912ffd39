"""The one pass over the rows: counts and fingerprint."""

import pytest
from pyspark.sql import SparkSession

from dataprep.counting import Tally, count_ids, tally

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]

Row = tuple[str, bool, int | None, int | None]


def counted(spark: SparkSession, *rows: Row) -> Tally:
    return tally(spark.createDataFrame(list(rows), "line string, sound boolean, id bigint, target int"), seed=1)


A: Row = ("1,0", True, 1, 0)
B: Row = ("2,1", True, 2, 1)
BAD: Row = ("?", False, None, None)


def test_sound_and_unsound_rows_are_counted(spark: SparkSession) -> None:
    found = counted(spark, A, B, BAD, BAD)
    assert (found.rows, found.sound, found.unsound) == (4, 2, 2)
    assert {target: sum(counts.values()) for target, counts in found.buckets.items()} == {0: 1, 1: 1}


def test_no_rows(spark: SparkSession) -> None:
    found = counted(spark)
    assert (found.rows, found.sound, found.unsound) == (0, 0, 0)


def test_the_fingerprint_is_that_of_the_rows_in_any_order(spark: SparkSession) -> None:
    assert counted(spark, A, B, BAD).fingerprint == counted(spark, BAD, B, A).fingerprint


def test_the_fingerprint_notices_what_is_missing_changed_or_there_twice(spark: SparkSession) -> None:
    contents = [(A,), (A, A), (A, B), (B,), (B, B), (A, A, B), (A, B, B), (), (A, BAD), (A, ("?!", False, None, None))]
    assert len({counted(spark, *rows).fingerprint for rows in contents}) == len(contents)


def test_ids_are_counted_once_each(spark: SparkSession) -> None:
    rows = spark.createDataFrame([A, A, B, BAD], "line string, sound boolean, id bigint, target int")
    assert count_ids(rows) == 2
